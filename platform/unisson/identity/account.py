"""One's own account: name, language, password, and where one is signed in."""

import uuid

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.identity import accounts, browser, sign_ins
from unisson.identity.confirming import needs_confirmation
from unisson.identity.devices import device_words
from unisson.identity.forms import ChangePasswordForm, ProfileForm
from unisson.identity.routes import blueprint
from unisson.web import limits
from unisson.web.db import any_session
from unisson.web.guards import signed_in
from unisson.web.i18n import _, language, speaking
from unisson.web.noted import note, note_refusal

Answer = Response | str | tuple[str, int]
HOME_ZONE = "Europe/Paris"


def _page(profile: ProfileForm | None = None, password: ChangePasswordForm | None = None) -> str:
    return render_template(
        "identity/me.html",
        profile=profile or _profile(),
        password=password or ChangePasswordForm(formdata=None),
    )


def _profile() -> ProfileForm:
    return ProfileForm(
        formdata=None,
        data={
            "name": browser.person().name,
            "language": browser.person().language or language(),
            "timezone": browser.person().timezone or "",
        },
    )


@blueprint.get("/me")
@signed_in
def me() -> Answer:
    """Show one's account."""
    return _page()


@blueprint.post("/me")
@signed_in
def editing_me() -> Answer:
    """Keep the name, language and zone."""
    form = ProfileForm()
    if not form.validate():
        return _page(profile=form), 422
    accounts.edit_profile(
        any_session(),
        browser.person().id,
        name=form.name.data or "",
        language=form.language.data,
        timezone=form.timezone.data or None,
    )
    with speaking(form.language.data):
        browser.tell(_("Your account is saved."))
    return redirect(url_for("identity.me"), 303)


@blueprint.post("/me/password")
@signed_in
def changing_password() -> Answer:
    """Set a new password by the present one."""
    limits.spend(limits.PASSWORD, browser.person().email)
    form = ChangePasswordForm()
    form.password.words = [browser.person().name, browser.person().email]
    if not form.validate():
        return _page(password=form), 422
    try:
        token = accounts.change_password(
            any_session(),
            browser.person(),
            form.present.data or "",
            form.password.data or "",
            browser.password_keeper(),
        )
    except RefusedError as refusal:
        note_refusal("password.refused")
        status = form.refuse(refusal)
        return _page(password=form), status
    browser.renew(token)
    note("password.changed")
    browser.tell(_("Your password is changed. Every other browser is signed out."))
    return redirect(url_for("identity.me"), 303)


@blueprint.get("/me/sessions")
@signed_in
def my_sessions() -> Answer:
    """List where one is signed in."""
    lines = [
        (one, device_words(one.user_agent), one.id == browser.person().sign_in_id)
        for one in sign_ins.browsers(any_session(), browser.person().id)
    ]
    return render_template("identity/sessions.html", lines=lines, zone=browser.person().timezone or HOME_ZONE)


@blueprint.post("/me/sessions/<uuid:sign_in_id>/revocation")
@signed_in
@needs_confirmation
def ending_session(sign_in_id: uuid.UUID) -> Answer:
    """Sign one of one's browsers out."""
    if not sign_ins.end_one(any_session(), browser.person().id, sign_in_id):
        raise NotFoundError
    browser.tell(_("That browser is signed out."))
    return redirect(url_for("identity.my_sessions"), 303)


@blueprint.post("/me/sessions/revocation")
@signed_in
@needs_confirmation
def ending_other_sessions() -> Answer:
    """Sign every browser out but this one."""
    sign_ins.end_all(any_session(), browser.person().id, but=browser.person().sign_in_id)
    browser.tell(_("Every other browser is signed out."))
    return redirect(url_for("identity.my_sessions"), 303)
