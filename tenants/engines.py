"""Engines whose connections say their short sentences in one breath, and forget everything in the pool."""

import time
from threading import Event
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import InvalidatePoolError, OperationalError

from tenants.errors import UnsafeRoleError
from tenants.wire import WiredConnection


def make_engine(url: str | URL, *, pool_size: int = 8, application: str = "unisson") -> Engine:
    """Return an engine whose connections are wiped when they go back to the pool. It connects on first use."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    engine = create_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
        },
    )
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "checkout", _probe)
    event.listen(engine, "reset", _wipe)
    return engine


def _connect(_dialect: object, _record: object, arguments: Any, options: Any) -> WiredConnection:
    return WiredConnection.connect(*arguments, **options)


def _probe(dbapi_connection: WiredConnection, _record: object, _proxy: object) -> None:
    """After a restart of the server the pool's connections are made anew, before anybody fails on one."""
    if not dbapi_connection.is_alive():
        raise InvalidatePoolError("the server went away")


def _wipe(dbapi_connection: WiredConnection, _record: object, state: Any) -> None:
    """Belt and braces: nothing that a session set may survive in the pool."""
    if not state.terminate_only:
        dbapi_connection.wipe()


def await_server(engine: Engine, stop: Event, seconds: float = 60.0) -> None:
    """Wait for a server that is away or starting up, until it answers or `stop` is set.

    Raises OperationalError when it has not answered for so many seconds.
    """
    until = time.monotonic() + seconds
    while not stop.is_set():
        try:
            engine.connect().close()
        except OperationalError:
            if time.monotonic() > until:
                raise
            stop.wait(0.5)
        else:
            return


def refuse_unsafe_role(engine: Engine) -> None:
    """Raise UnsafeRoleError if the engine's role could see past row-level security: superuser, bypass, or an owner."""
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "select current_user as name, rolsuper or rolbypassrls as bypass,"
                " exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                "   where n.nspname = 'app' and pg_has_role(r.oid, c.relowner, 'member')) as owner"
                " from pg_roles r where rolname = current_user"
            )
        ).one()
    if row.bypass or row.owner:
        raise UnsafeRoleError(f"the database role {row.name} can bypass row-level security")
