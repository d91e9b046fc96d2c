"""One's own links to agencies' providers: made from a session that was freshly confirmed, and let go."""

import uuid

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.identity import browser
from unisson.identity.confirming import needs_confirmation
from unisson.sign_on import links
from unisson.sign_on.entrance import NOT_BEGUN, refused, send_out
from unisson.sign_on.keeping import Offer, forget_offer, offered
from unisson.sign_on.providers import provider
from unisson.sign_on.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, session
from unisson.web.guards import current_agency_row, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note
from unisson.web.people import Grounds
from unisson.web.ui import my_agencies

Answer = Response | str | tuple[str, int]


@blueprint.get("/me/sign-on")
@signed_in
def mine() -> Answer:
    """Show what one is linked to."""
    return _page()


def _page(refusal: RefusedError | None = None) -> str:
    return render_template(
        "sign_on/mine.html",
        links=links.links_of(any_session(), browser.person().id),
        agencies=my_agencies(),
        refusal=refusal,
        zone=browser.person().timezone or "Europe/Paris",
    )


@blueprint.post("/me/sign-on/<uuid:linked_id>/removal")
@signed_in
@needs_confirmation
def unlinking(linked_id: uuid.UUID) -> Answer:
    """Let one link go."""
    try:
        was_mine = links.unlink(any_session(), browser.person().id, linked_id)
    except RefusedError as refusal:
        return _page(refusal), refusal.status
    if not was_mine:
        raise NotFoundError
    note("account.unlinked")
    browser.tell(_("That account is no longer linked: it lets you in nowhere."))
    return redirect(url_for("sign_on.mine"), 303)


@blueprint.get("/<agency>/sign-on/<uuid:provider_id>/linking")
@signed_in
@needs_confirmation
def linking(provider_id: uuid.UUID) -> Answer:
    """Send a person to the provider of an agency of theirs, to be linked."""
    limits.spend(limits.SIGN_ON)
    _require_member()
    found = provider(session(), provider_id, only_on=True)
    return send_out(found, browser.destination(url_for("sign_on.mine")), linking=browser.person().id)


def _require_member() -> None:
    if not links.is_member(session(), browser.person().id):
        raise NotFoundError


@blueprint.get("/<agency>/sign-on/link")
@signed_in
def offer() -> Answer:
    """Show which account would be linked, and ask for a yes."""
    _require_member()
    asked = offered(browser.person().id)
    if asked is None:
        return refused(RefusedError(NOT_BEGUN))
    return _offer_page(asked)


def _offer_page(asked: Offer) -> str:
    found = provider(session(), asked.provider_id, only_on=True)
    return render_template("sign_on/offer.html", asked=asked, provider=found, agency=current_agency_row())


@blueprint.post("/<agency>/sign-on/link")
@signed_in
@needs_confirmation
def accepting() -> Answer:
    """Link the account to its person."""
    _require_member()
    here = browser.person()
    asked = offered(here.id)
    if asked is None or provider(session(), asked.provider_id, only_on=True).issuer != asked.vouched.issuer:
        return refused(RefusedError(NOT_BEGUN))
    try:
        links.link(session(), here.id, asked.vouched)
    except RefusedError as refusal:
        forget_offer()
        return refused(refusal)
    note("account.linked")
    # The provider vouched for them this very moment: the agency that asks for it opens.
    browser.let_in(here.id, Grounds(by_password=False, agencies=frozenset({session().agency_id})))
    browser.tell(
        _("The account is linked: from now on it lets you in to %(agency)s.", agency=current_agency_row().name)
    )
    return redirect(asked.to, 303)
