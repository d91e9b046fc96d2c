"""The trail."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Computed, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, unique_in_agency


class Event(TenantOwned, Base):
    """One thing that somebody (or the publisher) did. No role of the application may change or delete it."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "agency_id", "subject_id", "at"),
        Index("ix_events_at", "agency_id", "at"),
        Index("ix_events_brand", "agency_id", "brand_id", "at"),
        Index("ix_events_actor", "agency_id", "actor_id", "at"),
        Index("ix_events_family", "agency_id", "family", "at"),
    )

    at: Mapped[Timestamp]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[str]
    verb: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    family: Mapped[str | None] = mapped_column(Computed("split_part(verb, '.', 1)", persisted=True))
    """What the verb is about, by which the trail is narrowed."""
    name_salt: Mapped[bytes | None] = mapped_column(
        LargeBinary, server_default="uuid_send(gen_random_uuid())", deferred=True
    )
    """What the name is hashed with for the seal (`activity.seals`); gone, as the name is, once a person is erased."""
    name_digest: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class Unsealed(TenantOwned, Base):
    """An event that no seal covers yet; the database writes it beside the event."""

    __tablename__ = "unsealed"


class Seal(TenantOwned, Base):
    """Some events in their order, under one digest that covers the seal before. No role may change or delete it."""

    __tablename__ = "seals"
    __table_args__ = (
        unique_in_agency("number"),
        CheckConstraint("length(previous) = 32 and length(digest) = 32", name="digests"),
        CheckConstraint("number >= 1 and cardinality(event_ids) >= 1", name="number"),
    )

    number: Mapped[int]
    event_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    last_at: Mapped[datetime]
    previous: Mapped[bytes]
    digest: Mapped[bytes]
    sealed_at: Mapped[Timestamp]


class SealCheck(TenantOwned, Base):
    """That the seals were worked out anew as far as the one numbered `through`, and what fault was found."""

    __tablename__ = "seal_checks"
    __table_args__ = (Index(None, "agency_id", "checked_at"),)

    through: Mapped[int]
    fault: Mapped[str] = mapped_column(server_default="")
    checked_at: Mapped[Timestamp]


class Operation(TenantOwned, Base):
    """The once-only number of a form that was carried out, so that a double click does nothing twice."""

    __tablename__ = "operations"

    path: Mapped[str]
    answer: Mapped[str] = mapped_column(server_default="")
    at: Mapped[Timestamp]
