"""A worker that dies in the middle of an import: nothing of it stays, and the next one takes all in, once."""

import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.engine import make_url
from support.desk import Desk
from support.plans import HEADERS, csv_file, kept, mapped, row, started

from unisson.config import Settings
from unisson.editorial.models import Content
from unisson.imports.models import ImportState
from unisson.imports.taking import BATCH, take_due
from unisson.runtime import Runtime

ROWS = BATCH + 100
WAITS = text(
    "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'unisson worker'"
)
OTHERS = text("select count(*) from pg_stat_activity where application_name = 'unisson worker' and state <> 'idle'")


@pytest.fixture
def owner(settings: Settings) -> Iterator[Engine]:
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


def comes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 120
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def many(desk: Desk) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Content)) or 0


def test_nothing_is_lost_and_nothing_comes_twice(
    desk: Desk, worker: Runtime, owner: Engine, mailer: Callable[[], subprocess.Popen[bytes]]
) -> None:
    import_id = mapped(desk, csv_file([list(HEADERS), *(row(f"N° {n}") for n in range(ROWS))]))
    started(desk, import_id)
    with owner.connect() as holder, holder.begin():
        # The worker stops where it tells how far it is: after its first batch, before the second.
        _in_agency(holder, desk.world.agency_id)
        holder.execute(text("select 1 from app.imports where id = :i for update"), {"i": import_id})
        process = mailer()
        with owner.connect() as watcher:
            assert comes_true(lambda: bool(asked(watcher, WAITS)))
        os.kill(process.pid, signal.SIGKILL)
        process.wait(60)
    with owner.connect() as watcher:
        assert comes_true(lambda: not asked(watcher, OTHERS))
    assert many(desk) == 0
    assert kept(desk, import_id).state == ImportState.TAKING

    with worker.database.everywhere() as session:
        lapsed = "update app.dispatch set lease_until = clock_timestamp() - interval '1 second' where item_id = :i"
        session.execute(text(lapsed), {"i": import_id})
    mailer()
    desk.runtime.bell.answered("mail")
    desk.runtime.bell.ring("imports")
    assert comes_true(lambda: kept(desk, import_id).state == ImportState.DONE)
    assert (many(desk), kept(desk, import_id).handled) == (ROWS, ROWS)
    take_due(worker)
    assert many(desk) == ROWS


def asked(connection: object, question: object) -> int:
    number = connection.execute(question).scalar()  # type: ignore[attr-defined]  # a connection
    connection.rollback()  # type: ignore[attr-defined]  # the figures are those of one transaction
    return int(number)


def _in_agency(connection: object, agency_id: uuid.UUID) -> None:
    connection.execute(text("select set_config('app.agency_id', :a, true)"), {"a": str(agency_id)})  # type: ignore[attr-defined]  # a connection
