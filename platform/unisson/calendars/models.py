"""Private feeds of the calendar, and what somebody did to many contents at once."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class CalendarFeed(TenantOwned, Base):
    """One feed of one person: of a brand, or of all that they see (`brand_id` None). Its token is kept as a hash."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id"),
        unique_in_agency("token_hash"),
        CheckConstraint("expires_at is null or brand_id is not null", name="shared"),
        Index(None, "agency_id", "membership_id"),
        Index(None, "agency_id", "brand_id"),
    )

    membership_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    token_hash: Mapped[bytes]
    created_at: Mapped[Timestamp]
    read_at: Mapped[datetime | None]
    """When a program read it last, within the hour."""
    expires_at: Mapped[datetime | None]
    """Until when it opens a page for others (`sharing`); None for a feed of one's own."""
    revoked_at: Mapped[datetime | None]


class CalendarAct(TenantOwned, Base):
    """One act on many contents: `told` keeps, content by content, what undoing it needs."""

    __tablename__ = "calendar_acts"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        Index(None, "agency_id", "membership_id"),
    )

    membership_id: Mapped[uuid.UUID]
    act: Mapped[str]
    told: Mapped[list[dict[str, Any]]]
    created_at: Mapped[Timestamp]
    undone_at: Mapped[datetime | None]
