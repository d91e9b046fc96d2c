"""Answers by mail: fetched by IMAP, taken into their thread once, filed away.

A mail counts when it goes to an address that we made, from the person that address was made for. Its text is
committed before the mail is moved, under its Message-ID: a process that dies in between finds it said already.
"""

import enum
import hashlib
import html
import re
import uuid
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from imaplib import IMAP4
from io import BytesIO
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import nh3
import structlog
from imap_tools import A, BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from mailparser_reply import EmailReplyParser  # type: ignore[import-untyped]  # it has no annotations
from sqlalchemy import select, text

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from tenants.identities import DirectoryEntry
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.notifications.models import Letter
from unisson.portal.guests import actor_of
from unisson.runtime import Runtime
from unisson.storage import Storage, StorageAwayError, storage_of
from unisson.threads.addresses import GOOD_FOR, agency_tail, letter_of, token_in
from unisson.threads.files import KeptFile, Sent, take_all
from unisson.threads.models import Lost, Thread, ThreadMessage
from unisson.threads.telling_back import tell_back
from unisson.threads.writing import LONGEST, MOST_ATTACHED, Said, reply
from unisson.web.forms import lines

log = structlog.get_logger(__name__)

HANDFUL = 50
HEAVIEST = 5 * 1024 * 1024
SECONDS = 10
TAKEN, REFUSED = "Unisson taken", "Unisson refused"  # flat: which sign parts levels differs between servers
_ALONE = text("select pg_try_advisory_xact_lock(hashtext('unisson.inbound'))")
_HEADERS = ("To", "Cc", "Delivered-To", "X-Original-To")


_LINE_ENDS = re.compile(r"<(?=(?:br|hr)\b|/(?:p|div|li|tr|h[1-6]|table|blockquote)>)", re.IGNORECASE)
_NOT_SAID = {"blockquote", "script", "style", "title"}
_SIGNATURE = re.compile(r"^-- \r?$", re.MULTILINE)


class Outcome(enum.Enum):
    """What became of a mail."""

    TAKEN = "taken"
    AGAIN = "again"
    AUTOMATIC = "automatic"
    UNKNOWN = "unknown"
    OLD = "old"
    OTHER_SENDER = "other sender"
    EMPTY = "empty"
    HEAVY = "heavy"
    REFUSED = "refused"


FILED = {Outcome.TAKEN: TAKEN, Outcome.AGAIN: TAKEN}
"""Where a mail goes; every other outcome is filed as refused."""
_LOST = {Outcome.OLD: Lost.OLD, Outcome.OTHER_SENDER: Lost.ELSEWHERE, Outcome.EMPTY: Lost.EMPTY,
         Outcome.HEAVY: Lost.HEAVY, Outcome.REFUSED: Lost.OVER}  # fmt: skip
"""What the person is told whose answer it was, or in whose name somebody answered."""


def fetch(runtime: Runtime) -> int:
    """Take in what arrived; return how many mails were read. One process at a time: the others find nothing to do."""
    url = runtime.settings.inbound_mail_url
    if not url:
        return 0
    with runtime.database.everywhere() as gate:
        if not gate.scalar(_ALONE):
            return 0
        try:
            with _mailbox(url) as box:
                return _read(runtime, box)
        except (OSError, ImapToolsError, IMAP4.error) as error:
            log.warning("inbound.away", why=type(error).__name__)
            return 0


def take(runtime: Runtime, message: EmailMessage, *, is_cut: bool = False) -> Outcome:
    """Return what became of one mail; once it returns, what was taken in is durable, or the mail that says why not.

    `is_cut` says that only the head of the mail was read, as it is too heavy.
    """
    settings = runtime.settings
    if _is_automatic(message):
        return Outcome.AUTOMATIC
    token = token_in(settings.inbound_address, _recipients(message))
    if token is None:
        return Outcome.UNKNOWN
    for agency_id in _agencies(runtime, agency_tail(token)):
        letter_id = letter_of(token, settings.secret_key, agency_id)
        if letter_id is not None:
            return _answered(runtime, agency_id, letter_id, message, is_cut=is_cut)
    return Outcome.UNKNOWN


def _answered(
    runtime: Runtime, agency_id: uuid.UUID, letter_id: uuid.UUID, message: EmailMessage, *, is_cut: bool
) -> Outcome:
    try:
        with runtime.database.agency(agency_id) as session:
            store = None if is_cut else storage_of(runtime.settings)
            outcome = _take_in(session, letter_id, message, store)
    except (RefusedError, NotFoundError, ForbiddenError):
        outcome = Outcome.REFUSED
    if outcome in _LOST:
        with runtime.database.agency(agency_id) as session:
            tell_back(session, session.get_one(Letter, (agency_id, letter_id)), _LOST[outcome], _id_of(message))
    return outcome


def words_of(message: EmailMessage) -> str:
    """Return what somebody wrote, without what they quote and their signature (RFC 3676, 4.3).

    Of the plain part, else of the text of the HTML one.
    """
    body = message.get_body(("plain", "html"))
    if not isinstance(body, EmailMessage):
        return ""
    try:
        content = str(body.get_content())
    except (LookupError, UnicodeError):
        return ""
    if body.get_content_subtype() == "html":
        bare = nh3.clean(_LINE_ENDS.sub("\n<", content), tags=set(), attributes={}, clean_content_tags=_NOT_SAID)
        content = html.unescape(bare).replace("\xa0", " ")
    unsigned = _SIGNATURE.split(content, maxsplit=1)[0]
    written = lines(EmailReplyParser(languages=["fr", "en"]).parse_reply(text=unsigned) or "").strip()
    only_quoted = all(line.startswith(">") for line in written.splitlines() if line.strip())
    return "" if only_quoted else written[:LONGEST]


