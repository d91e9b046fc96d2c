"""Sending the mails of agencies: at least once, never lost, in the words that are true as they leave.

A mail's token is minted and its hash durable before the mail leaves; what became of it is written after. A process
that dies in between leaves the row waiting: the mail is sent again, with a new link and the same Message-ID.
"""

import time
import uuid
from dataclasses import dataclass
from email.message import EmailMessage
from functools import lru_cache

import structlog

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.devmail.box import Mailbox
from unisson.dispatching import Claim, claim, done, holds, release, worker_name
from unisson.editorial.models import Content
from unisson.mail import (
    Accepted,
    BadAddress,
    Deferred,
    MailResult,
    Rejected,
    Transport,
    envelope_address,
    transport_for,
)
from unisson.notifications.composing import compose
from unisson.notifications.enclosing import with_logo
from unisson.notifications.envelopes import envelope_from, stationery, written
from unisson.notifications.identity_post import send_identity_letters
from unisson.notifications.models import Letter
from unisson.notifications.patience import LEASE, is_over, wait_after
from unisson.notifications.privacy_post import send_privacy_letters
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

HANDFUL = 10
UNEXPECTED = "could not be written"


def send_due(runtime: Runtime, budget_seconds: float, transport: Transport | None = None) -> int:
    """Send what is due until nothing is, or the budget is over; return how many mails were tried."""
    leaving = transport or mail_transport(runtime)
    ends = time.monotonic() + budget_seconds
    with stationery(runtime).app_context():
        tried, is_down = send_identity_letters(runtime, leaving, ends)
        if not is_down:
            more, is_down = send_privacy_letters(runtime, leaving, ends)
            tried += more
        return tried if is_down else tried + Post(runtime, leaving).drain(ends)


@lru_cache(maxsize=4)
def mail_transport(runtime: Runtime) -> Transport:
    """Return how this process's mail leaves; it connects on first use."""
    settings = runtime.settings
    plain = "mail" in settings.plain_connections
    return transport_for(settings.mail_url, lambda: Mailbox(settings.data_dir), may_be_plain=plain)


@dataclass(frozen=True, slots=True)
class Post:
    """The mails that stand on the dispatch table."""

    runtime: Runtime
    transport: Transport

    def drain(self, ends: float) -> int:
        """Send until nothing is due, the clock reaches `ends`, or the mail server is found away."""
        tried = 0
        while time.monotonic() < ends:
            claims = self._claim()
            if not claims:
                break
            for number, each in enumerate(claims):
                if time.monotonic() >= ends:
                    self._give_back(claims[number:], 0.0)
                    return tried
                tried += 1
                result = self._attend(each)
                if isinstance(result, Deferred) and result.down:
                    self._give_back(claims[number + 1 :], wait_after(1))
                    return tried
        return tried

    def _claim(self) -> list[Claim]:
        with self.runtime.database.everywhere() as session:
            return claim(session, "mail", limit=HANDFUL, worker=worker_name(), lease=LEASE)

    def _give_back(self, claims: list[Claim], delay: float) -> None:
        with self.runtime.database.everywhere() as session:
            for each in claims:
                release(session, each, delay=delay)

    def _attend(self, claimed: Claim) -> MailResult | None:
        """Try one mail; return what became of it, None when there was nothing to send."""
        try:
            message = self._written(claimed)
        except BadAddress:
            return self._settled(claimed, Rejected("not an address that can be written to"))
        except Exception as error:
            # One mail that can't be written must not stop the others: it waits, and is given up after its two days.
            log.exception("mail.unwritten", item=str(claimed.item_id))
            return self._settled(claimed, Deferred(f"{UNEXPECTED}: {type(error).__name__}"))
        if message is None:
            return None
        to = envelope_address(message["To"].addresses[0].addr_spec)
        return self._settled(claimed, self.transport.send(message, envelope_from(self.runtime.settings), to))

    def _written(self, claimed: Claim) -> EmailMessage | None:
        """Return the message, its token durable; None when it was dropped, or is not ours any more."""
        settings = self.runtime.settings
        with self.runtime.database.agency(claimed.agency_id) as session:
            letter = session.get(Letter, (claimed.agency_id, claimed.item_id), with_for_update=True)
            if letter is None or letter.state != "waiting":
                done(session, claimed)
                return None
            if not holds(session, claimed):
                return None
            ready = compose(session, letter, settings.base_url)
            if ready is None:
                letter.state = "dropped"
                done(session, claimed)
                return None
        return written(stationery(self.runtime), settings, with_logo(settings, claimed.agency_id, ready))

    def _settled(self, claimed: Claim, result: MailResult) -> MailResult:
        """Write down what became of the mail."""
        with self.runtime.database.agency(claimed.agency_id) as session:
            letter = session.get(Letter, (claimed.agency_id, claimed.item_id), with_for_update=True)
            if letter is None or letter.state != "waiting" or not holds(session, claimed):
                return result
            letter.attempts += 1
            if isinstance(result, Accepted):
                letter.state, letter.sent_at, letter.last_error = "sent", utcnow(), None
                done(session, claimed)
            elif isinstance(result, Rejected) or is_over(letter.created_at):
                _fail(session, letter, result.reason)
                done(session, claimed)
            else:
                letter.last_error = result.reason[:500]
                release(session, claimed, delay=wait_after(letter.attempts))
                log.warning("mail.deferred", item=str(letter.id), why=result.reason[:200])
        return result


def _fail(session: TenantSession, letter: Letter, why: str) -> None:
    """Give up, where people see it: on the content's trail or the member's, and in `letters.undelivered`."""
    letter.state, letter.last_error = "failed", why[:500]
    content_id = letter.about.get("content_id")
    content = session.get(Content, (session.agency_id, uuid.UUID(content_id))) if content_id else None
    record(
        session,
        None,
        "mail.failed",
        "content" if content else "membership",
        content.id if content else letter.membership_id,
        brand_id=content.brand_id if content else None,
        kind=letter.kind,
        membership_id=str(letter.membership_id),
        why=why[:200],
    )
    log.error("mail.failed", item=str(letter.id), why=why[:200])
