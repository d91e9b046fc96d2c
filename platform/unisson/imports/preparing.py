"""Preparing an import: its file, its columns, its rows, until a worker takes it in. The plan itself stays as it is."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from sqlalchemy import ARRAY, ColumnExpressionArgument, Uuid, any_, func, insert, literal, select, update

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.dispatching import put
from unisson.editorial.writing_many import Desk
from unisson.imports.columns import FIELDS, begins_with_names, carried_over, guess, key_of, names_of
from unisson.imports.models import Import, ImportRow, ImportState, RowState
from unisson.imports.moments import ORDERS, guess_order, read_time
from unisson.imports.rows import RowReader
from unisson.imports.sheets import NO_FILE, Line, read_sheet
from unisson.jobs import ring_after_commit
from unisson.web.forms import lines, one_line
from unisson.web.i18n import lazy

STARTED = lazy("This import has started meanwhile, or is over; nothing was changed.")
NOT_DONE = lazy("Only an import that was taken in can be undone, and only once.")
NO_WORDS = lazy("Say at least which column holds the titles, or the texts.")
TWICE = lazy("A column can stand for one thing only.")
BAD_TIME = lazy("This is no time. Write it as 18:30, 18 h 30 or 6:30 pm.")
NONE_READY = lazy("None of the chosen rows can be imported yet. Choose rows, and correct those with errors.")

BATCH = 1_000
OPEN = (ImportState.MAPPING, ImportState.PREVIEW)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a person says of a file's columns."""

    columns: Mapping[str, int]
    has_header: bool
    date_order: str
    default_time: str


def load_import(session: TenantSession, actor: Actor, import_id: uuid.UUID, *, lock: bool = False) -> Import:
    """Return an import of a brand that the actor may write for. Raises NotFoundError, ForbiddenError."""
    wanted = select(Import).where(Import.id == import_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_WRITE, found.brand_id)
    if session.read_once(Brand, found.brand_id).archived_at is not None:
        raise NotFoundError
    return found


def open_import(session: TenantSession, actor: Actor, brand_id: uuid.UUID, filename: str, stream: IO[bytes]) -> Import:
    """Return a new import of a file, its columns guessed. Raises RefusedError for what is no plan."""
    actor.require(Permission.CONTENT_WRITE, brand_id)
    if not filename:
        raise RefusedError(NO_FILE, field="file")
    found = read_sheet(stream)
    width = max(len(line.cells) for line in found)
    has_header = begins_with_names(found)
    headers = names_of(found[0].cells, width)
    about = Import(
        id=new_id(), brand_id=brand_id, created_by=actor.membership_id, headers=headers, has_header=has_header,
        filename=one_line(PurePosixPath(filename.replace("\\", "/")).name)[:200] or "plan", headers_key=key_of(headers),
    )  # fmt: skip
    _guess(session, about, found)
    session.add(about)
    session.flush()
    _keep_rows(session, about, found)
    record(session, actor, "import.opened", "import", about.id, brand_id=brand_id, filename=about.filename)
    return about


def _guess(session: TenantSession, about: Import, found: Sequence[Line]) -> None:
    """Take over what was said of the last file with these names; else guess by the names and the dates."""
    before = session.scalars(
        select(Import)
        .where(
            Import.brand_id == about.brand_id, Import.headers_key == about.headers_key, Import.mapped_at.is_not(None),
            Import.has_header,
        )
        .order_by(Import.mapped_at.desc())
        .limit(1)
    ).first()  # fmt: skip
    if before is not None and about.has_header:
        about.mapping = carried_over(before.mapping, before.headers, about.headers)
        about.date_order, about.default_time = before.date_order, before.default_time
        return
    about.mapping = guess(about.headers) if about.has_header else {}
    column = about.mapping.get("date")
    dates = (line.cells[column] for line in found[1:] if column is not None and column < len(line.cells))
    about.date_order, about.default_time = guess_order(dates), "10:00"


def _keep_rows(session: TenantSession, about: Import, found: Sequence[Line]) -> None:
    for start in range(0, len(found), BATCH):
        session.execute(
            insert(ImportRow),
            [
                {
                    "agency_id": session.agency_id, "id": new_id(), "import_id": about.id, "number": line.number,
                    "cells": [lines(cell) for cell in line.cells],
                    "state": RowState.HEADER if about.has_header and line is found[0] else RowState.WAITING,
                }
                for line in found[start : start + BATCH]
            ],
        )  # fmt: skip


def map_columns(session: TenantSession, actor: Actor, import_id: uuid.UUID, said: Columns) -> Import:
    """Return the import with its columns named and every row checked. Raises RefusedError, StaleError."""
    about = _open(session, actor, import_id)
    columns = {name: column for name, column in said.columns.items() if name in FIELDS}
    for name, column in columns.items():
        if not 0 <= column < len(about.headers):
            raise NotFoundError
        if list(columns.values()).count(column) > 1:
            raise RefusedError(TWICE, field=name)
    if not columns.keys() & {"title", "body"}:
        raise RefusedError(NO_WORDS, field="title")
    if said.default_time and read_time(said.default_time) is None:
        raise RefusedError(BAD_TIME, field="default_time")
    about.mapping, about.has_header = columns, said.has_header
    about.date_order = said.date_order if said.date_order in ORDERS else ORDERS[0]
    about.default_time, about.mapped_at, about.state = said.default_time, session.now(), ImportState.PREVIEW
    about.problem = ""
    _name_first_row(session, about)
    check_rows(session, Desk.of(session, actor, about.brand_id), about)
    return about


