"""What is known of a brand that is handed over or deleted, and what is kept of one that is gone."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


class ExportState(enum.StrEnum):
    """Where an export stands. A worker is on it while it is `packing`."""

    PACKING = "packing"
    READY = "ready"
    OVER = "over"


class BrandExport(TenantOwned, Base):
    """A brand, packed whole as it was when a worker began. Sizes in bytes.

    `plan` lists what each part holds (`packing.Piece`), `parts` the size of each part that is packed.
    """

    __tablename__ = "brand_exports"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "asked_by"),
        Index(None, "agency_id", "brand_id", "created_at"),
        Index(None, "agency_id", "asked_by"),
        CheckConstraint(one_of("state", ExportState), name="state"),
    )

    brand_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(server_default="packing")
    plan: Mapped[list[list[list[Any]]]] = mapped_column(JSONB, server_default="[]")
    parts: Mapped[list[int]] = mapped_column(JSONB, server_default="[]")
    missing: Mapped[int] = mapped_column(server_default="0")
    """Files that the store did not have."""
    expires_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class BrandEnding(TenantOwned, Base):
    """A brand is to be deleted at `ends_at`. Until a worker began (`begun_at`), the row may go, and the brand stay."""

    __tablename__ = "brand_endings"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "asked_by"),
        unique_in_agency("brand_id"),
        Index(None, "agency_id", "asked_by"),
    )

    brand_id: Mapped[uuid.UUID]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[Timestamp]
    ends_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]


class BrandRecord(TenantOwned, Base):
    """What is kept of a deleted brand; its id is the brand's. `leftovers` are stored bytes that are still to go."""

    __tablename__ = "brand_records"
    __table_args__ = (belongs_to("memberships", "asked_by"), Index(None, "agency_id", "asked_by"))

    slug: Mapped[str]
    name: Mapped[str]
    timezone: Mapped[str]
    opened_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[datetime]
    rows: Mapped[int] = mapped_column(BigInteger, server_default="0")
    leftovers: Mapped[list[list[str]]] = mapped_column(JSONB, server_default="[]")
    erased_at: Mapped[datetime | None]
    """None while a worker is at it."""


class KeptDecision(TenantOwned, Base):
    """A decision on a content of a deleted brand: who said what about which bytes. Its id is the decision's.

    Who it was stands on the person's own row, from which it goes when they are erased.
    """

    __tablename__ = "kept_decisions"
    __table_args__ = (
        belongs_to("brand_records", "record_id"),
        belongs_to("memberships", "membership_id"),
        Index(None, "agency_id", "membership_id"),
        Index(None, "agency_id", "record_id", "decided_at"),
    )

    record_id: Mapped[uuid.UUID]
    content_id: Mapped[uuid.UUID]
    title: Mapped[str]
    kind: Mapped[str]
    number: Mapped[int]
    digest: Mapped[str]
    verdict: Mapped[str]
    membership_id: Mapped[uuid.UUID | None]
    role: Mapped[str] = mapped_column(server_default="")
    authenticated: Mapped[str] = mapped_column(server_default="")
    by_code: Mapped[bool] = mapped_column(server_default="false")
    comment: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime]
    chain: Mapped[str] = mapped_column(server_default="")
    chain_version: Mapped[int]
