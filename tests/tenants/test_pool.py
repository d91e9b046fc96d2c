"""A pooled connection never carries an agency to its next user, whatever goes wrong meanwhile."""

import random
import threading
import uuid
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from tenants.engines import make_engine
from tenants.session import Database
from tests.support.estate import build_estate
from tests.support.world import build_world
from unisson.config import Settings
from unisson.runtime import Runtime

THREADS, ROUNDS, CONNECTIONS = 8, 400, 4


@pytest.fixture
def small_pool(settings: Settings) -> Iterator[Database]:
    engine = make_engine(settings.database_web_url, pool_size=CONNECTIONS)
    yield Database(engine)
    engine.dispose()


def test_thousands_of_checkouts_with_errors_show_no_foreign_row(runtime: Runtime, small_pool: Database) -> None:
    agencies = [build_world(runtime).agency_id for _ in range(4)]
    wrong: list[object] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(ROUNDS):
            mine = dice.choice(agencies)
            try:
                with small_pool.agency(mine) as session:
                    seen = set(session.execute(text("select agency_id from app.brands")).scalars())
                    wrong.extend(seen - {mine})
                    wrong.extend([] if seen else ["nothing seen"])
                    _stumble(session, dice)
            except (DBAPIError, ZeroDivisionError):
                continue

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def _stumble(session: object, dice: random.Random) -> None:
    """Fail in one of the ways that real requests do."""
    match dice.randrange(5):
        case 0:
            session.execute(text("select 1/0"))
        case 1:
            raise ZeroDivisionError
        case 2:
            session.execute(text("savepoint s"))
        case 3:
            session.rollback()
        case _:
            pass


def _agency_in_force(connection: Connection) -> bool:
    """Ask the server itself, on the very connection."""
    driver = connection.connection.driver_connection
    return bool(driver.execute("select current_setting('app.agency_id', true)").fetchone()[0])


def test_no_tenant_statement_runs_before_its_agency_is_set(app, runtime: Runtime, worker: Runtime) -> None:
    """Watch every statement of a walk over the pages: under no agency, only the global tables are spoken to."""
    from tenants.identities import GLOBAL_TABLES
    from tests.architecture.test_matrix import agency_calls, send
    from unisson.tables import metadata

    tenant_tables = {table.name for table in metadata.tables.values()} - GLOBAL_TABLES
    engine, faults, watched = runtime.database.engine, [], []

    def statement(connection: Connection, _cursor, sql: str, *_rest: object) -> None:
        if any(f"app.{table}" in sql for table in tenant_tables):
            watched.append(sql)
            if not _agency_in_force(connection):
                faults.append(sql)

    event.listen(engine, "before_cursor_execute", statement)
    try:
        estate = build_estate(runtime, worker, f"C-{uuid.uuid4().hex[:6]}")
        for call in agency_calls(app, estate.world.slug, estate.own):
            send(app, call, estate.world, "account_manager")
    finally:
        event.remove(engine, "before_cursor_execute", statement)
    assert len(watched) > 100
    assert faults == []
