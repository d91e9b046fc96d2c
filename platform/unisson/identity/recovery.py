"""By mail: a new password, a confirmed address."""

import uuid

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.identities import Identity
from unisson.identity import accounts, browser, tokens
from unisson.identity.factor_pages import step_in
from unisson.identity.forms import AddressForm, ConfirmationForm, NewPasswordForm
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session
from unisson.web.guards import public, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note, note_refusal

Answer = Response | str | tuple[str, int]


@blueprint.get("/password-reset")
@blueprint.get("/password-reset/<token>")
@public
def password_reset(token: str | None = None) -> Answer:
    """Ask whom to write to; behind a mailed link, for the new password. Looking uses nothing up: scanners look too."""
    if token is None:
        return render_template("identity/password_reset.html", form=AddressForm())
    limits.spend(limits.TOKEN)
    tokens.find(any_session(), token, "password_reset")
    return render_template("identity/new_password.html", form=NewPasswordForm())


@blueprint.post("/password-reset")
@public
def asking_reset() -> Answer:
    """Write to the holder of the address, if there is one: the page says the same."""
    form = AddressForm()
    limits.spend(limits.RESET, form.email.data)
    if not form.validate():
        return render_template("identity/password_reset.html", form=form), 422
    email = form.email.data or ""
    accounts.ask_reset(any_session(), email, accounts.letter_of(any_session(), str(form.operation_id.data), email))
    return redirect(url_for("identity.reset_sent"), 303)


@blueprint.get("/password-reset/sent")
@public
def reset_sent() -> Answer:
    """Send somebody to their mail, whether or not anything will arrive there."""
    return render_template("identity/mail_sent.html", is_reset=True)


@blueprint.post("/password-reset/<token>")
@public
def setting_password(token: str) -> Answer:
    """Set the password, sign out everywhere, and let this browser in."""
    limits.spend(limits.TOKEN)
    holder = _holder(token, "password_reset")
    form = NewPasswordForm()
    form.password.words = [holder.name, holder.email]
    if not form.validate():
        return render_template("identity/new_password.html", form=form), 422
    identity_id = accounts.reset_password(any_session(), token, form.password.data or "", browser.password_keeper())
    note("password.reset", of=str(identity_id))
    said = _("Your password is changed. Every other browser is signed out.")
    return step_in(identity_id, url_for("home.front"), said=said)


def _holder(token: str, purpose: str) -> Identity:
    return any_session().get_one(Identity, tokens.find(any_session(), token, purpose).identity_id)


@blueprint.get("/verification/<token>")
@public
def verification(token: str) -> Answer:
    """Offer to confirm the address. Looking uses nothing up: mail scanners look too."""
    limits.spend(limits.TOKEN)
    return _verification_page(_holder(token, "verification"), ConfirmationForm())


def _verification_page(holder: Identity, form: ConfirmationForm) -> str:
    return render_template("identity/verification.html", holder=holder, form=form, is_known=_is_known(holder))


def _is_known(holder: Identity) -> bool:
    """Whether this browser has shown that it is the one that signed up; any other is asked for the password.

    Without that, somebody who signs up with the address of another would have it confirmed by its holder's click.
    """
    return browser.is_newcomer(holder.email) or _is_signed_in(holder.id)


def _is_signed_in(identity_id: uuid.UUID) -> bool:
    here = browser.visitor()
    return here is not None and here.id == identity_id


@blueprint.post("/verification/<token>")
@public
def verifying(token: str) -> Answer:
    """Confirm the address and let this browser in."""
    limits.spend(limits.TOKEN)
    holder = _holder(token, "verification")
    form = ConfirmationForm()
    if not _is_known(holder):
        limits.spend(limits.SIGN_IN, holder.email)
        if not form.validate():
            return _verification_page(holder, form), 422
        try:
            accounts.authenticate(any_session(), holder.email, form.password.data or "", browser.password_keeper())
        except RefusedError as refusal:
            note_refusal("sign_in.refused", of=str(holder.id))
            status = form.refuse(refusal)
            return _verification_page(holder, form), status
    identity_id = accounts.verify(any_session(), token)
    said = _("Your address is confirmed. Welcome.")
    if _is_signed_in(identity_id):
        browser.stay_in()
        browser.tell(said)
        return redirect(url_for("home.front"), 303)
    return step_in(identity_id, url_for("home.front"), said=said)


@blueprint.post("/me/verification")
@signed_in
def another_verification() -> Answer:
    """Send a person the link for their own address again."""
    limits.spend(limits.VERIFICATION, browser.person().email)
    if not browser.person().email_verified:
        accounts.write_to(any_session(), browser.person().id, "verification")
    browser.tell(_("A new link is on its way to %(email)s.", email=browser.person().email))
    return redirect(url_for("identity.me"), 303)
