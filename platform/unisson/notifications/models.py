"""Mails of an agency that are to leave, left, or could not."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Computed, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

KINDS = (
    "invitation", "approval_request", "approval_asked_in_app", "changes_requested", "approved", "trouble",
    "approval_reminder", "approval_escalated", "approval_voided", "approval_steer", "missed", "held", "released",
    "approval_nudge", "to_decide", "device_code", "portal_link", "thread_message", "import_over",
    "rights_ending", "billing", "domain_code",
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
