"""The pages of the second factor: asked for at the sign-in, set up and turned off on one's account."""

import hmac
import time
import uuid
from typing import Any

import segno
from flask import redirect, render_template, session, url_for
from markupsafe import Markup
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.identities import Identity
from unisson.identity import accounts, browser, challenges, factors, passkeys, resets
from unisson.identity.account import HOME_ZONE
from unisson.identity.confirming import needs_confirmation
from unisson.identity.forms import CodeForm, StepForm
from unisson.identity.passkey_answers import answered, is_possible, question
from unisson.identity.routes import blueprint
from unisson.vault import token_hash
from unisson.web import limits
from unisson.web.db import any_session, runtime
from unisson.web.guards import public, signed_in
from unisson.web.i18n import _
from unisson.web.noted import note_refusal

Answer = Response | str | tuple[str, int]

_STEPPING = "second_step"
_PATIENCE = 600
"""Seconds between the first step of a sign-in and the second."""


def step_in(identity_id: uuid.UUID, target: str, *, said: str = "") -> Response:
    """Let this browser in, or ask it for the second factor first; it is led to `target`, where `said` is said."""
    if not factors.is_on(any_session(), identity_id):
        browser.let_in(identity_id)
        if said:
            browser.tell(said)
        return redirect(target, 303)
    browser.let_out()
    first = _first_step(identity_id)
    session[_STEPPING] = {"id": str(identity_id), "at": int(time.time()), "to": target, "said": said, "first": first}
    return redirect(url_for("identity.second_step"), 303)


@blueprint.get("/sign-in/second-step")
@public
def second_step() -> Answer:
    """Ask for the code of somebody's phone, or for their passkey."""
    asked = _stepping()
    if asked is None:
        return redirect(url_for("identity.sign_in"), 303)
    return _step_page(StepForm(), uuid.UUID(asked["id"]))


def _step_page(form: StepForm, identity_id: uuid.UUID) -> str:
    has_passkey = is_possible() and passkeys.has_one(any_session(), identity_id)
    has_codes = factors.makes_codes(any_session(), identity_id)
    return render_template("identity/second_step.html", form=form, has_passkey=has_passkey, has_codes=has_codes)


@blueprint.post("/sign-in/second-step/challenge")
@public
def second_step_challenge() -> Answer:
    """Ask the person between the two steps for one of their passkeys."""
    limits.spend(limits.PASSKEY)
    asked = _stepping()
    if asked is None:
        raise RefusedError(challenges.OVER)
    return question("second_step", uuid.UUID(asked["id"]))


@blueprint.post("/sign-in/second-step")
@public
def stepping() -> Answer:
    """Let somebody in by a passkey, by the code of their phone, or by a recovery code."""
    asked = _stepping()
    if asked is None:
        browser.tell(_("The first step was too long ago. Sign in again."), "warning")
        return redirect(url_for("identity.sign_in"), 303)
    identity_id, form = uuid.UUID(asked["id"]), StepForm()
    limits.spend(limits.SECOND_STEP, asked["id"])
    if not form.validate():
        return _step_page(form, identity_id), 422
    try:
        was_spare = _pass(identity_id, form)
    except RefusedError as refusal:
        note_refusal("second_step.refused", of=asked["id"])
        status = form.refuse(refusal)
        return _step_page(form, identity_id), status
    limits.forgive(limits.SECOND_STEP, asked["id"])
    resets.keep(any_session(), runtime().database, identity_id)
    browser.let_in(identity_id)
    if asked["said"]:
        browser.tell(asked["said"])
    if was_spare:
        browser.tell(
            _("You used a recovery code: it is worth nothing any more. Your account shows how many are left."),
            "warning",
        )
    return redirect(asked["to"], 303)


