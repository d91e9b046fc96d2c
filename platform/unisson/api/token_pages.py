"""Where somebody makes and ends tokens: their own, and the agency's for who changes its settings."""

import uuid

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import (  # type: ignore[attr-defined]  # newer than its stubs
    BooleanField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.api import tokens
from unisson.api.tokens import DAYS, SCOPES
from unisson.identity import browser
from unisson.identity.confirming import needs_confirmation
from unisson.web.db import session
from unisson.web.forms import Form, LineField
from unisson.web.guards import actor, current_agency_row
from unisson.web.i18n import _, lazy

Answer = Response | str | tuple[str, int]

blueprint = Blueprint("tokens", __name__, url_prefix="/<agency>")


class TokenForm(Form):
    """What a token is for, what it may read, and until when."""

    name = LineField(lazy("What for"), description=lazy("So that you know it again: the dashboard at the entrance."))
    scopes = SelectMultipleField(
        lazy("What it may read"), choices=[SelectChoice(scope.value, said) for scope, said in SCOPES.items()],
        widget=ListWidget(prefix_label=False), option_widget=CheckboxInput(), validate_choice=False,
    )  # fmt: skip
    days = SelectField(
        lazy("Good for"), choices=[SelectChoice(str(days), lazy("%(num)s days", num=days)) for days in DAYS],
        default="90", validate_choice=False,
    )  # fmt: skip
    for_agency = BooleanField(
        lazy("The agency's own"), description=lazy("It sees every brand, and goes on when you leave.")
    )

    @property
    def days_chosen(self) -> int:
        """Return how many days were chosen; 0 for what can't be."""
        typed = str(self.days.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 5 else 0


@blueprint.get("/tokens")
def own_tokens() -> Answer:
    """List one's own tokens, and the agency's for who changes its settings."""
    return _page(TokenForm(formdata=None))


@blueprint.post("/tokens")
@needs_confirmation
def making_token() -> Answer:
    """Make a token, and show its secret this once."""
    form = TokenForm()
    try:
        token, secret = tokens.make(
            session(),
            actor(),
            name=form.name.data or "",
            scopes=form.scopes.data or [],
            days=form.days_chosen,
            for_agency=bool(form.for_agency.data),
        )
    except RefusedError as refusal:
        return _page(form, form.refuse(refusal))
    page = render_template("api/token.html", token=token, secret=secret, zone=current_agency_row().timezone)
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/tokens/<uuid:token_id>/revocation")
def token_revocation(token_id: uuid.UUID) -> Answer:
    """End a token."""
    token = tokens.revoke(session(), actor(), token_id)
    browser.tell(_("“%(name)s” opens nothing any more.", name=token.name))
    return redirect(url_for("tokens.own_tokens"), 303)


def _page(form: TokenForm, status: int = 200) -> tuple[str, int]:
    runs_it = actor().may(Permission.AGENCY_SETTINGS)
    html = render_template(
        "api/tokens.html",
        form=form,
        lines=tokens.living(session(), of=None if runs_it else actor().membership_id),
        scopes={scope.value: said for scope, said in SCOPES.items()},
        runs_it=runs_it,
        zone=current_agency_row().timezone,
    )
    return html, status
