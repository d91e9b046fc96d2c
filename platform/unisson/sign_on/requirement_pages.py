"""The page of what the agency asks of its people: its provider alone, or a password too."""

import uuid

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.identity import browser
from unisson.identity.confirming import needs_confirmation
from unisson.sign_on import requirement as verbs
from unisson.sign_on.routes import blueprint
from unisson.web.db import session
from unisson.web.guards import actor
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


def _page(refusal: RefusedError | None = None) -> str:
    owners = verbs.owners_with_password(session())
    chosen = _chosen() if request.method == "POST" else {owner.id for owner in owners if owner.breaks_glass}
    return render_template(
        "sign_on/requirement.html",
        owners=owners,
        chosen=chosen,
        is_required=verbs.is_required(session()),
        refusal=refusal,
        operation_id=new_operation_id(),
    )


def _chosen() -> set[uuid.UUID]:
    found = set()
    for typed in request.form.getlist("keyholders"):
        try:
            found.add(uuid.UUID(typed))
        except ValueError:
            continue
    return found


@blueprint.get("/<agency>/settings/sign-on/requirement")
def requirement() -> Answer:
    """Show what the agency asks of its people."""
    actor().require(Permission.AGENCY_SIGN_ON)
    return _page()


@blueprint.post("/<agency>/settings/sign-on/requirement")
@needs_confirmation
def requiring() -> Answer:
    """Let the agency's people in by its provider alone, but for the owners that are chosen."""
    came_in = session().agency_id in browser.person().grounds.agencies
    try:
        verbs.require(session(), actor(), _chosen(), came_in=came_in)
    except RefusedError as refusal:
        return _page(refusal), refusal.status
    browser.tell(_("From now on your people come in by the provider alone."))
    return redirect(url_for("sign_on.settings"), 303)


@blueprint.post("/<agency>/settings/sign-on/requirement/removal")
@needs_confirmation
def requirement_removal() -> Answer:
    """Let passwords in again."""
    verbs.release(session(), actor())
    browser.tell(_("Passwords let your people in again."))
    return redirect(url_for("sign_on.settings"), 303)
