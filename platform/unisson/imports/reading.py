"""What the pages of imports show: a brand's files, how one stands, and its rows, page by page."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, ColumnExpressionArgument, func, select

from tenants.access import Actor
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.editorial.writing_many import Desk
from unisson.imports.columns import FIELDS
from unisson.imports.models import Import, ImportRow, ImportState, RowState
from unisson.imports.rows import Reading, RowReader, texts_of
from unisson.web.i18n import lazy

PAGE = 50
MOST = 100

STATES = {
    ImportState.MAPPING: lazy("columns to be named"),
    ImportState.PREVIEW: lazy("ready to be checked"),
    ImportState.TAKING: lazy("being imported"),
    ImportState.DONE: lazy("imported"),
    ImportState.UNDOING: lazy("being undone"),
    ImportState.UNDONE: lazy("undone"),
}
PROBLEMS = {
    "rows_changed": lazy("Nothing was imported: some rows can't be taken any more. They are marked below."),
    "not_allowed": lazy("Nothing was imported: whoever started it may not write for this brand any more."),
}
LISTED = ("problems", "ready", "left")


class ImportLine(NamedTuple):
    """One file of a list."""

    id: uuid.UUID
    filename: str
    state: str
    wanted: int
    created_at: datetime
    by: str


class Standing(NamedTuple):
    """One import as its page shows it, and how many of its rows are what."""

    id: uuid.UUID
    brand_id: uuid.UUID
    filename: str
    state: str
    problem: str
    wanted: int
    handled: int
    rows: int
    faulty: int
    ready: int
    chosen_faulty: int
    taken: int
    removed: int
    kept: int

    @property
    def is_moving(self) -> bool:
        """Whether a worker is on it, or soon will be."""
        return self.state in {ImportState.TAKING, ImportState.UNDOING}


class RowLine(NamedTuple):
    """One row of a page: its texts by field, and what is wrong with them."""

    id: uuid.UUID
    number: int
    chosen: bool
    state: str
    content_id: uuid.UUID | None
    texts: dict[str, str]
    reading: Reading | None


class Page(NamedTuple):
    """Some rows, the fields that the file has, and the pages around."""

    rows: Sequence[RowLine]
    fields: Sequence[str]
    number: int
    has_more: bool


def imports_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[ImportLine]:
    """Return a brand's imports in one statement, the newest first."""
    rows = session.execute(
        select(Import.id, Import.filename, Import.state, Import.wanted, Import.created_at, Membership.name)
        .join(Membership, (Membership.agency_id == Import.agency_id) & (Membership.id == Import.created_by))
        .where(Import.brand_id == brand_id)
        .order_by(Import.created_at.desc(), Import.id)
        .limit(MOST)
    )
    return [ImportLine(*row) for row in rows]


def standing(session: TenantSession, about: Import) -> Standing:
    """Return how an import stands, in one statement."""
    waiting = ImportRow.state == RowState.WAITING

    def many(*conditions: ColumnExpressionArgument[bool]) -> ColumnElement[int]:
        return func.count().filter(*conditions)

    counted = session.execute(
        select(
            many(ImportRow.state != RowState.HEADER),
            many(waiting, ImportRow.faulty),
            many(waiting, ImportRow.chosen, ~ImportRow.faulty),
            many(waiting, ImportRow.chosen, ImportRow.faulty),
            many(ImportRow.state == RowState.TAKEN),
            many(ImportRow.state == RowState.REMOVED),
            many(ImportRow.state == RowState.KEPT),
        ).where(ImportRow.import_id == about.id)
    ).one()
    return Standing(
        about.id, about.brand_id, about.filename, about.state, about.problem, about.wanted, about.handled, *counted
    )


def rows_page(session: TenantSession, actor: Actor, about: Import, show: str, number: int) -> Page:
    """Return a page of rows, from 0; `show`: problems, ready, left (what was not taken in), or all."""
    listed: list[ColumnExpressionArgument[bool]] = [ImportRow.import_id == about.id, ImportRow.state != RowState.HEADER]
    if show == "problems":
        listed.append(ImportRow.faulty)
    elif show == "ready":
        listed += [ImportRow.chosen, ~ImportRow.faulty]
    elif show == "left":
        listed.append(ImportRow.state.in_((RowState.WAITING, RowState.KEPT)))
    found = session.scalars(
        select(ImportRow).where(*listed).order_by(ImportRow.number).offset(number * PAGE).limit(PAGE + 1)
    ).all()
    reader = RowReader(Desk.of(session, actor, about.brand_id), about) if about.state == ImportState.PREVIEW else None
    rows = [
        RowLine(
            row.id, row.number, row.chosen, row.state, row.content_id, texts_of(about, row.cells),
            reader.read(row.number, row.cells, row.fold) if reader else None,
        )
        for row in found[:PAGE]
    ]  # fmt: skip
    return Page(rows, [name for name in FIELDS if name in about.mapping], number, len(found) > PAGE)


def first_cells(session: TenantSession, about: Import) -> list[str]:
    """Return the cells of the first row that is a content: an example of what each column says."""
    cells: list[str] | None = session.scalar(
        select(ImportRow.cells)
        .where(ImportRow.import_id == about.id, ImportRow.state == RowState.WAITING)
        .order_by(ImportRow.number)
        .limit(1)
    )
    return cells or []
