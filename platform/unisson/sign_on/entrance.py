"""Coming in by an agency's provider: which agency, out to the provider, and back."""

import hmac
import uuid
from functools import lru_cache

from flask import make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.identities import DirectoryEntry
from unisson.identity import browser
from unisson.identity.confirming import ways_of
from unisson.outbound import Outbound
from unisson.outbound.names import Names
from unisson.sign_on import links
from unisson.sign_on.exchange import Counterpart, Vouched, begin, finish
from unisson.sign_on.forms import FindingForm
from unisson.sign_on.joining import join
from unisson.sign_on.keeping import Errand, Offer, keep_errand, keep_offer, take_errand
from unisson.sign_on.mail_domains import agency_of, look_again
from unisson.sign_on.models import IdentityProvider
from unisson.sign_on.providers import counterpart, provider, providers_of
from unisson.sign_on.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, leave, runtime, session
from unisson.web.guards import current_agency_row, public
from unisson.web.i18n import language, lazy
from unisson.web.noted import note_refusal
from unisson.web.people import Grounds

Answer = Response | str | tuple[str, int]

NOT_FOUND = lazy("No agency is known by that. Check it, or sign in by your e-mail address and password.")
NOT_BEGUN = lazy(
    "This sign-in was not begun in this browser, or more than ten minutes ago, or was ended already. Nothing was"
    " changed: begin again."
)
SOMEBODY_ELSE = lazy("Somebody else is signed in here by now. Nothing was changed: begin again.")


@lru_cache(maxsize=4)
def _outbound(allow: tuple[str, ...], only: tuple[str, ...]) -> Outbound:
    return Outbound(allow, only=only, max_connections=20)


def outbound() -> Outbound:
    """Return the way out to providers: one for the process."""
    settings = runtime().settings
    return _outbound(tuple(settings.outbound_allow), tuple(settings.outbound_only))


def return_address(provider_id: uuid.UUID) -> str:
    """Return where a provider sends browsers back to: an address of its own, so that none answers for another."""
    return runtime().settings.base_url + url_for("sign_on.returning", provider_id=provider_id)


def logout_address(provider_id: uuid.UUID) -> str:
    """Return where a provider tells us that somebody signed out there."""
    return runtime().settings.base_url + url_for("sign_on.hearing", provider_id=provider_id)


@blueprint.get("/sign-in/agency")
@public
def finding() -> Answer:
    """Ask which agency somebody works with."""
    return _finding_page(FindingForm())


def _finding_page(form: FindingForm) -> str:
    return render_template("sign_on/finding.html", form=form, next=browser.destination(""))


@blueprint.post("/sign-in/agency")
@public
def found() -> Answer:
    """Lead to the agency's sign-in. What is told of an address is told of its domain: it says nothing of a person."""
    limits.spend(limits.SIGN_ON)
    form = FindingForm()
    if not form.validate():
        return _finding_page(form), 422
    slug = _slug_of((form.agency.data or "").strip().lower())
    if slug is None:
        status = form.refuse(RefusedError(NOT_FOUND, field="agency"))
        return _finding_page(form), status
    return redirect(url_for("sign_on.ways", agency=slug, next=browser.destination("") or None), 303)


def _slug_of(typed: str) -> str | None:
    if "@" in typed:
        return agency_of(any_session(), typed)
    known = select(DirectoryEntry.slug).where(DirectoryEntry.slug == typed)
    slug: str | None = any_session().scalar(known)
    return slug


@blueprint.get("/<agency>/sign-on")
@public
def ways() -> Answer:
    """Show by which providers people of the agency come in."""
    here = browser.visitor()
    linked = {link.issuer for link in links.links_of(session(), here.id)} if here else set()
    return render_template(
        "sign_on/ways.html",
        agency=current_agency_row(),
        providers=providers_of(session(), only_on=True),
        linked=linked,
        is_member=here is not None and links.is_member(session(), here.id),
        next=browser.destination(""),
    )


@blueprint.get("/<agency>/sign-on/<uuid:provider_id>")
@public
def leaving(provider_id: uuid.UUID) -> Answer:
    """Send a browser to the provider, to come in."""
    limits.spend(limits.SIGN_ON)
    target = browser.destination(url_for("calendars.month"))
    return send_out(provider(session(), provider_id, only_on=True), target)


def send_out(found: IdentityProvider, to: str, *, linking: uuid.UUID | None = None) -> Response:
    """Send this browser to a provider, and have it keep what for."""
    url, attempt = begin(counterpart_of(found))
    keep_errand(Errand(found.id, attempt, to, linking))
    if linking is None:
        return redirect(url, 303)
    # The page before may have been a form of ours, the one that asks who it is: browsers lead a form nowhere else than
    # `form-action` says, through every redirect. A page in between ends that.
    page = make_response(render_template("sign_on/going.html", agency=current_agency_row(), provider=found, url=url))
    page.headers["Refresh"] = f"0; url={url}"
    return page


def counterpart_of(found: IdentityProvider) -> Counterpart:
    """Return a provider as an exchange needs it. Raises RefusedError where its secret can't be opened any more."""
    return counterpart(found, runtime().vault, return_address(found.id))


@blueprint.get("/<agency>/sign-on/<uuid:provider_id>/return")
@public
def returning(provider_id: uuid.UUID) -> Answer:
    """Take back a browser that a provider sends, with what it says of its person."""
    limits.spend(limits.SIGN_ON)
    errand = take_errand()
    if errand is None or errand.provider_id != provider_id or not _is_of(errand, request.args.get("state")):
        return refused(RefusedError(NOT_BEGUN))
    try:
        return _answered(errand, _asked_of_provider(errand))
    except RefusedError as refusal:
        return refused(refusal)


def refused(refusal: RefusedError) -> tuple[str, int]:
    """Return the page that says why nobody was let in, and what to do."""
    leave()
    note_refusal("sign_on.refused", why=type(refusal).__name__)
    page = render_template("sign_on/refused.html", agency=current_agency_row(), sentence=refusal.sentence)
    return page, refusal.status


def _is_of(errand: Errand, state: str | None) -> bool:
    return hmac.compare_digest(errand.attempt.state.encode(), (state or "").encode())


def _asked_of_provider(errand: Errand) -> Vouched:
    """Return whom the provider vouches for. The database waits for nobody meanwhile."""
    other = counterpart_of(provider(session(), errand.provider_id, only_on=True))
    leave()
    return finish(other, errand.attempt, request.args, outbound())


def _answered(errand: Errand, vouched: Vouched) -> Response:
    if errand.linking is None:
        let_in(_who(errand, vouched))
        if provider(session(), errand.provider_id).end_session_endpoint is not None:
            browser.remember_way_out(url_for("sign_on.signed_out", provider_id=errand.provider_id))
        return redirect(errand.to, 303)
    here = browser.visitor()
    if here is None or here.id != errand.linking:
        raise RefusedError(SOMEBODY_ELSE)
    # Whose account it is at the provider may be a trick of somebody else's: its person sees it, and says yes or no.
    keep_offer(Offer(here.id, errand.provider_id, vouched, errand.to))
    return redirect(url_for("sign_on.offer"), 303)


def _who(errand: Errand, vouched: Vouched) -> uuid.UUID:
    """Return who comes in; somebody unknown may become a member by it."""
    if links.linked(session(), vouched) is not None:
        return links.enter(session(), vouched)
    if vouched.email:
        held = runtime()
        look_again(held.database, session().agency_id, vouched.email.lower(), Names(held.settings.dns_server))
    return join(session(), provider(session(), errand.provider_id, only_on=True), vouched, language())


def let_in(identity_id: uuid.UUID) -> None:
    """Let somebody in to the agency of the path, whose provider vouched for them."""
    grounds = Grounds(by_password=False, agencies=frozenset({session().agency_id}))
    # Who has nothing of their own to show is asked again by the provider; everybody else by what is their own.
    browser.let_in(identity_id, grounds, confirmed=not ways_of(identity_id).any)