def _read(runtime: Runtime, box: BaseMailBox) -> int:
    for folder in (TAKEN, REFUSED):
        if not box.folder.exists(folder):
            box.folder.create(folder)
    heavy = box.uids(A(size_gt=HEAVIEST))[:HANDFUL]
    count = 0
    for is_cut, which in ((True, A(uid=heavy)), (False, A(size_lt=HEAVIEST + 1))):
        if is_cut and not heavy:
            continue
        for mail in box.fetch(which, limit=HANDFUL, mark_seen=False, headers_only=is_cut):
            count += 1
            outcome = _safely(runtime, mail.obj.as_bytes(), is_cut=is_cut)
            log.info("inbound.mail", outcome=outcome.value)
            if mail.uid:
                box.move([mail.uid], FILED.get(outcome, REFUSED))
    return count


def _safely(runtime: Runtime, content: bytes, *, is_cut: bool = False) -> Outcome:
    """One mail that nobody can read must not stop the others: it is filed, where a person finds it."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(content)
        assert isinstance(message, EmailMessage)  # noqa: S101 - by the policy; for the type checker
        return take(runtime, message, is_cut=is_cut)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        # What `email` raises for headers that are none.
        log.warning("inbound.unread", why=type(error).__name__)
        return Outcome.REFUSED


def _take_in(session: TenantSession, letter_id: uuid.UUID, message: EmailMessage, storage: Storage | None) -> Outcome:
    letter = session.get(Letter, (session.agency_id, letter_id))
    if letter is None or letter.kind != "thread_message":
        return Outcome.UNKNOWN
    person = session.get_one(Membership, (session.agency_id, letter.membership_id))
    if not _is_from(message, person):
        return Outcome.OTHER_SENDER
    if storage is None or letter.created_at + GOOD_FOR < utcnow():
        return Outcome.HEAVY if storage is None else Outcome.OLD
    mail_id = _id_of(message)
    if session.scalar(select(ThreadMessage.id).where(ThreadMessage.mail_id == mail_id)) is not None:
        return Outcome.AGAIN
    body = words_of(message)
    if not body:
        return Outcome.EMPTY
    actor, thread_id = actor_of(session, person), uuid.UUID(letter.about["thread_id"])
    thread = session.get(Thread, (session.agency_id, thread_id))
    kept = _attached(session, actor, thread.brand_id, message, storage) if thread else _Attached([], [], [])
    reply(session, actor, thread_id, Said(body, kept.pictures, kept.documents, mail_id=mail_id))
    if kept.left:
        tell_back(session, letter, Lost.FILES, mail_id, files=", ".join(kept.left))
    return Outcome.TAKEN


def _is_from(message: EmailMessage, person: Membership) -> bool:
    senders = {address.lower() for _name, address in getaddresses(message.get_all("From", []))}
    return person.removed_at is None and senders == {person.email.lower()}


class _Attached(NamedTuple):
    """What a message carries of what came with a mail, and the names of what stays in the mailbox."""

    pictures: list[uuid.UUID]
    documents: list[KeptFile]
    left: list[str]


def _attached(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, message: EmailMessage, storage: Storage
) -> _Attached:
    """Return the first files of a mail that a message may carry."""
    kept = _Attached([], [], [])
    for part in message.iter_attachments():
        content = part.get_payload(decode=True)
        if part.get_content_disposition() != "attachment" or not isinstance(content, bytes):
            continue
        name = part.get_filename() or ""
        if len(kept.pictures) + len(kept.documents) == MOST_ATTACHED:
            kept.left.append(name)
            continue
        try:
            with session.begin_nested():
                pictures, documents = take_all(session, actor, brand_id, [Sent(name, BytesIO(content))], storage)
        except StorageAwayError as error:
            raise OSError("the store is away: the mail stays where it is") from error
        except RefusedError as refusal:
            log.info("inbound.file", why=type(refusal).__name__)
            kept.left.append(name)
            continue
        kept.pictures.extend(pictures)
        kept.documents.extend(documents)
    return kept


def _is_automatic(message: EmailMessage) -> bool:
    """Whether a machine wrote it (RFC 3834 §5, and what was used before it): answering one begins a loop."""
    said = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    bulk = str(message.get("Precedence", "")).strip().lower() in {"bulk", "junk", "list", "auto_reply"}
    is_bounce = str(message.get("Return-Path", "")).strip() == "<>"
    return said != "no" or bulk or is_bounce or "X-Autoreply" in message or "List-Id" in message


def _recipients(message: EmailMessage) -> list[str]:
    values = [str(value) for header in _HEADERS for value in message.get_all(header, [])]
    return [address for _name, address in getaddresses(values)]


def _id_of(message: EmailMessage) -> str:
    said = str(message.get("Message-ID", "")).strip()
    return said[:500] or f"sha256:{hashlib.sha256(message.as_bytes()).hexdigest()}"


def _agencies(runtime: Runtime, tail: bytes) -> list[uuid.UUID]:
    with runtime.database.everywhere() as session:
        known = session.scalars(select(DirectoryEntry.agency_id).distinct())
        return [each for each in known if each.bytes.endswith(tail)]


def _mailbox(url: str) -> BaseMailBox:
    """Return the mailbox, signed in."""
    parts = urlsplit(url)
    kind = MailBox if parts.scheme == "imaps" else MailBoxUnencrypted
    port = parts.port or (993 if parts.scheme == "imaps" else 143)
    box = kind(parts.hostname or "", port, timeout=SECONDS)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return box.login(unquote(parts.username or ""), unquote(parts.password or ""), folder)
