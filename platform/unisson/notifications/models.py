"""What people are told of, how they chose to hear of it, and the mails that are to leave, left, or could not."""

import uuid
from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from unisson.notifications.events import DIGESTS, Event, Pace

KINDS = (
    "invitation", "approval_request", "approval_asked_in_app", "changes_requested", "approved", "trouble",
    "approval_reminder", "approval_escalated", "approval_voided", "approval_steer", "missed", "held", "released",
    "approval_nudge", "to_decide", "device_code", "portal_link", "thread_message", "import_over",
    "rights_ending", "billing", "domain_code", "digest", "hook_off", "channel_asked", "channel_given",
    "channel_connected", "channel_withdrawn", "answer_lost",
)  # fmt: skip


class Letter(TenantOwned, Base):
    """One mail to one person about one thing. It holds ids; the text and any token are made as it leaves."""

    __tablename__ = "letters"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint(one_of("state", ("waiting", "sent", "failed", "dropped")), name="state"),
        Index(None, "agency_id", "membership_id"),
        Index(None, "agency_id", "content_id"),
    )

    membership_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    content_id: Mapped[uuid.UUID | None] = mapped_column(Computed("(about ->> 'content_id')::uuid", persisted=True))
    """The content of `about`, as a column: under row-level security no index on an expression over JSON is used."""
    state: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class LetterContent(TenantOwned, Base):
    """One content that a letter told of, where a letter tells of several."""

    __tablename__ = "letter_contents"
    __table_args__ = (
        belongs_to("letters", "letter_id", ondelete="CASCADE"),
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        unique_in_agency("letter_id", "content_id"),
        Index(None, "agency_id", "content_id"),
    )

    letter_id: Mapped[uuid.UUID]
    content_id: Mapped[uuid.UUID]


class Notice(TenantOwned, Base):
    """One fact that one person is told of. It holds ids; its words are made as it is read.

    `in_app` says whether the app shows it; `mail` that it waits for a digest of that pace, until `letter_id` names the
    letter that told of it.
    """

    __tablename__ = "notices"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id", ondelete="CASCADE"),
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("letters", "letter_id", ondelete="CASCADE"),
        CheckConstraint(one_of("event", tuple(Event)), name="event"),
        CheckConstraint(one_of("mail", DIGESTS), name="mail"),
        Index(None, "agency_id", "membership_id", "created_at", "id"),
        Index(None, "agency_id", "content_id"),
        Index(None, "agency_id", "letter_id"),
        Index("ix_notices_unread", "agency_id", "membership_id", "created_at",
              postgresql_where=text("read_at is null and in_app")),
        Index("ix_notices_pending", "agency_id", "membership_id", "mail",
              postgresql_where=text("mail is not null and letter_id is null")),
    )  # fmt: skip

    membership_id: Mapped[uuid.UUID]
    event: Mapped[str]
    kind: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    brand_id: Mapped[uuid.UUID | None]
    content_id: Mapped[uuid.UUID | None]
    in_app: Mapped[bool] = mapped_column(server_default="true")
    mail: Mapped[str | None]
    letter_id: Mapped[uuid.UUID | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class NoticeChoice(TenantOwned, Base):
    """How one person hears of one event, where they chose."""

    __tablename__ = "notice_choices"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        unique_in_agency("membership_id", "event"),
        CheckConstraint(one_of("event", tuple(Event)), name="event"),
        CheckConstraint(one_of("mail", tuple(Pace)), name="mail"),
    )

    membership_id: Mapped[uuid.UUID]
    event: Mapped[str]
    in_app: Mapped[bool]
    mail: Mapped[str]
    browser: Mapped[bool]


class NoticeHours(TenantOwned, Base):
    """When one person wants their digests, where they said so. Days count from Monday, 0."""

    __tablename__ = "notice_hours"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        unique_in_agency("membership_id"),
        CheckConstraint("ends > starts", name="hours"),
        CheckConstraint("jsonb_typeof(days) = 'array' and jsonb_array_length(days) >= 1", name="days"),
    )

    membership_id: Mapped[uuid.UUID]
    timezone: Mapped[str]
    """Empty where the person's own clock is meant, whichever that is."""
    days: Mapped[list[int]] = mapped_column(JSONB)
    starts: Mapped[time]
    ends: Mapped[time]
