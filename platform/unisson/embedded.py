"""A real PostgreSQL and a real Valkey out of wheels, in one folder, durable, for `make run` and the tests.

They listen on Unix sockets only. They belong to the process that started them: when it dies, however it dies, they
shut down by themselves; whoever comes next waits for that, or takes over what still runs.
"""

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from unisson.data_folder import claim
from unisson.embedded_account import EmbeddedError
from unisson.embedded_parts import Postgres, Valkey

__all__ = ["EmbeddedError", "Servers", "claim", "ensure_database", "servers", "start"]

DATABASE = "unisson"
PATIENCE = 600.0  # seconds: the recovery of a big database after a crash can be long

Step = Callable[[str], None]


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Servers:
    """Both servers of one data folder. `database` and `valkey` are their URLs, the first as a superuser."""

    data_dir: Path
    postgres: Postgres
    keyspace: Valkey
    _lock: IO[str] | None = field(default=None, repr=False)

    @property
    def database(self) -> str:
        """Return the URL of the database `unisson`."""
        return self.postgres.url(DATABASE)

    @property
    def valkey(self) -> str:
        """Return the URL of database 0 of Valkey."""
        return self.keyspace.url

    @property
    def is_owner(self) -> bool:
        """Whether this process is the one that must stop them."""
        return self._lock is not None

    def dead(self) -> list[str]:
        """Return the names of the servers that do not run; cheap enough to ask every second."""
        return [part.name for part in (self.postgres, self.keyspace) if not part.is_running()]

    def revive(self, on_step: Step = _silent) -> None:
        """Start again whatever died, and take over its ownership if its owner is gone.

        Raises:
            EmbeddedError: saying why it does not start.
        """
        if self._lock is None:
            self._lock = _lock(self.data_dir)
        if self._lock is not None:
            self.postgres.start(on_step)
            self.keyspace.start(on_step)
            ensure_database(self.postgres.url("postgres"), DATABASE)

    def stop(self) -> None:
        """Stop both if this process owns them: Valkey first, PostgreSQL by its fast shutdown."""
        if self._lock is None:
            return
        try:
            self.keyspace.stop()
            self.postgres.stop()
        finally:
            self._lock.close()
            self._lock = None


def start(data_dir: Path, on_step: Step = _silent) -> Servers:
    """Return the servers of `data_dir`, running: started here, or already run by another process of the product.

    Raises:
        EmbeddedError: one sentence for whoever reads the terminal.
    """
    data_dir = data_dir.resolve()
    claim(data_dir)
    found = Servers(data_dir, Postgres(data_dir), Valkey(data_dir))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found.revive(on_step)
        if found.is_owner or (found.postgres.answers() and found.keyspace.answers()):
            return found
        time.sleep(0.1)  # another process is starting or stopping them
    raise EmbeddedError(f"Another process holds {data_dir} but its servers do not answer; stop it and start again.")


@contextlib.contextmanager
def servers(data_dir: Path, on_step: Step = _silent) -> Iterator[Servers]:
    """Run the servers of `data_dir` for the length of a block; see `start`."""
    running = start(data_dir, on_step)
    try:
        yield running
    finally:
        running.stop()


def ensure_database(admin_url: str, name: str) -> str:
    """Create the database `name` in the cluster of `admin_url` unless it is there; return its URL."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        if connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    return urlsplit(admin_url)._replace(path=f"/{name}").geturl()


def _lock(data_dir: Path) -> IO[str] | None:
    """Return the lock of the folder's owner, or None while another living process holds it."""
    handle = (data_dir / "servers.lock").open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle
