"""Signing up, in and out."""

import uuid

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.base import new_id
from tenants.errors import RefusedError
from tenants.identities import Identity
from tenants.session import TenantSession
from unisson.agency.opening import free_slug, open_agency
from unisson.agency.slugs import slug_of
from unisson.identity import accounts, browser
from unisson.identity.factor_pages import step_in
from unisson.identity.forms import OpeningForm, SignInForm, SignUpForm
from unisson.identity.passkey_answers import is_possible
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, enter_agency
from unisson.web.guards import public, signed_in
from unisson.web.i18n import _, language
from unisson.web.noted import note_refusal

Answer = Response | str | tuple[str, int]


@blueprint.get("/sign-in")
@public
def sign_in() -> Answer:
    """Ask who it is; somebody who is in already goes where they wanted."""
    if browser.visitor():
        return redirect(browser.destination())
    return sign_in_page(SignInForm())


def sign_in_page(form: SignInForm) -> str:
    """Return the page that asks who it is."""
    next_page, passkeys = browser.destination(""), is_possible()
    return render_template("identity/sign_in.html", form=form, next=next_page, passkeys=passkeys)


@blueprint.post("/sign-in")
@public
def signing_in() -> Answer:
    """Let somebody in by address and password."""
    form = SignInForm()
    limits.spend(limits.SIGN_IN, form.email.data)
    if not form.validate():
        return sign_in_page(form), 422
    try:
        identity_id = accounts.authenticate(
            any_session(), form.email.data or "", form.password.data or "", browser.password_keeper()
        )
    except RefusedError as refusal:
        note_refusal("sign_in.refused", account=limits.mark(form.email.data or ""))
        status = form.refuse(refusal)
        return sign_in_page(form), status
    limits.forgive(limits.SIGN_IN, form.email.data or "")
    return step_in(identity_id, browser.destination())


@blueprint.post("/sign-out")
@public
def sign_out() -> Answer:
    """Let somebody out; who wants to come in again goes on from there."""
    wanted, open_to_all = browser.destination(""), browser.page_of_ours(request.form.get("then"))
    beyond = browser.let_out() or url_for("home.front")
    asked = url_for("identity.sign_in", next=wanted) if wanted else beyond
    answer = redirect(open_to_all or asked, 303)
    # Pages may be kept by the browser, which asks before it shows them again: now it forgets them. Not "storage", where
    # what was typed and not sent yet is kept.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.get("/sign-up")
@public
def sign_up() -> Answer:
    """Ask a visitor for themselves and their agency; a person for the agency alone."""
    if browser.visitor():
        return redirect(url_for("identity.another_agency"))
    return render_template("identity/sign_up.html", form=SignUpForm(data={"language": language()}))


@blueprint.post("/sign-up")
@public
def signing_up() -> Answer:
    """Open an agency, or write to the holder of a known address: the page says the same."""
    form = SignUpForm()
    limits.spend(limits.SIGN_UP, form.email.data)
    if not form.validate():
        return render_template("identity/sign_up.html", form=form), 422
    letter_id = accounts.letter_of(any_session(), str(form.operation_id.data), form.email.data or "")
    if accounts.is_asked(any_session(), letter_id):
        return _mail_sent(form)
    session = enter_agency(new_id())
    try:
        accounts.sign_up(session, _asked(form, session, letter_id), browser.password_keeper(), browser.reserved_slugs())
    except RefusedError as refusal:
        if accounts.is_asked(any_session(), letter_id):  # the other click of the two was quicker
            return _mail_sent(form)
        status = form.refuse(refusal)
        return render_template("identity/sign_up.html", form=form), status
    return _mail_sent(form)


def _mail_sent(form: SignUpForm) -> Response:
    browser.remember_newcomer(form.email.data or "")
    return redirect(url_for("identity.mail_sent"), 303)


def _asked(form: SignUpForm, session: TenantSession, letter_id: uuid.UUID) -> accounts.SignUp:
    return accounts.SignUp(
        agency=form.agency.data or "",
        slug=_slug(form, session),
        name=form.name.data or "",
        email=form.email.data or "",
        language=form.language.data,
        password=form.password.data or "",
        letter_id=letter_id,
    )


def _slug(form: OpeningForm, session: TenantSession) -> str:
    return form.slug.data or free_slug(session, slug_of(form.agency.data or "", "agency"), browser.reserved_slugs())


@blueprint.get("/sign-up/sent")
@public
def mail_sent() -> Answer:
    """Send somebody to their mail, whatever will arrive there."""
    return render_template("identity/mail_sent.html", email=browser.newcomer())


@blueprint.post("/sign-up/sent")
@public
def sending_again() -> Answer:
    """Write once more to the address that this browser signed up with: the page says the same for any."""
    email = browser.newcomer()
    if not email:
        return redirect(url_for("identity.sign_up"), 303)
    limits.spend(limits.VERIFICATION, email)
    accounts.write_again(any_session(), email)
    browser.tell(_("A letter is on its way again to %(email)s.", email=email))
    return redirect(url_for("identity.mail_sent"), 303)


@blueprint.get("/me/agencies/new")
@signed_in
def another_agency() -> Answer:
    """Ask a person for the agency that they open besides."""
    return render_template("identity/another_agency.html", form=OpeningForm(data={"language": language()}))


@blueprint.post("/me/agencies/new")
@signed_in
def opening_another() -> Answer:
    """Open a further agency for a person."""
    form = OpeningForm()
    limits.spend(limits.SIGN_UP, browser.person().email)
    if not form.validate():
        return render_template("identity/another_agency.html", form=form), 422
    session = enter_agency(new_id())
    try:
        slug = _slug(form, session)
        open_agency(
            session,
            session.get_one(Identity, browser.person().id),
            name=form.agency.data or "",
            slug=slug,
            language=form.language.data,
            reserved=browser.reserved_slugs(),
        )
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return render_template("identity/another_agency.html", form=form), status
    return redirect(url_for("agency.brands", agency=slug), 303)
