"""PostgreSQL is killed and comes back: the pool finds out by itself."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tenants.engines import make_engine
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
