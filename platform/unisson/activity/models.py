"""The trail."""

import uuid
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp


class Event(TenantOwned, Base):
    """One thing that somebody (or the publisher) did. No role of the application may change or delete it."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "agency_id", "subject_id", "at"),
        Index("ix_events_at", "agency_id", "at"),
        Index("ix_events_brand", "agency_id", "brand_id", "at"),
        Index("ix_events_actor", "agency_id", "actor_id", "at"),
    )

    at: Mapped[Timestamp]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")


class Operation(TenantOwned, Base):
    """The once-only number of a form that was carried out, so that a double click does nothing twice."""

    __tablename__ = "operations"

    path: Mapped[str]
    answer: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Timestamp]
