"""The pages of passkeys: signing in by one, adding and removing them."""

import uuid

from flask import Response as FlaskResponse
from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from unisson.identity import accounts, browser, challenges, passkeys, resets
from unisson.identity.confirming import needs_confirmation
from unisson.identity.devices import device_words
from unisson.identity.entrance import sign_in_page
from unisson.identity.forms import PasskeyForm, SignInForm
from unisson.identity.passkey_answers import answered, question, site
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session, runtime
from unisson.web.guards import public, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note_refusal

Answer = Response | str | tuple[str, int]


@blueprint.post("/sign-in/passkey/challenge")
@public
def sign_in_challenge() -> Answer:
    """Ask whoever it is for a passkey; nothing is said of whose there are."""
    limits.spend(limits.PASSKEY)
    return question("sign_in")


@blueprint.post("/sign-in/passkey")
@public
def signing_in_by_passkey() -> Answer:
    """Let somebody in by a passkey, which is both steps at once."""
    form = PasskeyForm()
    limits.spend(limits.PASSKEY)
    try:
        identity_id = answered("sign_in", form.passkey.data or "")
    except RefusedError as refusal:
        note_refusal("sign_in.refused")
        shown = SignInForm(formdata=None)
        status = shown.refuse(refusal)
        return sign_in_page(shown), status
    target = browser.destination()
    resets.keep(any_session(), runtime().database, identity_id)
    browser.let_in(identity_id)
    return redirect(target, 303)


@blueprint.get("/me/passkeys/new")
@signed_in
@needs_confirmation
def passkey_new() -> Answer:
    """Ask how the passkey of this device is to be called."""
    site()
    return _page(PasskeyForm(formdata=None, data={"name": device_words(browser.user_agent())}))


def _page(form: PasskeyForm) -> str:
    return render_template("identity/passkey_new.html", form=form)


@blueprint.post("/me/passkeys/challenge")
@signed_in
@needs_confirmation
def passkey_challenge() -> Answer:
    """Say to the browser what a passkey of this person is made of."""
    limits.spend(limits.PASSKEY)
    here, where = browser.person(), site()
    told = passkeys.creation_options(any_session(), here, where, challenges.issue("registration"))
    return FlaskResponse(told, mimetype="application/json")


@blueprint.post("/me/passkeys")
@signed_in
@needs_confirmation
def adding_passkey() -> Answer:
    """Keep a passkey; the first factor of somebody comes with recovery codes, and signs their other browsers out."""
    form, here = PasskeyForm(), browser.person()
    limits.spend(limits.PASSKEY)
    if not form.validate():
        return _page(form), 422
    told = (form.passkey.data or "", form.name.data or "")
    try:
        challenge, keeper = challenges.redeem("registration"), browser.password_keeper()
        codes = passkeys.register(any_session(), here, site(), challenge, told, keeper=keeper)
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(form), status
    if codes:
        accounts.keep_this_browser_alone(any_session(), here)
        return render_template("identity/recovery_codes.html", codes=codes, is_new=True, by_passkey=True)
    browser.tell(_("The passkey “%(name)s” is added.", name=told[1]))
    return redirect(url_for("identity.second_factor"), 303)


@blueprint.post("/me/passkeys/<uuid:passkey_id>/removal")
@signed_in
@needs_confirmation
def removing_passkey(passkey_id: uuid.UUID) -> Answer:
    """Forget one of one's passkeys."""
    passkeys.remove(any_session(), browser.person().id, passkey_id)
    browser.tell(_("The passkey is removed: it opens nothing any more. Delete it on your device too."))
    return redirect(url_for("identity.second_factor"), 303)
