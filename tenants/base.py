"""The declarative base, key conventions, and the mark of a table that belongs to an agency."""

import secrets
import time
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from sqlalchemy import DateTime, ForeignKeyConstraint, LargeBinary, MetaData, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

SCHEMA = "app"

type_map: dict[Any, Any] = {
    str: Text(),
    datetime: DateTime(timezone=True),
    dict[str, Any]: JSONB(),
    list[str]: JSONB(),
    list[dict[str, Any]]: JSONB(),
}


def new_id() -> uuid.UUID:
    """Return a UUID version 7 (RFC 9562 §5.7): time-ordered, so that indexes grow at one end, and 74 bits random."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62)


def utcnow() -> datetime:
    """Return the present instant in UTC, for rows that only record; what is *due* asks the database's clock."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    """Every table of the product, in one schema."""

    metadata = MetaData(
        schema=SCHEMA,
        naming_convention={
            "pk": "pk_%(table_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        },
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = type_map


Sealed = Annotated[bytes, mapped_column(LargeBinary, info={"sealed": True})]
"""A column that holds what the vault encrypted: `unisson vault rotate` finds it by this."""

Timestamp = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())]


class TenantOwned:
    """A row of one agency: `agency_id` leads its primary key, and row-level security holds it there.

    `agency_id` is filled in from the session at flush; a row of another agency is refused there.
    """

    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, sort_order=-2)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id, sort_order=-1)


def belongs_to(table: str, column: str, *, ondelete: str | None = None) -> ForeignKeyConstraint:
    """Return the foreign key from `column` to `table`'s id, which can't leave the agency."""
    return ForeignKeyConstraint(
        ["agency_id", column], [f"{SCHEMA}.{table}.agency_id", f"{SCHEMA}.{table}.id"], ondelete=ondelete
    )


def unique_in_agency(*columns: str, name: str | None = None) -> UniqueConstraint:
    """Return a unique constraint led by the agency, so that it tells nothing of another one's rows."""
    return UniqueConstraint("agency_id", *columns, name=name)


def one_of(column: str, values: type[Any] | tuple[str, ...]) -> str:
    """Return the text of a CHECK that holds `column` to `values` (text, not an enum: enum `=` is not leakproof)."""
    return f"{column} in ({', '.join(repr(str(value)) for value in values)})"
