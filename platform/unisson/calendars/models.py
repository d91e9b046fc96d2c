"""A private feed: the calendar as one person sees it, for the programs that they read their own calendar with."""

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class CalendarFeed(TenantOwned, Base):
    """One feed of one person: of a brand, or of all that they see (`brand_id` None). Its token is kept as a hash."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id"),
        unique_in_agency("token_hash"),
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
    revoked_at: Mapped[datetime | None]
