"""Talking about a content: begin a thread, answer, mend within minutes, take back, settle.

The client's people neither read nor write what the agency says among itself; a thread never changes its audience.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import ForbiddenError, NotFoundError, RefusedError, StaleError
from tenants.permissions import BRAND_ROLE_PERMISSIONS, AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.anchors import checked
from unisson.approvals.models import ApprovalRun, Decision, Side, Wait
from unisson.approvals.roster import Person, Roster, roster
from unisson.editorial.contents import load
from unisson.editorial.models import Content, Revision
from unisson.editorial.revisions import payload_of
from unisson.notifications.notices import tell
from unisson.threads.files import KeptFile
from unisson.threads.models import Audience, Thread, ThreadFile, ThreadMention, ThreadMessage, ThreadPicture
from unisson.web.i18n import lazy

MENDABLE = timedelta(minutes=10)
"""How long a message may be mended or taken back: enough for a slip, too short for an answer to lose its sense."""

LONGEST = 5_000
MOST_ATTACHED = 4
MOST_THREADS = 200

NO_WORDS = lazy("Write something first.")
TOO_LONG = lazy("A message has 5,000 characters at most.")
TOO_LATE = lazy("A message can be changed for ten minutes. Write another one.")
NOT_YOURS = lazy("Only whoever wrote a message changes it.")
SETTLED = lazy("This thread is settled already. Nothing was changed.")
OPEN = lazy("This thread is open already. Nothing was changed.")
MANY_THREADS = lazy("A content has 200 threads at most. Settle some, and go on in one of them.")


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says: words, images by their ids, documents that are kept, and the mail it came by, if it did."""

    body: str
    pictures: Sequence[uuid.UUID] = ()
    files: Sequence[KeptFile] = ()
    mail_id: str | None = None


def audiences(actor: Actor, brand_id: uuid.UUID) -> tuple[Audience, ...]:
    """Return which threads of a brand somebody reads and writes in: the agency's people both, the client's theirs."""
    if actor.may(Permission.CONTENT_WRITE, brand_id):
        return (Audience.INTERNAL, Audience.CLIENT)
    return (Audience.CLIENT,) if actor.may(Permission.CONTENT_SEE, brand_id) else ()


def start(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    audience: Audience,
    said: Said,
    *,
    anchor: Mapping[str, Any] | None = None,
) -> Thread:
    """Return a new thread on a content, a passage of it, or a point of an image.

    Raises NotFoundError, ForbiddenError for an audience that is not theirs, RefusedError.
    """
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    if audience not in audiences(actor, content.brand_id):
        raise ForbiddenError(Permission.CONTENT_WRITE)
    count = session.scalar(select(func.count()).select_from(Thread).where(Thread.content_id == content.id)) or 0
    if count >= MOST_THREADS:
        raise RefusedError(MANY_THREADS)
    thread = Thread(
        content_id=content.id,
        brand_id=content.brand_id,
        audience=audience.value,
        revision_id=content.revision_id,
        anchor=checked(anchor or {}, _payload(session, content)),
        created_by=actor.membership_id,
    )
    session.add(thread)
    session.flush()
    _say(session, actor, content, thread, said)
    return thread


def reply(session: TenantSession, actor: Actor, thread_id: uuid.UUID, said: Said) -> ThreadMessage:
    """Return the answer; a settled thread is open again. Raises NotFoundError, RefusedError."""
    content, thread = _thread(session, actor, thread_id)
    thread.resolved_at = thread.resolved_by = None
    return _say(session, actor, content, thread, said)


def mend(session: TenantSession, actor: Actor, message_id: uuid.UUID, body: str) -> ThreadMessage:
    """Return the message in its author's new words, within ten minutes. Raises NotFoundError, RefusedError."""
    content, thread, message = _mine(session, actor, message_id)
    words = _words(body)
    message.body, message.edited_at = words, session.now()
    session.flush()
    there = _there(session, content)
    _mention(session, thread, message, there=there, but=_mentioned(session, message))
    return message


def take_back(session: TenantSession, actor: Actor, message_id: uuid.UUID) -> ThreadMessage:
    """Return the message, its words gone; that it was there stays. Raises NotFoundError, RefusedError."""
    content, _, message = _mine(session, actor, message_id)
    message.body, message.deleted_at = "", session.now()
    session.flush()
    record(session, actor, "thread.taken_back", "content", content.id, brand_id=content.brand_id)
    return message


def settle(session: TenantSession, actor: Actor, thread_id: uuid.UUID) -> Thread:
    """Return the thread, settled; `reopen` undoes it. Raises NotFoundError, StaleError."""
    _content, thread = _thread(session, actor, thread_id)
    if thread.resolved_at is not None:
        raise StaleError(SETTLED)
    thread.resolved_at, thread.resolved_by = session.now(), actor.membership_id
    session.flush()
    return thread


def reopen(session: TenantSession, actor: Actor, thread_id: uuid.UUID) -> Thread:
    """Return the thread, open again. Raises NotFoundError, StaleError."""
    _content, thread = _thread(session, actor, thread_id)
    if thread.resolved_at is None:
        raise StaleError(OPEN)
    thread.resolved_at = thread.resolved_by = None
    session.flush()
    return thread


def readers(there: Roster, audience: Audience) -> dict[uuid.UUID, Person]:
    """Return who reads threads of an audience on the roster's brand, and so may be named in them."""
    return {person.id: person for person in there.people.values() if audience in _audiences_of(there, person)}


