"""Rooms of an agency in a chat, and what is to be told there."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, Sealed, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

ROOMS = ("slack", "teams", "discord")


class Hook(TenantOwned, Base):
    """One room. `sealed` is its address, which is a secret; `host` is all that is shown of it."""

    __tablename__ = "hooks"
    __table_args__ = (
        belongs_to("brands", "brand_id", ondelete="CASCADE"),
        belongs_to("memberships", "created_by"),
        Index(None, "agency_id", "brand_id"),
        CheckConstraint(one_of("room", ROOMS), name="room"),
        CheckConstraint("jsonb_typeof(events) = 'array'", name="events"),
    )

    room: Mapped[str]
    name: Mapped[str]
    host: Mapped[str]
    sealed: Mapped[Sealed]
    events: Mapped[list[str]] = mapped_column(JSONB)
    brand_id: Mapped[uuid.UUID | None]
    """The one brand that is told of; every one for none."""
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    refusals: Mapped[int] = mapped_column(server_default="0")
    """In a row, since the last message that was taken."""
    last_error: Mapped[str] = mapped_column(server_default="")
    taken_at: Mapped[datetime | None]
    off_at: Mapped[datetime | None]
    """Since when nothing is sent there, because it refused too often."""


class HookPost(TenantOwned, Base):
    """One fact for one room. `fact` names it: one fact is told once, however many people it concerns."""

    __tablename__ = "hook_posts"
    __table_args__ = (
        belongs_to("hooks", "hook_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id", ondelete="CASCADE"),
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        unique_in_agency("hook_id", "fact"),
        Index(None, "agency_id", "brand_id"),
        Index(None, "agency_id", "content_id"),
        CheckConstraint(one_of("state", ("waiting", "sent", "failed", "dropped")), name="state"),
    )

    hook_id: Mapped[uuid.UUID]
    fact: Mapped[str]
    kind: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    brand_id: Mapped[uuid.UUID | None]
    content_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]
