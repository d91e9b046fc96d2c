"""What is done for each agency by itself, every few minutes and once a night: seals and checks.

Which agency is next stands in the directory; whoever takes it puts its next time there, so that each is looked at once.
"""

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute

from tenants.identities import DirectoryEntry
from tenants.session import TenantSession
from unisson.activity import seals
from unisson.activity.models import SealCheck
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

QUIET = timedelta(minutes=10)
"""Between two looks at an agency where nothing happened."""
BUSY = timedelta(minutes=1)
NIGHT = timedelta(days=1)
AT_ONCE = 20
CHECKED_A_NIGHT = 200
"""Seals that are worked out anew in one night; the next night goes on from there, and begins again at the end."""

Task = Callable[[TenantSession], None]


def seal_due(runtime: Runtime, budget_seconds: float) -> int:
    """Seal the trails whose time has come, within the budget; return how many agencies."""
    ends = time.monotonic() + budget_seconds
    agencies = _taken(runtime, DirectoryEntry.seal_at, QUIET)
    for agency_id in agencies:
        if time.monotonic() > ends:
            _put(runtime, agency_id, timedelta())
        else:
            _keep(runtime, agency_id, ends)
    return len(agencies)


def night_due(runtime: Runtime, tasks: Sequence[Task] = ()) -> int:
    """Check seals and do `tasks`, each in a transaction of its own, where the night has come; return how many."""
    agencies = _taken(runtime, DirectoryEntry.night_at, NIGHT)
    for agency_id in agencies:
        for task in (check_some, *tasks):
            try:
                with runtime.database.agency(agency_id) as session:
                    task(session)
            except Exception:
                log.exception("night.fault", agency=str(agency_id), task=task.__name__)
    return len(agencies)


def check_some(session: TenantSession) -> None:
    """Work the next seals out anew and note what was found; what is not as it was sealed is an error of the log."""
    last = session.scalars(select(SealCheck.through).order_by(SealCheck.checked_at.desc()).limit(1)).first() or 0
    newest = seals.head(session)
    if newest is None:
        return
    found = seals.check(session, after=0 if last >= newest.number else last, at_most=CHECKED_A_NIGHT)
    session.add(SealCheck(through=found.through, fault="; ".join(found.faults)[:500]))
    for fault in found.faults:
        log.error("trail.broken", agency=str(session.agency_id), fault=fault)


def _keep(runtime: Runtime, agency_id: uuid.UUID, ends: float) -> None:
    sealed = 0
    try:
        while time.monotonic() < ends:
            with runtime.database.agency(agency_id) as session:
                some = seals.seal_some(session)
            sealed += some
            if some < seals.EVENTS_A_SEAL:
                break
    except IntegrityError:
        log.info("seal.overtaken", agency=str(agency_id))
    except Exception:
        log.exception("seal.fault", agency=str(agency_id))
    if sealed:
        _put(runtime, agency_id, BUSY)


def _taken(runtime: Runtime, column: InstrumentedAttribute[object], next_in: timedelta) -> Sequence[uuid.UUID]:
    due = (
        select(DirectoryEntry.agency_id)
        .where(column <= func.clock_timestamp())
        .order_by(column)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taking = (
        update(DirectoryEntry)
        .where(DirectoryEntry.agency_id.in_(select(due.c.agency_id)))
        .values({column: func.clock_timestamp() + next_in})
        .returning(DirectoryEntry.agency_id)
        .execution_options(synchronize_session=False)
    )
    with runtime.database.everywhere() as session:
        return session.scalars(taking).all()


def _put(runtime: Runtime, agency_id: uuid.UUID, seal_in: timedelta) -> None:
    with runtime.database.everywhere() as session:
        session.execute(
            update(DirectoryEntry)
            .where(DirectoryEntry.agency_id == agency_id)
            .values(seal_at=func.clock_timestamp() + seal_in)
            .execution_options(synchronize_session=False)
        )
