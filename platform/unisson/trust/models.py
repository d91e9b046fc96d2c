"""What is kept of people's own rights."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to


class Erasure(TenantOwned, Base):
    """That a person of the agency is to be erased, from when on, and under which pseudonym they stand since.

    `asked_by` is None where they asked for it themselves. `refused` says why it could not be done yet.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        belongs_to("memberships", "membership_id"),
        belongs_to("memberships", "asked_by"),
        Index(
            "uq_erasures_open",
            "agency_id",
            "membership_id",
            unique=True,
            postgresql_where="withdrawn_at is null and done_at is null",
        ),
        Index(None, "agency_id", "due_at", postgresql_where="withdrawn_at is null and done_at is null"),
        CheckConstraint("begun_at is null or pseudonym <> ''", name="pseudonym"),
    )

    membership_id: Mapped[uuid.UUID]
    pseudonym: Mapped[str] = mapped_column(server_default="")
    asked_by: Mapped[uuid.UUID | None]
    asked_at: Mapped[Timestamp]
    due_at: Mapped[datetime]
    refused: Mapped[str] = mapped_column(server_default="")
    withdrawn_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
