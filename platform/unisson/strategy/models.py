"""The strategy of a brand for a period, when it publishes nothing, and its weekly rhythm."""

import enum
import uuid
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class Check(enum.StrEnum):
    """What of a strategy a content is checked against."""

    BANNED = "banned"
    MENTION = "mention"
    CLAIM = "claim"


class Weight(enum.StrEnum):
    """What a check does: nothing, say so while one writes, or stop a submission."""

    OFF = "off"
    ADVICE = "advice"
    STOP = "stop"


class Strategy(TenantOwned, Base):
    """One strategy. `version` grows with every change: a form that shows an older one is stale.

    `pillars` are names with their wanted share in per cent, `mentions` words that a delicate point asks for,
    `weights` a weight for each check.
    """

    __tablename__ = "strategies"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "created_by"),
        Index(None, "agency_id", "brand_id", "starts_on"),
        Index(None, "agency_id", "created_by"),
        CheckConstraint("ends_on >= starts_on", name="period"),
    )

    brand_id: Mapped[uuid.UUID]
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    objectives: Mapped[str] = mapped_column(server_default="")
    messages: Mapped[str] = mapped_column(server_default="")
    tone: Mapped[str] = mapped_column(server_default="")
    spokespersons: Mapped[str] = mapped_column(server_default="")
    links: Mapped[str] = mapped_column(server_default="")
    pillars: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    banned: Mapped[list[str]] = mapped_column(JSONB, server_default="[]")
    mentions: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    weights: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]

    def weight_of(self, check: Check) -> Weight:
        """Return what a check does here: it advises, unless the strategy says otherwise."""
        return Weight(self.weights.get(check.value, Weight.ADVICE.value))


class BlackOut(TenantOwned, Base):
    """A black-out: days in which a brand publishes nothing. `stops` refuses a submission, else it is advice."""

    __tablename__ = "black_outs"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        Index(None, "agency_id", "brand_id", "starts_on"),
        CheckConstraint("ends_on >= starts_on", name="period"),
    )

    brand_id: Mapped[uuid.UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    reason: Mapped[str]
    stops: Mapped[bool] = mapped_column(server_default="true")


class Slot(TenantOwned, Base):
    """One beat of a brand's weekly rhythm: at this time of this weekday something may go out on this channel.

    `weekday` counts from Monday, 0; `wall_clock` is on the brand's clock, whatever that is by then.
    """

    __tablename__ = "brand_slots"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("channels", "channel_id"),
        unique_in_agency("brand_id", "channel_id", "weekday", "wall_clock"),
        Index(None, "agency_id", "channel_id"),
        CheckConstraint("weekday between 0 and 6", name="weekday"),
    )

    brand_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID]
    weekday: Mapped[int]
    wall_clock: Mapped[time]
