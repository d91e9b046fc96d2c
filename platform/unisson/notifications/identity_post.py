"""Sending the mails about a person's own account, which belong to no agency."""

import uuid
from email.message import EmailMessage

import structlog

from tenants.base import utcnow
from tenants.identities import IdentityLetter
from unisson.mail import Accepted, BadAddress, Deferred, MailResult, Rejected, Transport, envelope_address
from unisson.notifications.composing import compose_identity
from unisson.notifications.envelopes import envelope_from, stationery, written
from unisson.notifications.own_queue import claimed, put_off, send_each
from unisson.notifications.patience import is_over, wait_after
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)


def send_identity_letters(runtime: Runtime, transport: Transport, ends: float) -> tuple[int, bool]:
    """Send what is due until the clock reaches `ends`; return how many were tried, and whether the server is away."""
    return send_each(ends, lambda: _send_next(runtime, transport))


def _send_next(runtime: Runtime, transport: Transport) -> MailResult | None:
    unsent = (IdentityLetter.sent_at.is_(None), IdentityLetter.given_up_at.is_(None))
    letter_id = claimed(runtime, IdentityLetter, *unsent)
    if letter_id is None:
        return None
    result = _tried(runtime, transport, letter_id)
    _settle(runtime, letter_id, result)
    return result


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
        attempts = letter.attempts
    put_off(runtime, IdentityLetter, letter_id, wait_after(attempts))
    log.warning("mail.deferred", item=str(letter_id), why=result.reason[:200])
