"""Which rows are a brand's: read from the tables' own foreign keys, so that a new table is exported and deleted too."""

import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Column, ColumnElement, ForeignKeyConstraint, Table, Uuid, bindparam, select

from tenants.base import Base

ROOT = "brands"
BRAND_ID = bindparam("brand_id", type_=Uuid())
CIRCLES = frozenset({"fk_contents_revision"})
"""Keys that point back at what belongs to their own table: a content's frozen version."""

WITH_PARENT = frozenset({"revisions"})
"""What goes with the row it belongs to, by the database's own cascade: a content names its version, which names it."""


POINTERS: Mapping[str, tuple[str, ...]] = {"identity_providers": ("joining_brand_id", "joining_brand_role")}
"""What is the agency's and points at a brand: the columns are emptied when the brand goes. A test finds new ones."""

LAST = frozenset({"brand_endings"})
"""What says that the brand may be deleted goes after all else of it."""


class Held(NamedTuple):
    """One table, and which of its rows are the brand's (`:brand_id`)."""

    table: Table
    clause: ColumnElement[bool]


@lru_cache(maxsize=1)
def held() -> Sequence[Held]:
    """Return every table that holds rows of a brand, what refers to another before that one; the brand itself last.

    `unisson.tables` must have been imported, as `workers.mail` does, where brands are exported and deleted.
    """
    clauses = _clauses(Base.metadata.tables)
    return [Held(_table(name), clauses[name]) for name in _children_first(clauses)]


def _table(name: str) -> Table:
    return next(table for table in Base.metadata.tables.values() if table.name == name)


def _clauses(tables: Mapping[str, Table]) -> dict[str, ColumnElement[bool]]:
    root = next(table for table in tables.values() if table.name == ROOT)
    found: dict[str, ColumnElement[bool]] = {ROOT: root.c.id == BRAND_ID}
    waiting = {table.name: table for table in tables.values() if table.name != ROOT}
    while reached := {name: clause for name, table in waiting.items() if (clause := _clause(table, found)) is not None}:
        found |= reached
        for name in reached:
            del waiting[name]
    return found


def _clause(table: Table, found: Mapping[str, ColumnElement[bool]]) -> ColumnElement[bool] | None:
    """Return which rows are a brand's: by a column that names it, else by the row that each of them belongs to."""
    ways = [way for key in table.foreign_key_constraints if (way := _way(key)) and way[1].table.name in found]
    if any(parent.table.name == ROOT and own.name == "brand_id" for own, parent in ways):
        return table.c.brand_id == BRAND_ID
    ways = [way for way in ways if not way[0].nullable]
    if not ways:
        return None
    own, parent = min(ways, key=lambda way: way[0].name)
    return own.in_(select(parent).where(found[parent.table.name]))


def _way(key: ForeignKeyConstraint) -> tuple[Column[uuid.UUID], Column[uuid.UUID]] | None:
    """Return the column that names a parent row, and the parent's: the one besides the agency that is its id."""
    for element in key.elements:
        if element.column.name == "id" and element.column.table.name != element.parent.table.name:
            return element.parent, element.column
    return None


def _children_first(names: Mapping[str, object]) -> list[str]:
    children: dict[str, set[str]] = {name: set() for name in names}
    for name in names:
        for key in _table(name).foreign_key_constraints:
            parent = key.referred_table.name
            if parent in children and parent != name and key.name not in CIRCLES:
                children[parent].add(name)
    ordered: list[str] = []

    def visit(name: str) -> None:
        for child in sorted(children[name], key=lambda child: (child in LAST, child)):
            visit(child)
        if name not in ordered:
            ordered.append(name)

    visit(ROOT)
    return ordered
