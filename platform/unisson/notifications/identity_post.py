"""Sending the mails outside any agency. Their rows are their own queue: `due_at`, pushed ahead, is the lease."""

import time
import uuid
from email.message import EmailMessage

import structlog
from sqlalchemy import func, select, update

from tenants.base import utcnow
from tenants.identities import IdentityLetter
from unisson.mail import Accepted, BadAddress, Deferred, MailResult, Rejected, Transport, envelope_address
from unisson.notifications.composing import compose_identity
from unisson.notifications.envelopes import envelope_from, stationery, written
from unisson.notifications.patience import LEASE, is_over, wait_after
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

HANDFUL = 10


def send_identity_letters(runtime: Runtime, transport: Transport, ends: float) -> tuple[int, bool]:
    """Send what is due until the clock reaches `ends`; return how many were tried, and whether the server is away."""
    tried = 0
    while time.monotonic() < ends:
        letter_id = _claimed(runtime)
        if letter_id is None:
            return tried, False
        tried += 1
        result = _tried(runtime, transport, letter_id)
        _settle(runtime, letter_id, result)
        if isinstance(result, Deferred) and result.down:
            return tried, True
    return tried, False


def _claimed(runtime: Runtime) -> uuid.UUID | None:
    """Take the next mail that is due, for LEASE seconds."""
    due = (
        select(IdentityLetter.id)
        .where(
            IdentityLetter.sent_at.is_(None),
            IdentityLetter.given_up_at.is_(None),
            IdentityLetter.due_at <= func.clock_timestamp(),
        )
        .order_by(IdentityLetter.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    until = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, LEASE)
    with runtime.database.everywhere() as session:
        return session.execute(
            update(IdentityLetter)
            .where(IdentityLetter.id == due)
            .values(due_at=until, attempts=IdentityLetter.attempts + 1)
            .returning(IdentityLetter.id)
            .execution_options(synchronize_session=False)
        ).scalar()


def _tried(runtime: Runtime, transport: Transport, letter_id: uuid.UUID) -> MailResult:
    try:
        message = _written(runtime, letter_id)
        to = envelope_address(message["To"].addresses[0].addr_spec)
    except BadAddress:
        return Rejected("not an address that can be written to")
    except Exception as error:
        # One mail that can't be written must not stop the others: it waits, and is given up after its two days.
        log.exception("mail.unwritten", item=str(letter_id))
        return Deferred(f"could not be written: {type(error).__name__}")
    return transport.send(message, envelope_from(runtime.settings), to)


def _written(runtime: Runtime, letter_id: uuid.UUID) -> EmailMessage:
    """Return the message; the hash of its token is durable once this returns."""
    with runtime.database.everywhere() as session:
        letter = session.get_one(IdentityLetter, letter_id)
        ready = compose_identity(session, letter, runtime.settings.base_url)
        return written(stationery(runtime), runtime.settings, ready)


def _settle(runtime: Runtime, letter_id: uuid.UUID, result: MailResult) -> None:
    with runtime.database.everywhere() as session:
        letter = session.get_one(IdentityLetter, letter_id, with_for_update=True)
        if isinstance(result, Accepted):
            letter.sent_at, letter.last_error = utcnow(), None
            return
        letter.last_error = result.reason[:500]
        if isinstance(result, Rejected) or is_over(letter.created_at):
            letter.given_up_at = utcnow()
            log.error("mail.failed", item=str(letter_id), why=result.reason[:200])
            return
        wait = wait_after(letter.attempts)
        session.execute(
            update(IdentityLetter)
            .where(IdentityLetter.id == letter_id)
            .values(due_at=func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, wait))
            .execution_options(synchronize_session=False)
        )
        log.warning("mail.deferred", item=str(letter_id), why=result.reason[:200])
