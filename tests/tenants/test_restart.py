"""PostgreSQL is killed and comes back: the pool finds out by itself."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tenants.engines import await_server, make_engine
from tenants.session import Database
from unisson import embedded


@pytest.fixture
def servers() -> Iterator[embedded.Servers]:
    """Servers of this test's own, which it may kill."""
    folder = Path(tempfile.mkdtemp(prefix="unisson-restart-"))
    folder.chmod(0o755)
    with embedded.servers(folder) as running:
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def test_nobody_fails_on_a_connection_from_before_the_crash(servers: embedded.Servers) -> None:
    database = Database(make_engine(servers.postgres.url("postgres"), pool_size=2))
    with database.everywhere() as one, database.everywhere() as other:
        before = {session.execute(text("select pg_backend_pid()")).scalar_one() for session in (one, other)}
    killed = servers.postgres.pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    while not servers.dead():
        time.sleep(0.05)
    servers.revive()
    with database.everywhere() as one, database.everywhere() as other:
        after = {session.execute(text("select pg_backend_pid()")).scalar_one() for session in (one, other)}
    database.engine.dispose()
    assert not before & after


def test_who_starts_while_the_server_is_away_waits_for_it(servers: embedded.Servers) -> None:
    engine, stop = make_engine(servers.postgres.url("postgres"), pool_size=2), Event()
    killed = servers.postgres.pid()
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    while not servers.dead():
        time.sleep(0.05)
    with pytest.raises(OperationalError):
        await_server(engine, stop, seconds=0.1)
    waiting = [Thread(target=await_server, args=(engine, each)) for each in (stop, Event())]
    for thread in waiting:
        thread.start()
    stop.set()
    waiting[0].join(timeout=20)
    assert [thread.is_alive() for thread in waiting] == [False, True]
    servers.revive()
    waiting[1].join(timeout=60)
    assert not waiting[1].is_alive()
    with Database(engine).everywhere() as session:
        assert session.execute(text("select 1")).scalar_one() == 1
    engine.dispose()