def _name_first_row(session: TenantSession, about: Import) -> None:
    first = select(func.min(ImportRow.number)).where(ImportRow.import_id == about.id).scalar_subquery()
    state = RowState.HEADER if about.has_header else RowState.WAITING
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == about.id, ImportRow.number == first)
        .values(state=state.value)
        .execution_options(synchronize_session=False)
    )


def check_rows(session: TenantSession, desk: Desk, about: Import) -> int:
    """Note which rows have faults now; return how many of them are chosen."""
    reader = RowReader(desk, about)
    rows = session.execute(
        select(ImportRow.id, ImportRow.number, ImportRow.cells, ImportRow.fold, ImportRow.chosen).where(
            ImportRow.import_id == about.id, ImportRow.state == RowState.WAITING
        )
    ).all()
    faulty = {row.id: row.chosen for row in rows if reader.read(row.number, row.cells, row.fold).faults}
    is_faulty = ImportRow.id == any_(literal(list(faulty), ARRAY(Uuid)))
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == about.id, ImportRow.faulty != is_faulty)
        .values(faulty=~ImportRow.faulty)
        .execution_options(synchronize_session=False)
    )
    return sum(faulty.values())


def correct_row(
    session: TenantSession, actor: Actor, row: ImportRow, typed: Mapping[str, str], fold: int | None = None
) -> ImportRow:
    """Return a row with some cells written anew, by field. Raises NotFoundError, StaleError."""
    about = _open(session, actor, row.import_id)
    session.refresh(row)
    if row.state != RowState.WAITING:
        raise NotFoundError
    cells = row.cells + [""] * (len(about.headers) - len(row.cells))
    for name, text in typed.items():
        if name in about.mapping:
            cells[about.mapping[name]] = lines(text).strip()
    row.cells, row.fold = cells, fold if fold is not None else row.fold
    reader = RowReader(Desk.of(session, actor, about.brand_id), about)
    row.faulty = bool(reader.read(row.number, cells, row.fold).faults)
    session.flush()
    return row


def load_row(session: TenantSession, actor: Actor, import_id: uuid.UUID, row_id: uuid.UUID) -> ImportRow:
    """Return a row of an import. Raises NotFoundError, ForbiddenError."""
    about = load_import(session, actor, import_id)
    row = session.scalars(
        select(ImportRow).where(ImportRow.id == row_id, ImportRow.import_id == about.id)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def choose(
    session: TenantSession, actor: Actor, import_id: uuid.UUID, shown: Sequence[uuid.UUID], chosen: Sequence[uuid.UUID]
) -> None:
    """Choose, of the rows that a page showed, these and no other."""
    about = _open(session, actor, import_id)
    _set_chosen(session, about, ImportRow.id.in_(chosen), ImportRow.id.in_(shown))


def choose_all(session: TenantSession, actor: Actor, import_id: uuid.UUID, *, chosen: bool) -> None:
    """Choose every row of the file, or none."""
    about = _open(session, actor, import_id)
    _set_chosen(session, about, chosen)


def _set_chosen(session: TenantSession, about: Import, value: object, *among: ColumnExpressionArgument[bool]) -> None:
    session.execute(
        update(ImportRow)
        .where(ImportRow.import_id == about.id, ImportRow.state == RowState.WAITING, *among)
        .values(chosen=value)
        .execution_options(synchronize_session=False)
    )


def start(session: TenantSession, actor: Actor, import_id: uuid.UUID) -> Import:
    """Have a worker take in the chosen rows without faults, all of them or none. Raises RefusedError, StaleError."""
    about = _open(session, actor, import_id)
    if about.state != ImportState.PREVIEW:
        raise StaleError(STARTED)
    wanted = session.scalar(select(func.count()).select_from(ImportRow).where(*ready(about.id)))
    if not wanted:
        raise RefusedError(NONE_READY)
    about.state, about.wanted, about.handled, about.problem = ImportState.TAKING, wanted, 0, ""
    # Who starts it is its author from here on, and the one whom the worker writes for.
    about.created_by = actor.membership_id
    session.flush()
    _put(session, about)
    record(session, actor, "import.started", "import", about.id, brand_id=about.brand_id, rows=wanted)
    return about


def ready(import_id: uuid.UUID) -> tuple[ColumnExpressionArgument[bool], ...]:
    """Return the conditions of the rows that an import takes in."""
    return (
        ImportRow.import_id == import_id,
        ImportRow.state == RowState.WAITING,
        ImportRow.chosen,
        ~ImportRow.faulty,
    )


def undo(session: TenantSession, actor: Actor, import_id: uuid.UUID) -> Import:
    """Have a worker take back the drafts of an import that nobody touched since. Raises StaleError."""
    about = load_import(session, actor, import_id, lock=True)
    if about.state != ImportState.DONE:
        raise StaleError(NOT_DONE)
    about.state, about.handled = ImportState.UNDOING, 0
    about.created_by = actor.membership_id
    session.flush()
    _put(session, about)
    record(session, actor, "import.undoing", "import", about.id, brand_id=about.brand_id)
    return about


def _put(session: TenantSession, about: Import) -> None:
    put(session, "import", session.agency_id, about.id)
    ring_after_commit(session, "imports")


def _open(session: TenantSession, actor: Actor, import_id: uuid.UUID) -> Import:
    about = load_import(session, actor, import_id, lock=True)
    if about.state not in OPEN:
        raise StaleError(STARTED)
    return about
