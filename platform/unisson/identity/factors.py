"""The second factor: a code of six digits that a phone and we make of one secret (TOTP, RFC 6238), and ten spare codes.

A passkey (`passkeys`) is one too; the spare codes stand in for either.

A code counts once: the step of thirty seconds that it stands for is kept, and no step at or before it counts again. The
phone's clock may be half a minute off; one that is minutes off is told so, and lets nobody in.
"""

import hmac
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from cryptography.fernet import InvalidToken
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.base import new_id, utcnow
from tenants.errors import RefusedError
from tenants.identities import Identity, RecoveryCode, SecondFactor
from tenants.members import needs_second_step
from unisson.identity import spares
from unisson.identity.accounts import write_to
from unisson.identity.passwords import Keeper
from unisson.vault import Vault
from unisson.web.i18n import lazy

ISSUER = "Unisson"
STEP = 30
AROUND = 1
"""Steps before and after the present one that count (RFC 6238 §5.2)."""

FAR = 10
"""Steps, five minutes, within which a clock that is wrong is told from a code that is."""

SET_UP = timedelta(minutes=15)
"""How long a secret that was not confirmed is good for; the password is asked again after it."""

NO_CODE = lazy("Fill this in.")
WRONG_CODE = lazy("This code is not right. Type the one that your phone shows now, or one of your recovery codes.")
USED_CODE = lazy("This code was used already. Wait for the next one, half a minute at most.")
CLOCK_OFF = lazy(
    "The clock of your phone is some minutes off, so that its codes don't match. Set it to the network's time, and type"
    " the next code."
)
OTHER_KEY = lazy(
    "The key that this server keeps secrets under was changed, so that no code of a phone can be checked any more. Type"
    " one of your recovery codes, then set the codes up again."
)
NOT_BEGUN = lazy("The set-up was not begun, or was ended in another window. Begin it again.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when somebody's phone makes codes, and how many recovery codes are left; `secret` while it is set up."""

    since: datetime | None
    left: int
    secret: str = ""
    is_readable: bool = True


def standing(session: Session, identity_id: uuid.UUID, vault: Vault) -> Standing:
    """Return how it stands with somebody's codes. One not confirmed that can't be read any more counts as none."""
    unused = RecoveryCode.used_at.is_(None)
    left = session.scalar(
        select(func.count()).select_from(RecoveryCode).where(RecoveryCode.identity_id == identity_id, unused)
    )
    factor = session.scalars(select(SecondFactor).where(SecondFactor.identity_id == identity_id)).one_or_none()
    if factor is None or _is_given_up(factor):
        return Standing(None, left or 0)
    secret = _secret(factor, vault)
    if factor.confirmed_at is None:
        return Standing(None, left or 0, secret or "")
    return Standing(factor.confirmed_at, left or 0, is_readable=secret is not None)


def is_on(session: Session, identity_id: uuid.UUID) -> bool:
    """Whether a sign-in of this person by their password needs a second step."""
    return bool(session.scalar(select(needs_second_step(Identity.id)).where(Identity.id == identity_id)))


def makes_codes(session: Session, identity_id: uuid.UUID) -> bool:
    """Whether this person's phone makes codes."""
    confirmed = SecondFactor.confirmed_at.is_not(None)
    found = session.scalar(select(SecondFactor.id).where(SecondFactor.identity_id == identity_id, confirmed))
    return found is not None


def begin(session: Session, identity_id: uuid.UUID, vault: Vault) -> None:
    """Make a new secret for somebody who has no second factor yet; one that was not confirmed is forgotten."""
    session.execute(
        delete(SecondFactor).where(SecondFactor.identity_id == identity_id, SecondFactor.confirmed_at.is_(None))
    )
    if makes_codes(session, identity_id):
        return
    sealed = vault.seal({"totp": pyotp.random_base32()})
    made = insert(SecondFactor).values(id=new_id(), identity_id=identity_id, secret=sealed)
    session.execute(made.on_conflict_do_nothing())  # of two clicks at once, one makes it


def address_of(secret: str, email: str) -> str:
    """Return what the QR code says to a phone."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm(session: Session, identity_id: uuid.UUID, typed: str, vault: Vault, keeper: Keeper) -> list[str]:
    """Turn the factor on by a first code; return the recovery codes, which are shown this once. Raises RefusedError."""
    factor = _locked(session, identity_id)
    if factor is None or factor.confirmed_at is not None or _is_given_up(factor):
        raise RefusedError(NOT_BEGUN, field="code")
    _spend(factor, typed, vault)
    factor.confirmed_at = utcnow()
    session.flush()
    write_to(session, identity_id, "factor_on")
    return spares.make(session, identity_id, keeper)


def check(session: Session, identity_id: uuid.UUID, typed: str, vault: Vault, keeper: Keeper) -> bool:
    """Pass the second step by a code of the phone or a recovery code, once; return whether it was the latter.

    Raises RefusedError.
    """
    factor = _locked(session, identity_id)
    plain = _plain(typed)
    if not (plain.isdigit() and len(plain) == 6):
        if not spares.spend(session, identity_id, plain, keeper):
            raise RefusedError(WRONG_CODE, field="code")
        write_to(session, identity_id, "recovery_used")
        return True
    if factor is None or factor.confirmed_at is None:
        raise RefusedError(WRONG_CODE, field="code")
    _spend(factor, plain, vault)
    session.flush()
    return False


def renew_codes(session: Session, identity_id: uuid.UUID, keeper: Keeper) -> list[str]:
    """Return ten new recovery codes, which are shown this once; the old ones are worth nothing from here on."""
    if not is_on(session, identity_id):
        raise RefusedError(NOT_BEGUN)
    write_to(session, identity_id, "recovery_new")
    return spares.make(session, identity_id, keeper)


def turn_off(session: Session, identity_id: uuid.UUID) -> None:
    """Forget the phone; where there is no passkey, the recovery codes with it."""
    had = makes_codes(session, identity_id)
    session.execute(delete(SecondFactor).where(SecondFactor.identity_id == identity_id))
    if had:
        settle_spares(session, identity_id, "codes_off")


def settle_spares(session: Session, identity_id: uuid.UUID, purpose: str) -> None:
    """Tell somebody that a factor is gone: by `purpose` while another one stands, else that their second step is off.

    In the latter case the recovery codes, which stand in for nothing any more, are forgotten.
    """
    if is_on(session, identity_id):
        write_to(session, identity_id, purpose)
        return
    session.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))
    write_to(session, identity_id, "factor_off")


def _is_given_up(factor: SecondFactor) -> bool:
    """Whether a set-up was begun and left: whoever finds the browser later must not end it by a phone of their own."""
    return factor.confirmed_at is None and utcnow() - factor.created_at > SET_UP


def _locked(session: Session, identity_id: uuid.UUID) -> SecondFactor | None:
    """Return the factor, held until the transaction ends: of two codes at once, one is the first."""
    wanted = select(SecondFactor).where(SecondFactor.identity_id == identity_id).with_for_update()
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def _spend(factor: SecondFactor, typed: str, vault: Vault) -> None:
    """Count a code of the phone, if it stands for a step about now that was not used. Raises RefusedError."""
    secret = _secret(factor, vault)
    if secret is None:
        raise RefusedError(OTHER_KEY, field="code")
    step = _step_of(_plain(typed), secret)
    now = int(utcnow().timestamp()) // STEP
    if step is None:
        raise RefusedError(WRONG_CODE, field="code")
    if abs(step - now) > AROUND:
        raise RefusedError(CLOCK_OFF, field="code")
    if factor.last_step is not None and step <= factor.last_step:
        raise RefusedError(USED_CODE, field="code")
    factor.last_step = step


def _secret(factor: SecondFactor, vault: Vault) -> str | None:
    """Return what the phone and we share; None when it was encrypted under another SECRET_KEY."""
    try:
        return vault.open(factor.secret)["totp"]
    except InvalidToken:
        return None


def _step_of(code: str, secret: str) -> int | None:
    """Return the step nearest to now that a code stands for; None for none. Every step is tried, whatever matches."""
    totp, now = pyotp.TOTP(secret, interval=STEP), int(utcnow().timestamp()) // STEP
    found = [step for step in _nearest(now) if hmac.compare_digest(totp.at(step * STEP), code)]
    return found[0] if found else None


def _nearest(now: int) -> Iterator[int]:
    yield from sorted(range(now - FAR, now + FAR + 1), key=lambda step: abs(step - now))


def _plain(typed: str) -> str:
    """Return a code as it is compared: people type spaces, hyphens and small letters."""
    return "".join(each for each in typed.upper() if each.isascii() and each.isalnum())
