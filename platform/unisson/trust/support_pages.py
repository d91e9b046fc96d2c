"""Letting support in, and showing it out."""

from datetime import datetime
from typing import Any

from flask import g, redirect, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField  # type: ignore[attr-defined]  # newer than its stubs

from tenants.errors import RefusedError
from tenants.permissions import AgencyRole
from unisson.identity import browser
from unisson.identity.confirming import needs_confirmation
from unisson.trust import support
from unisson.trust.routes import blueprint
from unisson.web.db import session
from unisson.web.forms import Form
from unisson.web.guards import actor, current_agency_row
from unisson.web.i18n import _, _n, lazy


class SupportForm(Form):
    """For how long support is let in."""

    hours = SelectField(
        lazy("For"),
        choices=[SelectChoice(str(hours), lazy("%(num)s h", num=hours)) for hours in support.HOURS],
        default="8",
        validate_choice=False,
    )

    @property
    def hours_chosen(self) -> int:
        """Return how many hours were chosen; 0 for what can't be."""
        typed = str(self.hours.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0


@blueprint.post("/settings/support")
@needs_confirmation
def letting_support_in() -> Response:
    """Let support read for some hours."""
    form = SupportForm()
    try:
        support.let_in(session(), actor(), form.hours_chosen)
    except RefusedError as refusal:
        session().rollback()
        browser.tell(str(refusal.sentence), "danger")
        return redirect(url_for("trust.security", _anchor="support"), 303)
    said = _n("Support may read for %(num)s hour.", "Support may read for %(num)s hours.", form.hours_chosen)
    browser.tell(said)
    return redirect(url_for("trust.security", _anchor="support"), 303)


@blueprint.post("/settings/support/end")
def showing_support_out() -> Response:
    """End it at once."""
    support.end(session(), actor())
    browser.tell(_("Support is out."))
    return redirect(url_for("trust.security", _anchor="support"), 303)


def banner() -> dict[str, Any]:
    """Tell on every page of the agency's own people that support reads, until when; and support itself that it does."""
    if "actor" not in g or not actor().is_inside:
        return {}
    until = current_agency_row().support_until
    if until is None:
        return {}
    return {
        "support_until": datetime.fromisoformat(until),
        "is_support": actor().agency_role is AgencyRole.SUPPORT,
        "support_zone": current_agency_row().timezone,
    }
