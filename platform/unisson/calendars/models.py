"""Private feeds of the calendar, views that people keep, and what somebody did to many contents at once."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


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


VIEWS = ("month", "week", "day", "list", "board", "year")


class CalendarView(TenantOwned, Base):
    """A way to look at the calendar that somebody keeps: which view, of which brands, narrowed by what.

    `brands` are ids, none for all; `asked` are the other pairs of the address. No key leads from either: what a reader
    does not see, or is there no more, is left out when the view is opened.
    """

    __tablename__ = "calendar_views"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        CheckConstraint(one_of("view", VIEWS), name="view"),
        Index(None, "agency_id", "membership_id"),
        Index("ix_calendar_views_shared", "agency_id", postgresql_where="is_shared and removed_at is null"),
    )

    membership_id: Mapped[uuid.UUID]
    name: Mapped[str]
    view: Mapped[str]
    brands: Mapped[list[str]] = mapped_column(server_default="[]")
    asked: Mapped[list[list[str]]] = mapped_column(JSONB, server_default="[]")
    is_shared: Mapped[bool] = mapped_column(server_default="false")
    """Whether it is offered to all of the agency who plan."""
    created_at: Mapped[Timestamp]
    removed_at: Mapped[datetime | None]
    """Since when it is put away, to be taken back."""


class CalendarOpening(TenantOwned, Base):
    """With which view the calendar opens for somebody: one of theirs, or one that is shared."""

    __tablename__ = "calendar_openings"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("calendar_views", "view_id", ondelete="CASCADE"),
        unique_in_agency("membership_id"),
        Index(None, "agency_id", "view_id"),
    )

    membership_id: Mapped[uuid.UUID]
    view_id: Mapped[uuid.UUID]
