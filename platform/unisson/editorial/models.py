"""Contents, the channels they go to, their images and their immutable revisions."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, FetchedValue, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


class ContentKind(enum.StrEnum):
    """What a content is, in the trade's terms."""

    POST = "post"
    PRESS_RELEASE = "press_release"
    ARTICLE = "article"
    REPLY = "reply"


class Risk(enum.StrEnum):
    """What makes a content delicate: chains are chosen, and stages added, by it."""

    PRICE = "price"
    CONTEST = "contest"
    PARTNER = "partner"
    HEALTH = "health"
    LEGAL = "legal"
    QUOTE = "quote"
    CRISIS = "crisis"


class ContentState(enum.StrEnum):
    """Where a content stands."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    SCHEDULED = "scheduled"
    ON_HOLD = "on_hold"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    PARTLY_PUBLISHED = "partly_published"
    FAILED = "failed"
    HELD = "held"
    CANCELLED = "cancelled"


EDITABLE = frozenset(
    {
        ContentState.DRAFT,
        ContentState.IN_REVIEW,
        ContentState.CHANGES_REQUESTED,
        ContentState.SCHEDULED,
        ContentState.ON_HOLD,
        ContentState.FAILED,
    }
)
"""Nothing of it has left: it may change (which reopens its approval)."""


class Content(TenantOwned, Base):
    """One thing to publish or send. `version` grows with every write: a form that shows an older one is stale."""

    __tablename__ = "contents"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "author_id"),
        ForeignKeyConstraint(
            ["agency_id", "revision_id"],
            [f"{SCHEMA}.revisions.agency_id", f"{SCHEMA}.revisions.id"],
            name="fk_contents_revision",
            use_alter=True,
        ),
        ForeignKeyConstraint(
            ["agency_id", "brand_id", "topic_id"],
            [f"{SCHEMA}.topics.agency_id", f"{SCHEMA}.topics.brand_id", f"{SCHEMA}.topics.id"],
        ),
        # What a content follows is of the same topic: of the same brand, then, and of the same agency.
        ForeignKeyConstraint(
            ["agency_id", "brand_id", "topic_id", "follows_id"],
            [f"{SCHEMA}.contents.{each}" for each in ("agency_id", "brand_id", "topic_id", "id")],
            name="fk_contents_follows",
            deferrable=True,
            initially="deferred",
        ),
        unique_in_agency("brand_id", "topic_id", "id"),
        Index(None, "agency_id", "topic_id", postgresql_where="topic_id is not null"),
        Index(None, "agency_id", "follows_id", postgresql_where="follows_id is not null"),
        Index("ix_contents_month", "agency_id", "brand_id", "scheduled_at"),
        CheckConstraint(one_of("kind", ContentKind), name="kind"),
        CheckConstraint(one_of("state", ContentState), name="state"),
        CheckConstraint("(scheduled_at is null) = (wall_time is null)", name="wall_time"),
        CheckConstraint("fold in (0, 1)", name="fold"),
        CheckConstraint(
            "(follows_id is null) = (follows_after is null) and (follows_id is null or topic_id is not null)"
            " and follows_id <> id and follows_after between 0 and 43200",
            name="follows",
        ),
        CheckConstraint(
            "state in ('draft', 'changes_requested', 'cancelled')"
            " or (revision_id is not null and scheduled_at is not null)",
            name="frozen",
        ),
    )

    brand_id: Mapped[uuid.UUID]
    topic_id: Mapped[uuid.UUID | None]
    author_id: Mapped[uuid.UUID]
    kind: Mapped[str] = mapped_column(server_default="post")
    title: Mapped[str] = mapped_column(server_default="")
    body: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default="[]")
    risks: Mapped[list[str]] = mapped_column(server_default="[]")
    state: Mapped[str] = mapped_column(server_default="draft")
    scheduled_at: Mapped[datetime | None]
    wall_time: Mapped[datetime | None] = mapped_column(TIMESTAMP(timezone=False))
    zone: Mapped[str]
    fold: Mapped[int] = mapped_column(server_default="0")
    revision_id: Mapped[uuid.UUID | None]
    stages_done: Mapped[int] = mapped_column(server_default="0")
    stages_all: Mapped[int] = mapped_column(server_default="0")
    channel_kinds: Mapped[str] = mapped_column(server_default="")
    press: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What a release has besides: standfirst, quotes, boilerplate, contact (`editorial.press`); None for nothing."""
    pillar: Mapped[str] = mapped_column(server_default="")
    """Which pillar of the brand's strategy it speaks of, by name; "" for none."""
    live_url: Mapped[str | None]
    follows_id: Mapped[uuid.UUID | None]
    follows_after: Mapped[int | None]
    """Minutes after what it follows has gone out."""
    late_limit: Mapped[int | None]
    """Seconds past its date within which it may still leave by itself; None for the limit of the settings."""
    card: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """The card of the first link (`editorial.beside`); None where nobody has looked at it."""
    tagged: Mapped[bool | None]
    """Whether its links are tagged (`editorial.tagging`); None where the brand's word holds."""
    thread: Mapped[list[str]] = mapped_column(server_default="[]")
    """The texts of the posts that continue it, where a channel has threads."""
    version: Mapped[int] = mapped_column(server_default="1", server_onupdate=FetchedValue())
    created_at: Mapped[Timestamp]


class Variant(TenantOwned, Base):
    """The content on one channel. `body` is None where it inherits the content's."""

    __tablename__ = "variants"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("channels", "channel_id"),
        unique_in_agency("content_id", "channel_id"),
        Index(None, "agency_id", "channel_id"),
    )

    content_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    body: Mapped[str | None]


class Illustration(TenantOwned, Base):
    """One image of a content, in its place, with what it says to those who can't see it."""

    __tablename__ = "illustrations"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("media", "media_id"),
        unique_in_agency("content_id", "position"),
        Index(None, "agency_id", "media_id"),
    )

    content_id: Mapped[uuid.UUID]
    media_id: Mapped[uuid.UUID]
    position: Mapped[int] = mapped_column(server_default="0")
    alt: Mapped[str] = mapped_column(server_default="")


class Revision(TenantOwned, Base):
    """What was submitted, byte for byte. `digest` is the SHA-256 (hex) of the payload in canonical JSON (RFC 8785)."""

    __tablename__ = "revisions"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("memberships", "created_by"),
        unique_in_agency("content_id", "number"),
        CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name="digest"),
    )

    content_id: Mapped[uuid.UUID]
    number: Mapped[int]
    digest: Mapped[str]
    payload: Mapped[dict[str, Any]]
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