def _pass(identity_id: uuid.UUID, form: StepForm) -> bool:
    """Pass by whichever was sent; return whether it was a recovery code. Raises RefusedError."""
    if not factors.is_on(any_session(), identity_id):
        return False  # Turned off since, by somebody who was asked for it.
    if form.passkey.data:
        answered("second_step", form.passkey.data, identity_id)
        return False
    if not form.code.data:
        raise RefusedError(factors.NO_CODE, field="code")
    return factors.check(any_session(), identity_id, form.code.data, runtime().vault, browser.password_keeper())


@blueprint.get("/me/second-factor")
@signed_in
def second_factor() -> Answer:
    """Show how it stands with one's second factor."""
    return _page()


@blueprint.post("/me/second-factor")
@signed_in
@needs_confirmation
def beginning_factor() -> Answer:
    """Begin the set-up."""
    factors.begin(any_session(), browser.person().id, runtime().vault)
    return redirect(url_for("identity.second_factor"), 303)


@blueprint.post("/me/second-factor/confirmation")
@signed_in
def confirming_factor() -> Answer:
    """Turn it on by a first code, and show the recovery codes."""
    form = CodeForm()
    limits.spend(limits.SECOND_STEP, str(browser.person().id))
    if not form.validate():
        return _page(code=form), 422
    try:
        typed, keeper = form.code.data or "", browser.password_keeper()
        codes = factors.confirm(any_session(), browser.person().id, typed, runtime().vault, keeper)
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(code=form), status
    accounts.keep_this_browser_alone(any_session(), browser.person())
    return render_template("identity/recovery_codes.html", codes=codes, is_new=True)


@blueprint.post("/me/second-factor/codes")
@signed_in
@needs_confirmation
def renewing_codes() -> Answer:
    """Show new recovery codes."""
    codes = factors.renew_codes(any_session(), browser.person().id, browser.password_keeper())
    return render_template("identity/recovery_codes.html", codes=codes, is_new=False)


@blueprint.post("/me/second-factor/removal")
@signed_in
@needs_confirmation
def removing_factor() -> Answer:
    """Turn it off."""
    factors.turn_off(any_session(), browser.person().id)
    browser.tell(_("Codes of your phone are not asked for any more."))
    return redirect(url_for("identity.second_factor"), 303)


def _stepping() -> dict[str, Any] | None:
    """Return who is between the two steps here, where they want to go and what is said then.

    None after ten minutes, and once the first step would not be passed any more: another password, a disabled person.
    """
    asked = session.get(_STEPPING)
    if not isinstance(asked, dict) or time.time() - float(asked.get("at", 0)) > _PATIENCE:
        return None
    first = _first_step(uuid.UUID(asked["id"]))
    return asked if first and hmac.compare_digest(first, str(asked.get("first"))) else None


def _first_step(identity_id: uuid.UUID) -> str | None:
    """Return a mark of the password that the first step was passed by; None for a disabled person."""
    wanted = select(Identity.password_hash).where(Identity.id == identity_id, Identity.disabled_at.is_(None))
    row = any_session().execute(wanted).first()
    return token_hash(f"{identity_id}:{row.password_hash}").hex() if row else None


def _page(code: CodeForm | None = None) -> str:
    stands = factors.standing(any_session(), browser.person().id, runtime().vault)
    return render_template(
        "identity/second_factor.html",
        stands=stands,
        is_on=factors.is_on(any_session(), browser.person().id),
        passkeys=passkeys.passkeys_of(any_session(), browser.person().id),
        may_add=is_possible(),
        reset=resets.pending(any_session(), browser.person().id),
        zone=browser.person().timezone or HOME_ZONE,
        drawn=_drawn(stands.secret) if stands.secret else "",
        code=code or CodeForm(formdata=None),
    )


def _drawn(secret: str) -> Markup:
    """Return the QR code as an SVG: dark on white whatever the theme, or phones can't read it."""
    code = segno.make(factors.address_of(secret, browser.person().email), error="m")
    drawn = code.svg_inline(scale=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None)
    return Markup(drawn)  # noqa: S704 - the library's own markup, of figures alone
