"""Channels, and the ledger of what goes out on them."""

import enum
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, Sealed, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from unisson.publishing.channels.port import ChannelKind

MOCKUP = "mockup"
"""The word beside the kinds of a content's channels that says that one of them is a mock-up."""


class PublicationState(enum.StrEnum):
    """Where one content stands on one channel."""

    SCHEDULED = "scheduled"
    SENDING = "sending"
    PUBLISHED = "published"
    UNKNOWN = "unknown"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"


class AttemptState(enum.StrEnum):
    """What became of one try."""

    OPEN = "open"
    PUBLISHED = "published"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Channel(TenantOwned, Base):
    """An account or site of a brand. `secret` and `tokens` are encrypted (`unisson.vault`).

    A mock-up stands for an account that is not connected yet: contents are written and approved for it, and none
    leaves. `connected_at` says since when a former mock-up is real.
    """

    __tablename__ = "channels"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        Index(None, "agency_id", "brand_id"),
        CheckConstraint(one_of("kind", ChannelKind), name="kind"),
        CheckConstraint("not mockup or (secret is null and tokens is null and kind = 'bluesky')", name="mockup"),
    )

    brand_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    secret: Mapped[Sealed | None]
    tokens: Mapped[Sealed | None]
    faults: Mapped[int] = mapped_column(server_default="0")
    paused_until: Mapped[datetime | None]
    trouble: Mapped[str | None]
    disconnected_at: Mapped[datetime | None]
    mockup: Mapped[bool] = mapped_column(server_default="false")
    connected_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


def kinds_of(channels: Iterable[Channel]) -> str:
    """Return the kinds of a content's channels as its row has them: with MOCKUP beside them where one is a mock-up."""
    chosen = list(channels)
    beside = {MOCKUP} if any(each.mockup for each in chosen) else set()
    return " ".join(sorted({each.kind for each in chosen} | beside))


class Subscriber(TenantOwned, Base):
    """One addressee of an e-mail list."""

    __tablename__ = "subscribers"
    __table_args__ = (
        belongs_to("channels", "channel_id", ondelete="CASCADE"),
        unique_in_agency("channel_id", "email"),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    channel_id: Mapped[uuid.UUID]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(server_default="")
    unsubscribed_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class Publication(TenantOwned, Base):
    """One content on one channel (and, for a list, to one addressee). `client_ref` is made once and never changes."""

    __tablename__ = "publications"
    __table_args__ = (
        belongs_to("contents", "content_id"),
        belongs_to("revisions", "revision_id"),
        belongs_to("channels", "channel_id"),
        belongs_to("subscribers", "subscriber_id"),
        Index(
            "uq_publications_once",
            "agency_id",
            "content_id",
            "channel_id",
            "subscriber_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        unique_in_agency("client_ref"),
        unique_in_agency("channel_id", "remote_id"),
        CheckConstraint(one_of("state", PublicationState), name="state"),
        CheckConstraint("(state = 'published') = (remote_id is not null)", name="remote_id"),
        CheckConstraint("embargo_until is null or due_at >= embargo_until", name="embargo"),
        Index(
            "ix_publications_unsettled",
            "agency_id",
            "due_at",
            postgresql_where="state in ('scheduled', 'sending', 'unknown', 'held')",
        ),
    )

    content_id: Mapped[uuid.UUID]
    revision_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    subscriber_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(server_default="scheduled")
    due_at: Mapped[datetime]
    embargo_until: Mapped[datetime | None]
    client_ref: Mapped[str]
    remote_id: Mapped[str | None]
    remote_url: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str | None]
    late_accepted: Mapped[bool] = mapped_column(server_default="false")
    published_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class Attempt(TenantOwned, Base):
    """One try, written before the first byte leaves. A trigger repeats the approval gate on its insertion."""

    __tablename__ = "attempts"
    __table_args__ = (
        belongs_to("publications", "publication_id"),
        unique_in_agency("publication_id", "number"),
        Index(
            "uq_attempts_one_open",
            "agency_id",
            "publication_id",
            unique=True,
            postgresql_where="state in ('open', 'unknown')",
        ),
        CheckConstraint(one_of("state", AttemptState), name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended_at"),
    )

    publication_id: Mapped[uuid.UUID]
    number: Mapped[int]
    fence: Mapped[int]
    digest: Mapped[str]
    worker: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    started_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]
    detail: Mapped[str | None]
