"""Sending the mails about one's own data, whose rows are gone once they have left, or after two days."""

import uuid

import structlog
from cryptography.fernet import InvalidToken
from sqlalchemy import delete, select

from tenants.identities import PrivacyLetter
from unisson.mail import Accepted, BadAddress, MailResult, Rejected, Transport, envelope_address
from unisson.notifications.about_erasure import about_erasure
from unisson.notifications.envelopes import envelope_from, stationery, written
from unisson.notifications.own_queue import claimed, put_off, send_each
from unisson.notifications.patience import is_over, wait_after
from unisson.notifications.words import Reader, Ready
from unisson.runtime import Runtime
from unisson.web.i18n import speaking

log = structlog.get_logger(__name__)


def send_privacy_letters(runtime: Runtime, transport: Transport, ends: float) -> tuple[int, bool]:
    """Send what is due until the clock reaches `ends`; return how many were tried, and whether the server is away."""
    return send_each(ends, lambda: _send_next(runtime, transport))


def _send_next(runtime: Runtime, transport: Transport) -> MailResult | None:
    letter_id = claimed(runtime, PrivacyLetter)
    if letter_id is None:
        return None
    result = _tried(runtime, transport, letter_id)
    _settle(runtime, letter_id, result)
    return result


def _tried(runtime: Runtime, transport: Transport, letter_id: uuid.UUID) -> MailResult:
    with runtime.database.everywhere() as session:
        sealed = session.scalars(select(PrivacyLetter.sealed).where(PrivacyLetter.id == letter_id)).one_or_none()
    try:
        about = runtime.vault.open(sealed)
        reader = Reader(about["to"], about["name"], about["language"])
        with speaking(reader.language):
            ready = Ready(str(letter_id), reader, about_erasure(about, runtime.settings.base_url))
        message = written(stationery(runtime), runtime.settings, ready)
        to = envelope_address(message["To"].addresses[0].addr_spec)
    except (BadAddress, InvalidToken, KeyError):
        return Rejected("can't be written")
    return transport.send(message, envelope_from(runtime.settings), to)


def _settle(runtime: Runtime, letter_id: uuid.UUID, result: MailResult) -> None:
    """Forget what left or never will. What the server said is not noted: it may repeat an address that was erased."""
    with runtime.database.everywhere() as session:
        letter = session.get_one(PrivacyLetter, letter_id)
        attempts, is_given_up = letter.attempts, isinstance(result, Rejected) or is_over(letter.created_at)
    if isinstance(result, Accepted) or is_given_up:
        with runtime.database.everywhere() as session:
            session.execute(delete(PrivacyLetter).where(PrivacyLetter.id == letter_id))
        if not isinstance(result, Accepted):
            log.error("mail.failed", item=str(letter_id), why="about somebody's own data")
        return
    put_off(runtime, PrivacyLetter, letter_id, wait_after(attempts))
