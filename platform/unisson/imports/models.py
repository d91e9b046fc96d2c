"""A file that is being taken in, and its rows."""

import enum
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency


class ImportState(enum.StrEnum):
    """Where an import stands. A worker is on it while it is `taking` or `undoing`."""

    MAPPING = "mapping"
    PREVIEW = "preview"
    TAKING = "taking"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class RowState(enum.StrEnum):
    """What became of a row."""

    HEADER = "header"
    WAITING = "waiting"
    TAKEN = "taken"
    REMOVED = "removed"
    KEPT = "kept"


class Import(TenantOwned, Base):
    """One file. `mapping` says in which column (from 0) each field stands; `headers` are the names of the columns."""

    __tablename__ = "imports"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "created_by"),
        Index(None, "agency_id", "created_by"),
        Index(None, "agency_id", "brand_id", "headers_key"),
        CheckConstraint(one_of("state", ImportState), name="state"),
        CheckConstraint(one_of("date_order", ("dmy", "mdy", "ymd")), name="date_order"),
    )

    brand_id: Mapped[uuid.UUID]
    created_by: Mapped[uuid.UUID]
    filename: Mapped[str]
    headers: Mapped[list[str]]
    headers_key: Mapped[str]
    has_header: Mapped[bool]
    mapping: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    date_order: Mapped[str] = mapped_column(server_default="dmy")
    default_time: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="mapping")
    problem: Mapped[str] = mapped_column(server_default="")
    """Why nothing was taken in, a word of `reading.PROBLEMS`; empty while nothing went wrong."""
    wanted: Mapped[int] = mapped_column(server_default="0")
    handled: Mapped[int] = mapped_column(server_default="0")
    mapped_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class ImportRow(TenantOwned, Base):
    """One row of a file, as texts. `fold` says which of two equal times is meant; `faulty` that it can't be taken."""

    __tablename__ = "import_rows"
    __table_args__ = (
        belongs_to("imports", "import_id", ondelete="CASCADE"),
        belongs_to("contents", "content_id"),
        unique_in_agency("import_id", "number"),
        Index(None, "agency_id", "content_id", postgresql_where="content_id is not null"),
        CheckConstraint(one_of("state", RowState), name="state"),
        CheckConstraint("fold in (0, 1)", name="fold"),
    )

    import_id: Mapped[uuid.UUID]
    number: Mapped[int]
    cells: Mapped[list[str]]
    fold: Mapped[int | None] = mapped_column(SmallInteger)
    chosen: Mapped[bool] = mapped_column(server_default="true")
    faulty: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[str] = mapped_column(server_default="waiting")
    content_id: Mapped[uuid.UUID | None]
