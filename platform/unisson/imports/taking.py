"""What a worker does of an import: all chosen rows become drafts in one transaction, or none does; and the way back.

An import stands on the dispatch table until it is over. A worker that dies leaves its claim to lapse, and what it had
written goes with its transaction: the next one begins anew. The last statement turns the import's state, so that of
two workers one finds nothing left to do, and what it wrote is gone too.
"""

import uuid
from collections.abc import Callable, Sequence

import structlog
from sqlalchemy import ARRAY, Uuid, any_, column, delete, func, literal, select, update
from sqlalchemy.orm import aliased

from tenants.access import Actor
from tenants.errors import ForbiddenError, NotFoundError
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done
from unisson.editorial.models import Content, ContentState
from unisson.editorial.writing_many import Desk, Made, write_many
from unisson.imports.models import Import, ImportRow, ImportState, RowState
from unisson.imports.preparing import check_rows, ready
from unisson.imports.rows import RowReader
from unisson.notifications import notices
from unisson.portal.guests import actor_of
from unisson.runtime import Runtime
from unisson.threads.models import Thread

log = structlog.get_logger(__name__)

LEASE = 60.0
LONGEST = 15.0
"""Seconds that must be left to begin one: ten thousand rows take a few, and a job is ended when its time is over."""
BATCH = 500

Told = Callable[[int], None]
"""What hears how many rows were handled so far."""


class OvertakenError(Exception):
    """Another worker was on it, and has ended it: nothing of this one's work may stay."""


def take_due(runtime: Runtime, budget_seconds: float = 40.0) -> int:
    """Attend to the imports that are due, one after the other, while there is time for one; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    def tell(handled: int) -> None:
        with runtime.database.agency(claimed.agency_id) as session:
            session.execute(update(Import).where(Import.id == claimed.item_id).values(handled=handled))

    try:
        with runtime.database.agency(claimed.agency_id) as session:
            about = session.get(Import, (claimed.agency_id, claimed.item_id))
            if about is not None and about.state == ImportState.TAKING:
                take_in(session, about, tell)
            elif about is not None and about.state == ImportState.UNDOING:
                take_back(session, about)
            _finish(session, claimed)
    except OvertakenError:
        log.warning("imports.overtaken", item=str(claimed.item_id))


_DUTY = Duty("imports", _attend, LEASE, longest=LONGEST)


def _finish(session: TenantSession, claimed: Claim) -> None:
    """Take it off the table. Raises OvertakenError when the claim had passed to somebody else."""
    if not done(session, claimed):
        raise OvertakenError


def take_in(session: TenantSession, about: Import, tell: Told) -> None:
    """Write a draft for every chosen row without faults, or say why none was written."""
    try:
        desk = Desk.of(session, _actor(session, about), about.brand_id)
    except (NotFoundError, ForbiddenError):
        _end(session, about, ImportState.TAKING, ImportState.PREVIEW, problem="not_allowed")
        return
    rows = session.execute(
        select(ImportRow.id, ImportRow.number, ImportRow.cells, ImportRow.fold)
        .where(*ready(about.id))
        .order_by(ImportRow.number)
    ).all()
    reader = RowReader(desk, about)
    drafts = [(row.id, reader.read(row.number, row.cells, row.fold).made) for row in rows]
    sound = [(row_id, made) for row_id, made in drafts if made is not None]
    if len(sound) != len(drafts):
        # A time that has come meanwhile, a channel that was disconnected: nothing is taken in by halves.
        check_rows(session, desk, about)
        _end(session, about, ImportState.TAKING, ImportState.PREVIEW, problem="rows_changed")
        return
    for begun in range(0, len(sound), BATCH):
        _take_batch(session, desk, sound[begun : begun + BATCH])
        tell(min(begun + BATCH, len(sound)))
    record(
        session, desk.actor, "import.taken", "import", about.id, brand_id=about.brand_id, rows=len(sound),
        filename=about.filename,
    )  # fmt: skip
    _end(session, about, ImportState.TAKING, ImportState.DONE)


def _take_batch(session: TenantSession, desk: Desk, batch: Sequence[tuple[uuid.UUID, Made]]) -> None:
    ids = write_many(session, desk, [made for _row_id, made in batch])
    pairs = (
        func.unnest(literal([row_id for row_id, _made in batch], ARRAY(Uuid)), literal(ids, ARRAY(Uuid)))
        .table_valued(column("row_id", Uuid), column("content_id", Uuid), name="pair")
        .render_derived()
    )
    session.execute(
        update(ImportRow)
        .where(ImportRow.id == pairs.c.row_id)
        .values(state=RowState.TAKEN.value, content_id=pairs.c.content_id)
        .execution_options(synchronize_session=False)
    )


def take_back(session: TenantSession, about: Import) -> None:
    """Delete the drafts of an import that are as they were taken in; those that somebody touched stay."""
    of_import = select(ImportRow.content_id).where(
        ImportRow.import_id == about.id, ImportRow.state == RowState.TAKEN, ImportRow.content_id.is_not(None)
    )
    # Locked first: whoever edits or answers one meanwhile comes before, and is seen below.
    session.execute(select(Content.id).where(Content.id.in_(of_import)).order_by(Content.id).with_for_update()).all()
    follower = aliased(Content)
    untouched = session.scalars(
        select(Content.id).where(
            Content.id.in_(of_import),
            Content.version == 1,
            Content.state == ContentState.DRAFT,
            ~select(follower.id)
            .where(follower.agency_id == Content.agency_id, follower.follows_id == Content.id)
            .exists(),
            ~select(Thread.id).where(Thread.agency_id == Content.agency_id, Thread.content_id == Content.id).exists(),
        )
    ).all()
    for state, among in ((RowState.REMOVED, True), (RowState.KEPT, False)):
        listed = ImportRow.content_id == any_(literal(list(untouched), ARRAY(Uuid)))
        session.execute(
            update(ImportRow)
            .where(ImportRow.import_id == about.id, ImportRow.state == RowState.TAKEN, listed if among else ~listed)
            .values({"state": state.value, **({"content_id": None} if among else {})})
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(Content)
        .where(Content.id == any_(literal(list(untouched), ARRAY(Uuid))))
        .execution_options(synchronize_session=False)
    )
    record(
        session, _actor_or_none(session, about), "import.undone", "import", about.id, brand_id=about.brand_id,
        removed=len(untouched),
    )  # fmt: skip
    _end(session, about, ImportState.UNDOING, ImportState.UNDONE)


def _end(session: TenantSession, about: Import, before: ImportState, after: ImportState, problem: str = "") -> None:
    """Turn the state, unless somebody has, and write to whoever started it. Raises OvertakenError."""
    turned = session.execute(
        update(Import)
        .where(Import.id == about.id, Import.state == before)
        .values(state=after.value, problem=problem, ended_at=func.clock_timestamp())
        .returning(Import.id)
        .execution_options(synchronize_session=False)
    ).first()
    if turned is None:
        raise OvertakenError
    if before is ImportState.TAKING:
        told = {"import_id": str(about.id), "brand_id": str(about.brand_id), "file": about.filename}
        notices.tell(session, about.created_by, "import_over", told)


def _actor(session: TenantSession, about: Import) -> Actor:
    """Return who started it, with the roles that they have now. Raises NotFoundError for somebody who has left."""
    person = session.get_one(Membership, (session.agency_id, about.created_by))
    if person.removed_at is not None:
        raise NotFoundError
    return actor_of(session, person)


def _actor_or_none(session: TenantSession, about: Import) -> Actor | None:
    try:
        return _actor(session, about)
    except NotFoundError:
        return None
