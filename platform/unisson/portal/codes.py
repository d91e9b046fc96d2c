"""Knowing a browser again: six digits mailed to the link's addressee let it in, for half a year.

Whoever has the link alone (a forwarded mail, a scanner that follows links and submits forms) reads and decides
nothing: it can ask for a code, which goes to the addressee. A code is good in the browser that asked for it, known
by a cookie (OWASP ASVS 5.0 §6.6.2): whoever reads it over somebody's shoulder types it elsewhere in vain.
"""

import enum
import hashlib
import hmac
import secrets
import uuid
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select, update

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.notifications.letters import write
from unisson.notifications.models import Letter
from unisson.portal.models import DeviceCode, LinkDevice
from unisson.vault import new_token, token_hash

MINUTES = 10
"""From when the mail is written; the most that ASVS 5.0 §6.5.5 grants such a code."""
TRIES = 5
"""Wrong digits that a code takes: five in a million, then another one must be asked for."""

TRUSTED = timedelta(days=180)


class Outcome(enum.Enum):
    """What became of the digits that somebody typed."""

    RIGHT = "right"
    WRONG = "wrong"
    OVER = "over"
    ELSEWHERE = "elsewhere"
    """Another browser asked for the newest code."""


def ask_for(session: TenantSession, membership_id: uuid.UUID, brand_id: uuid.UUID) -> tuple[DeviceCode, str]:
    """Have a code mailed to a person; those asked for before it let nobody in any more.

    Returns it, and the token by which the browser that asked is known until it types it.
    """
    asked = new_token()
    session.execute(
        update(DeviceCode)
        .where(DeviceCode.membership_id == membership_id, DeviceCode.used_at.is_(None))
        .values(used_at=func.clock_timestamp())
        .execution_options(synchronize_session="fetch")
    )
    code = DeviceCode(membership_id=membership_id, asked_hash=token_hash(asked))
    session.add(code)
    session.flush()
    write(session, membership_id, "device_code", {"code_id": str(code.id), "brand_id": str(brand_id)})
    return code, asked


def mint(session: TenantSession, letter: Letter) -> str:
    """Return the digits to put into `letter`; the time they are good for begins now."""
    row = session.get_one(DeviceCode, (session.agency_id, uuid.UUID(letter.about["code_id"])))
    digits = f"{secrets.randbelow(1_000_000):06d}"
    row.code_hash, row.expires_at = _hash(row.id, digits), utcnow() + timedelta(minutes=MINUTES)
    session.flush()
    return digits


def is_awaited(session: TenantSession, membership_id: uuid.UUID, asked: str | None) -> bool:
    """Return whether this browser asked for a code, which may still be typed."""
    row = _open(session, membership_id)
    return row is not None and _asked_by(row, asked)


def check(session: TenantSession, membership_id: uuid.UUID, digits: str, asked: str | None) -> Outcome:
    """Return whether the digits are those of the code that was mailed last, for the browser that asked for it.

    Every try there is counted, used up or not; elsewhere no digits are right.
    """
    row = _open(session, membership_id, lock=True)
    if row is None:
        return Outcome.OVER
    if not _asked_by(row, asked):
        return Outcome.ELSEWHERE
    row.attempts += 1
    if row.code_hash is None or not hmac.compare_digest(bytes(row.code_hash), _hash(row.id, digits)):
        session.flush()
        return Outcome.OVER if row.attempts >= TRIES else Outcome.WRONG
    row.used_at = utcnow()
    session.flush()
    return Outcome.RIGHT


def trust(session: TenantSession, membership_id: uuid.UUID, user_agent: str) -> tuple[LinkDevice, str]:
    """Return the browser as one of this person's, and the token for its cookie."""
    token = new_token()
    device = LinkDevice(
        membership_id=membership_id,
        token_hash=token_hash(token),
        user_agent=user_agent[:300],
        expires_at=utcnow() + TRUSTED,
    )
    session.add(device)
    session.flush()
    return device, token


def device_of(session: TenantSession, membership_id: uuid.UUID, token: str | None) -> LinkDevice | None:
    """Return the browser that a cookie names, if it is this person's and still trusted."""
    if not token:
        return None
    return session.scalars(
        select(LinkDevice).where(
            LinkDevice.token_hash == token_hash(token),
            LinkDevice.membership_id == membership_id,
            LinkDevice.revoked_at.is_(None),
            LinkDevice.expires_at > func.clock_timestamp(),
        )
    ).one_or_none()


def forget_devices(session: TenantSession, membership_id: uuid.UUID) -> None:
    """Ask for a code on every browser of this person again."""
    session.execute(
        update(LinkDevice)
        .where(LinkDevice.membership_id == membership_id, LinkDevice.revoked_at.is_(None))
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session="fetch")
    )


def _open(session: TenantSession, membership_id: uuid.UUID, *, lock: bool = False) -> DeviceCode | None:
    wanted = (
        select(DeviceCode)
        .where(
            DeviceCode.membership_id == membership_id,
            DeviceCode.used_at.is_(None),
            DeviceCode.attempts < TRIES,
            func.coalesce(DeviceCode.expires_at, DeviceCode.created_at + timedelta(hours=1)) > func.clock_timestamp(),
        )
        .order_by(DeviceCode.created_at.desc())
        .limit(1)
    )
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def _asked_by(row: DeviceCode, asked: str | None) -> bool:
    if row.asked_hash is None:  # asked for within the hour before there was the column
        return True
    return hmac.compare_digest(bytes(row.asked_hash), token_hash(asked or ""))


def _hash(code_id: uuid.UUID, digits: str) -> bytes:
    """Keyed, since six digits alone are guessed from their hash in no time."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"unisson.device." + code_id.bytes + digits.encode(), hashlib.sha256).digest()
