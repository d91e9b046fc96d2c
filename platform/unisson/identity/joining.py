"""Accepting an invitation to an agency."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.members import Membership
from unisson.agency import invitations
from unisson.identity import browser
from unisson.identity.forms import JoiningForm
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import session
from unisson.web.guards import current_agency_row, public
from unisson.web.i18n import _, language

Answer = Response | str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """An invitation as its page shows it. `way`: join, sign_in, another (address), unverified or new."""

    email: str
    name: str
    invited_by: str
    way: str


def _asked(token: str) -> Asked:
    invitation, membership = invitations.find(session(), token)
    by = session().scalar(select(Membership.name).where(Membership.id == invitation.invited_by)) or ""
    return Asked(membership.email, membership.name, by, _way(membership))


def _way(membership: Membership) -> str:
    here = browser.visitor()
    if here is not None:
        if here.email != membership.email:
            return "another"
        return "join" if here.email_verified else "unverified"
    return "sign_in" if invitations.has_account(session(), membership) else "new"


def _page(asked: Asked, form: JoiningForm) -> str:
    return render_template(
        "identity/invitation.html", asked=asked, form=form, agency=current_agency_row(), here=request.path
    )


@blueprint.get("/<agency>/invitations/<token>")
@public
def invitation(token: str) -> Answer:
    """Show who invites, and the way in that fits this browser. Looking uses nothing up."""
    limits.spend(limits.TOKEN)
    asked = _asked(token)
    return _page(asked, JoiningForm(formdata=None, data={"name": asked.name}))


@blueprint.post("/<agency>/invitations/<token>")
@public
def joining(token: str) -> Answer:
    """Join the agency: as who is signed in, or as a new person."""
    limits.spend(limits.TOKEN)
    asked = _asked(token)
    here = browser.visitor()
    if here is not None:
        invitations.accept(session(), token, here.id)
        browser.stay_in()
    else:
        form = JoiningForm()
        form.password.words = [asked.email]
        if asked.way == "new" and not form.validate():
            return _page(asked, form), 422
        try:
            membership = _join_as_new(token, form)
        except RefusedError as refusal:
            status = form.refuse(refusal)
            return _page(_asked(token), form), status
        if membership.identity_id is not None:
            browser.let_in(membership.identity_id)
    browser.tell(_("Welcome to %(agency)s.", agency=current_agency_row().name))
    return redirect(url_for("agency.front"), 303)


def _join_as_new(token: str, form: JoiningForm) -> Membership:
    return invitations.accept_as_new(
        session(),
        token,
        name=form.name.data or "",
        password_hash=browser.password_keeper().hash(form.password.data or ""),
        language=language(),
    )