def _audiences_of(there: Roster, person: Person) -> tuple[Audience, ...]:
    held = there.roles.get(person.id, frozenset())
    sees = any(Permission.CONTENT_SEE in BRAND_ROLE_PERMISSIONS[role] for role in held)
    if there.is_outside(person):
        return (Audience.CLIENT,) if sees else ()
    return (Audience.INTERNAL, Audience.CLIENT) if sees or person.agency_role != AgencyRole.MEMBER.value else ()


def _thread(session: TenantSession, actor: Actor, thread_id: uuid.UUID) -> tuple[Content, Thread]:
    """Return a thread that the actor reads, its row locked. Another audience's does not exist for them."""
    thread = session.scalars(select(Thread).where(Thread.id == thread_id).with_for_update()).one_or_none()
    if thread is None or thread.audience not in audiences(actor, thread.brand_id):
        raise NotFoundError
    return load(session, actor, thread.content_id, Permission.CONTENT_SEE), thread


def _mine(session: TenantSession, actor: Actor, message_id: uuid.UUID) -> tuple[Content, Thread, ThreadMessage]:
    message = session.scalars(
        select(ThreadMessage).where(ThreadMessage.id == message_id).with_for_update()
    ).one_or_none()
    if message is None:
        raise NotFoundError
    content, thread = _thread(session, actor, message.thread_id)
    if message.author_id != actor.membership_id:
        raise RefusedError(NOT_YOURS)
    if message.deleted_at is not None or session.now() > message.created_at + MENDABLE:
        raise StaleError(TOO_LATE)
    return content, thread, message


def _say(session: TenantSession, actor: Actor, content: Content, thread: Thread, said: Said) -> ThreadMessage:
    message = ThreadMessage(
        thread_id=thread.id, author_id=actor.membership_id, body=_words(said.body), mail_id=said.mail_id
    )
    session.add(message)
    session.flush()
    session.add_all(
        ThreadPicture(message_id=message.id, media_id=media_id, position=place)
        for place, media_id in enumerate(dict.fromkeys(said.pictures[:MOST_ATTACHED]), start=1)
    )
    session.add_all(
        ThreadFile(message_id=message.id, position=place, **each._asdict())
        for place, each in enumerate(said.files[:MOST_ATTACHED], start=1)
    )
    session.flush()
    there = _there(session, content)
    named = _mention(session, thread, message, there=there, but=set())
    _tell(session, actor, content, thread, message=message, there=there, named=named)
    return message


def _words(body: str) -> str:
    words = body.strip()
    if not words:
        raise RefusedError(NO_WORDS, field="body")
    if len(words) > LONGEST:
        raise RefusedError(TOO_LONG, field="body")
    return words


def _mention(
    session: TenantSession,
    thread: Thread,
    message: ThreadMessage,
    *,
    there: Roster,
    but: Iterable[uuid.UUID],
) -> set[uuid.UUID]:
    """Write down whom a message names (`@Name`). Raises RefusedError for somebody who does not read the thread."""
    reading = readers(there, Audience(thread.audience))
    named = set()
    for person in _named_in(message.body, there):
        if person.id not in reading:
            raise RefusedError(_not_there(person.name), field="body")
        named.add(person.id)
    fresh = named - set(but)
    session.add_all(ThreadMention(message_id=message.id, membership_id=each) for each in sorted(fresh))
    session.flush()
    return fresh


def _not_there(name: str) -> object:
    return lazy(
        "%(name)s does not read these threads, and can't be named here. Write in a thread with the client.", name=name
    )


def _named_in(body: str, there: Roster) -> list[Person]:
    """Return the people whose names follow an @, the longest name first, so that Ana is not found in Ana Lou."""
    left, found = body.casefold(), []
    for person in sorted(there.people.values(), key=lambda each: -len(each.name)):
        mark = f"@{person.name.casefold()}"
        if person.name and mark in left:
            found.append(person)
            left = left.replace(mark, " ")
    return found


def _mentioned(session: TenantSession, message: ThreadMessage) -> set[uuid.UUID]:
    return set(session.scalars(select(ThreadMention.membership_id).where(ThreadMention.message_id == message.id)))


def _tell(
    session: TenantSession,
    actor: Actor,
    content: Content,
    thread: Thread,
    *,
    message: ThreadMessage,
    there: Roster,
    named: set[uuid.UUID],
) -> None:
    """Write to those named, to those who spoke in the thread, and on the other side to whoever has to do with it."""
    spoke = set(session.scalars(select(ThreadMessage.author_id).where(ThreadMessage.thread_id == thread.id)))
    concerned = named | spoke | {content.author_id}
    if thread.audience == Audience.CLIENT:
        asked = select(Wait.membership_id).where(Wait.content_id == content.id, Wait.side == Side.CLIENT.value)
        decided = (
            select(Decision.membership_id)
            .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
            .where(ApprovalRun.content_id == content.id, Decision.membership_id.in_(_outside(there)))
        )
        concerned |= set(session.scalars(asked.union(decided)))
    reading = readers(there, Audience(thread.audience))
    about = {"content_id": str(content.id), "thread_id": str(thread.id), "message_id": str(message.id)}
    about |= {"brand_id": str(content.brand_id), "by": actor.name, "audience": thread.audience}
    for membership_id in sorted((concerned & reading.keys()) - {actor.membership_id}):
        tell(session, membership_id, "thread_named" if membership_id in named else "thread_message", about)


def _outside(there: Roster) -> list[uuid.UUID]:
    return sorted(person.id for person in there.people.values() if there.is_outside(person))


def _there(session: TenantSession, content: Content) -> Roster:
    return roster(session, session.get_one(Brand, (session.agency_id, content.brand_id)))


def _payload(session: TenantSession, content: Content) -> Mapping[str, Any]:
    if content.revision_id is None:
        return payload_of(session, content)
    return session.get_one(Revision, (session.agency_id, content.revision_id)).payload
