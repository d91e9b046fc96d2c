"""The threads of a content as a page shows them, in four statements however many there are."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from tenants.members import Membership
from tenants.session import TenantSession
from unisson.editorial.models import Revision
from unisson.media.models import Media
from unisson.threads.files import files_of
from unisson.threads.models import Audience, Thread, ThreadFile, ThreadMessage, ThreadPicture
from unisson.threads.writing import MENDABLE

MOST_MESSAGES = 2_000
FOLDED_BEYOND = 3
"""Messages of a thread that are shown at once; those before them are a click away."""


@dataclass(frozen=True, slots=True)
class Attached:
    """An image of a message."""

    media_id: uuid.UUID
    digest: str
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message; `body` is empty once it was taken back. `mendable` while its reader may still change it."""

    id: uuid.UUID
    author: str
    body: str
    at: datetime
    edited: bool
    gone: bool
    mendable: bool
    by_mail: bool
    pictures: Sequence[Attached]
    files: Sequence[ThreadFile]


@dataclass(frozen=True, slots=True)
class ThreadView:
    """One thread, its messages in order. `version` is the one that its passage or point stands in."""

    id: uuid.UUID
    audience: Audience
    settled: bool
    quote: str
    pin: Mapping[str, Any] | None
    version: int | None
    messages: list[MessageView] = field(default_factory=list)

    @property
    def folded(self) -> Sequence[MessageView]:
        """Return the earlier messages, which a page folds away."""
        return self.messages[:-FOLDED_BEYOND] if len(self.messages) > FOLDED_BEYOND + 1 else ()

    @property
    def shown(self) -> Sequence[MessageView]:
        """Return the messages that a page shows at once."""
        return self.messages[-FOLDED_BEYOND:] if self.folded else self.messages


def threads_of(
    session: TenantSession, content_id: uuid.UUID, audiences: Collection[Audience], reader_id: uuid.UUID
) -> list[ThreadView]:
    """Return the threads that somebody of these audiences reads, open ones first, each by when it began."""
    if not audiences:
        return []
    rows = session.execute(
        select(Thread, Revision.number, Revision.payload["pictures"])
        .outerjoin(Revision, (Revision.agency_id == Thread.agency_id) & (Revision.id == Thread.revision_id))
        .where(Thread.content_id == content_id, Thread.audience.in_([each.value for each in audiences]))
        .order_by(Thread.resolved_at.is_not(None), Thread.created_at, Thread.id)
    ).all()
    views = {row[0].id: _thread(row[0], row[1], row[2]) for row in rows}
    pictures, files = _pictures(session, views.keys()), files_of(session, list(views))
    said = session.execute(
        select(
            ThreadMessage,
            Membership.name,
            (ThreadMessage.created_at + MENDABLE > func.clock_timestamp()).label("fresh"),
        )
        .join(
            Membership, (Membership.agency_id == ThreadMessage.agency_id) & (Membership.id == ThreadMessage.author_id)
        )
        .where(ThreadMessage.thread_id.in_(views.keys()))
        .order_by(ThreadMessage.created_at, ThreadMessage.id)
        .limit(MOST_MESSAGES)
    )
    for message, name, fresh in said:
        views[message.thread_id].messages.append(
            _message(message, name, fresh=fresh, reader_id=reader_id, pictures=pictures, files=files)
        )
    return list(views.values())


def _thread(thread: Thread, version: int | None, pictures: Sequence[Mapping[str, Any]] | None) -> ThreadView:
    point = thread.anchor.get("picture")
    known = {str(each["digest"]): dict(each) for each in pictures or ()}
    return ThreadView(
        id=thread.id,
        audience=Audience(thread.audience),
        settled=thread.resolved_at is not None,
        quote=str(thread.anchor.get("passage", {}).get("quote", "")),
        pin={**known[point["digest"]], "x": point["x"], "y": point["y"]}
        if point and point["digest"] in known
        else None,
        version=version,
    )


def _message(
    message: ThreadMessage,
    author: str,
    *,
    fresh: bool,
    reader_id: uuid.UUID,
    pictures: Mapping[uuid.UUID, Sequence[Attached]],
    files: Mapping[uuid.UUID, Sequence[ThreadFile]],
) -> MessageView:
    return MessageView(
        id=message.id,
        author=author,
        body=message.body,
        at=message.created_at,
        edited=message.edited_at is not None,
        gone=message.deleted_at is not None,
        mendable=fresh and message.author_id == reader_id and message.deleted_at is None,
        by_mail=message.mail_id is not None,
        pictures=() if message.deleted_at else pictures.get(message.id, ()),
        files=() if message.deleted_at else files.get(message.id, ()),
    )


def _pictures(session: TenantSession, thread_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Attached]]:
    rows = session.execute(
        select(ThreadPicture.message_id, Media.id, Media.digest, Media.mime, Media.width, Media.height)
        .join(Media, (Media.agency_id == ThreadPicture.agency_id) & (Media.id == ThreadPicture.media_id))
        .join(
            ThreadMessage,
            (ThreadMessage.agency_id == ThreadPicture.agency_id) & (ThreadMessage.id == ThreadPicture.message_id),
        )
        .where(ThreadMessage.thread_id.in_(thread_ids))
        .order_by(ThreadPicture.position)
    )
    found: dict[uuid.UUID, list[Attached]] = {}
    for message_id, media_id, digest, mime, width, height in rows:
        found.setdefault(message_id, []).append(Attached(media_id, digest, mime, width, height))
    return found
