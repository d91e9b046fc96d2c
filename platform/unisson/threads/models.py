"""Threads and what was said in them. A thread keeps its audience for ever: a trigger and the grants see to it."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


class Audience(enum.StrEnum):
    """Who reads a thread: the agency's people alone, or the client's too."""

    INTERNAL = "internal"
    CLIENT = "client"


class Lost(enum.StrEnum):
    """Why an answer by mail, or a part of it, does not stand in its thread."""

    OVER = "over"
    OLD = "old"
    ELSEWHERE = "elsewhere"
    EMPTY = "empty"
    HEAVY = "heavy"
    FILES = "files"


class Thread(TenantOwned, Base):
    """One talk about a content. `revision_id` is the version that its `anchor` (`approvals.anchors`) stands in."""

    __tablename__ = "threads"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id"),
        belongs_to("revisions", "revision_id"),
        belongs_to("memberships", "created_by"),
        belongs_to("memberships", "resolved_by"),
        CheckConstraint(one_of("audience", Audience), name="audience"),
        Index(None, "agency_id", "content_id"),
    )

    content_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID]
    audience: Mapped[str]
    revision_id: Mapped[uuid.UUID | None]
    anchor: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[uuid.UUID | None]


class ThreadMessage(TenantOwned, Base):
    """Something that somebody said. `mail_id` is the Message-ID of the mail it came by, taken in once."""

    __tablename__ = "thread_messages"
    __table_args__ = (
        belongs_to("threads", "thread_id", ondelete="CASCADE"),
        belongs_to("memberships", "author_id"),
        unique_in_agency("mail_id"),
        CheckConstraint("length(body) <= 5000", name="body"),
        Index(None, "agency_id", "thread_id"),
    )

    thread_id: Mapped[uuid.UUID]
    author_id: Mapped[uuid.UUID]
    body: Mapped[str]
    created_at: Mapped[Timestamp]
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    mail_id: Mapped[str | None]


class ThreadMention(TenantOwned, Base):
    """Somebody who was named in a message, and is written to."""

    __tablename__ = "thread_mentions"
    __table_args__ = (
        belongs_to("thread_messages", "message_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id"),
        unique_in_agency("message_id", "membership_id"),
    )

    message_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]


class ThreadPicture(TenantOwned, Base):
    """An image that was attached to a message."""

    __tablename__ = "thread_pictures"
    __table_args__ = (
        belongs_to("thread_messages", "message_id", ondelete="CASCADE"),
        belongs_to("media", "media_id"),
        unique_in_agency("message_id", "media_id"),
    )

    message_id: Mapped[uuid.UUID]
    media_id: Mapped[uuid.UUID]
    position: Mapped[int]


class ThreadFile(TenantOwned, Base):
    """A document that was attached to a message. `digest` is the SHA-256 (hex) of its bytes, `size` their number."""

    __tablename__ = "thread_files"
    __table_args__ = (
        belongs_to("thread_messages", "message_id", ondelete="CASCADE"),
        unique_in_agency("message_id", "position"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
        CheckConstraint("size > 0", name="size"),
    )

    message_id: Mapped[uuid.UUID]
    digest: Mapped[str]
    filename: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    position: Mapped[int]
