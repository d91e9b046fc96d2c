"""`unisson vault rotate`: everything that is kept encrypted, anew under the first of VAULT_KEYS.

Each step is a transaction of some hundred rows, whose values are held meanwhile; what is under the first key already is
left alone, so that a rotation that was stopped goes on where it was.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from typing import NamedTuple, Self

from cryptography.fernet import InvalidToken
from sqlalchemy import Column, Table, or_, select, update
from sqlalchemy.orm import Session

from tenants.identities import DirectoryEntry
from unisson.config import Settings
from unisson.runtime import Runtime, web_runtime
from unisson.tables import metadata
from unisson.vault import Vault

BATCH = 200
"""Rows a transaction."""

Say = Callable[[str], object]
Opened = Callable[[], AbstractContextManager[Session]]


class Rotated(NamedTuple):
    """How many values were encrypted anew, were so already, and can be read by none of the keys."""

    renewed: int = 0
    left: int = 0
    lost: int = 0

    def and_(self, other: Self) -> "Rotated":
        """Return the sums."""
        return Rotated(self.renewed + other.renewed, self.left + other.left, self.lost + other.lost)


def sealed_columns() -> Iterator[tuple[Table, list[Column[bytes]]]]:
    """Yield each table with the columns that hold what the vault encrypted, as the models declare them."""
    for table in metadata.sorted_tables:
        if found := [column for column in table.columns if column.info.get("sealed")]:
            yield table, found


def rotate(settings: Settings, say: Say) -> Rotated:
    """Encrypt everything by the first key; say of each table what could not be read. Return how much it was."""
    runtime = web_runtime(settings)
    try:
        return rotate_all(runtime, say)
    finally:
        runtime.database.engine.dispose()
        runtime.valkey.close()


def rotate_all(runtime: Runtime, say: Say) -> Rotated:
    """Do as `rotate`, with what the process holds: the global tables, then each agency within its own rows."""
    database, done = runtime.database, Rotated()
    with database.everywhere() as session:
        agencies = session.scalars(select(DirectoryEntry.agency_id).order_by(DirectoryEntry.agency_id)).all()
    for table, columns in sealed_columns():
        places: list[Opened] = [database.everywhere]
        if "agency_id" in table.columns:
            places = [partial(database.agency, agency_id) for agency_id in agencies]
        for opened in places:
            found = _table(opened, runtime.vault, table, columns)
            done = done.and_(found)
            if found.lost:
                say(f"{table.name}: {found.lost} can be read by none of the keys")
    return done


def _table(opened: Opened, vault: Vault, table: Table, columns: list[Column[bytes]]) -> Rotated:
    done, last = Rotated(), uuid.UUID(int=0)
    while True:
        wanted = select(table.c.id, *columns).where(table.c.id > last, or_(*[each.is_not(None) for each in columns]))
        with opened() as session:
            rows = session.execute(wanted.order_by(table.c.id).limit(BATCH).with_for_update()).all()
            for row in rows:
                last = row.id
                done = done.and_(_row(session, vault, table, row._asdict()))
        if len(rows) < BATCH:
            return done


def _row(session: Session, vault: Vault, table: Table, values: Mapping[str, object]) -> Rotated:
    done, fresh = Rotated(), {}
    for name, sealed in values.items():
        if not isinstance(sealed, bytes):
            continue
        try:
            renewed = vault.renewed(sealed)
        except InvalidToken:
            done = done.and_(Rotated(lost=1))
            continue
        done = done.and_(Rotated(left=1) if renewed is None else Rotated(renewed=1))
        if renewed is not None:
            fresh[name] = renewed
    if fresh:
        session.execute(update(table).where(table.c.id == values["id"]).values(fresh))
    return done
