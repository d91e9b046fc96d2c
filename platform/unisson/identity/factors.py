"""The second factor: a code of six digits that a phone and we make of one secret (TOTP, RFC 6238), and ten spare codes.

A code counts once: the step of thirty seconds that it stands for is kept, and no step at or before it counts again. The
phone's clock may be half a minute off; one that is minutes off is told so, and lets nobody in.
"""

import base64
import hmac
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.base import new_id, utcnow
from tenants.errors import RefusedError
from tenants.identities import RecoveryCode, SecondFactor
from unisson.identity.accounts import write_to
from unisson.vault import Vault, token_hash
from unisson.web.i18n import lazy

ISSUER = "Unisson"
STEP = 30
AROUND = 1
"""Steps before and after the present one that count (RFC 6238 §5.2)."""

FAR = 10
"""Steps, five minutes, within which a clock that is wrong is told from a code that is."""

SET_UP = timedelta(minutes=15)
"""How long a secret that was not confirmed is good for; the password is asked again after it."""

SPARE = 10
_SPARE_BYTES = 10

WRONG_CODE = lazy("This code is not right. Type the one that your phone shows now, or one of your recovery codes.")
USED_CODE = lazy("This code was used already. Wait for the next one, half a minute at most.")
CLOCK_OFF = lazy(
    "The clock of your phone is some minutes off, so that its codes don't match. Set it to the network's time, and type"
    " the next code."
)
NOT_BEGUN = lazy("The set-up was not begun, or was ended in another window. Begin it again.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when somebody has a second factor, and how many recovery codes are left; `secret` while it is set up."""

    since: datetime | None
    left: int
    secret: str = ""


def standing(session: Session, identity_id: uuid.UUID, vault: Vault) -> Standing:
    """Return how it stands with somebody's second factor."""
    factor = session.scalars(select(SecondFactor).where(SecondFactor.identity_id == identity_id)).one_or_none()
    if factor is None or _is_given_up(factor):
        return Standing(None, 0)
    if factor.confirmed_at is None:
        return Standing(None, 0, vault.open(factor.secret)["totp"])
    unused = RecoveryCode.used_at.is_(None)
    left = session.scalar(
        select(func.count()).select_from(RecoveryCode).where(RecoveryCode.identity_id == identity_id, unused)
    )
    return Standing(factor.confirmed_at, left or 0)


def is_on(session: Session, identity_id: uuid.UUID) -> bool:
    """Whether a sign-in of this person needs a second step."""
    confirmed = SecondFactor.confirmed_at.is_not(None)
    found = session.scalar(select(SecondFactor.id).where(SecondFactor.identity_id == identity_id, confirmed))
    return found is not None


def begin(session: Session, identity_id: uuid.UUID, vault: Vault) -> None:
    """Make a new secret for somebody who has no second factor yet; one that was not confirmed is forgotten."""
    session.execute(
        delete(SecondFactor).where(SecondFactor.identity_id == identity_id, SecondFactor.confirmed_at.is_(None))
    )
    if is_on(session, identity_id):
        return
    sealed = vault.seal({"totp": pyotp.random_base32()})
    made = insert(SecondFactor).values(id=new_id(), identity_id=identity_id, secret=sealed)
    session.execute(made.on_conflict_do_nothing())  # of two clicks at once, one makes it


def address_of(secret: str, email: str) -> str:
    """Return what the QR code says to a phone."""
    return pyotp.TOTP(secret, interval=STEP).provisioning_uri(name=email, issuer_name=ISSUER)


def confirm(session: Session, identity_id: uuid.UUID, typed: str, vault: Vault) -> list[str]:
    """Turn the factor on by a first code; return the recovery codes, which are shown this once. Raises RefusedError."""
    factor = _locked(session, identity_id)
    if factor is None or factor.confirmed_at is not None or _is_given_up(factor):
        raise RefusedError(NOT_BEGUN, field="code")
    _spend(factor, typed, vault)
    factor.confirmed_at = utcnow()
    session.flush()
    write_to(session, identity_id, "factor_on")
    return _new_codes(session, identity_id)


def check(session: Session, identity_id: uuid.UUID, typed: str, vault: Vault) -> bool:
    """Pass the second step by a code of the phone or a recovery code, once; return whether it was the latter.

    Raises RefusedError.
    """
    factor = _locked(session, identity_id)
    if factor is None or factor.confirmed_at is None:
        return False
    plain = _plain(typed)
    if not (plain.isdigit() and len(plain) == 6):
        _spend_spare(session, identity_id, plain)
        write_to(session, identity_id, "recovery_used")
        return True
    _spend(factor, plain, vault)
    session.flush()
    return False


def renew_codes(session: Session, identity_id: uuid.UUID) -> list[str]:
    """Return ten new recovery codes, which are shown this once; the old ones are worth nothing from here on."""
    if _locked(session, identity_id) is None or not is_on(session, identity_id):
        raise RefusedError(NOT_BEGUN)
    write_to(session, identity_id, "recovery_new")
    return _new_codes(session, identity_id)


def turn_off(session: Session, identity_id: uuid.UUID) -> None:
    """Forget the second factor and the recovery codes."""
    was_on = is_on(session, identity_id)
    session.execute(delete(SecondFactor).where(SecondFactor.identity_id == identity_id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))
    if was_on:
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
    step = _step_of(_plain(typed), vault.open(factor.secret)["totp"])
    now = int(utcnow().timestamp()) // STEP
    if step is None:
        raise RefusedError(WRONG_CODE, field="code")
    if abs(step - now) > AROUND:
        raise RefusedError(CLOCK_OFF, field="code")
    if factor.last_step is not None and step <= factor.last_step:
        raise RefusedError(USED_CODE, field="code")
    factor.last_step = step


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


def _spend_spare(session: Session, identity_id: uuid.UUID, plain: str) -> None:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.identity_id == identity_id,
            RecoveryCode.code_hash == _hash(identity_id, plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=func.clock_timestamp())
        .returning(RecoveryCode.id)
    )
    if used.first() is None:
        raise RefusedError(WRONG_CODE, field="code")


def _new_codes(session: Session, identity_id: uuid.UUID) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.identity_id == identity_id))
    made = [base64.b32encode(secrets.token_bytes(_SPARE_BYTES)).decode() for _ in range(SPARE)]
    session.add_all(
        RecoveryCode(id=new_id(), identity_id=identity_id, code_hash=_hash(identity_id, code)) for code in made
    )
    session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in made]


def _hash(identity_id: uuid.UUID, code: str) -> bytes:
    """Return what is kept of a recovery code: 80 random bits need no slow hash."""
    return token_hash(f"{identity_id}:{code}")
