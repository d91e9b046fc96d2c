"""One transaction per request or job, bound to one agency.

`set_config(…, true)` is the only way the agency reaches PostgreSQL: it ends with the transaction, so a pooled
connection (PgBouncer's in transaction mode too) never carries it to the next user.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, Text, cast, create_engine, event, func, select, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from tenants.base import TenantOwned
from tenants.context import acting_for
from tenants.errors import ForeignRowError, MissingAgencyError, UnsafeRoleError
from tenants.wire import Answered, Command, Prepared, Question, Reminder, Value, WiredConnection

Row = TypeVar("Row")

_ENTER = text("select set_config('app.agency_id', :agency, true)")
_NOW = Command(select(cast(func.clock_timestamp(), Text)))


class GlobalSession(Session):
    """A session on the few tables that belong to no agency. Tenant tables answer it with no rows."""


class TenantSession(Session):
    """A session of one agency, said once in `info` and never changed."""

    @property
    def agency_id(self) -> uuid.UUID:
        """Return the session's agency. Raises MissingAgencyError when it has none."""
        agency_id = self.info.get("agency_id")
        if not isinstance(agency_id, uuid.UUID):
            raise MissingAgencyError("this session was opened for no agency")
        return agency_id

    def now(self) -> datetime:
        """Return the moment that it is by the database's clock, the only one that decides."""
        connection = self._about_to(_NOW, {})
        with _told_as_sqlalchemy_does(connection):
            return datetime.fromisoformat(_wired(connection).carry_out(_NOW, {})[0])

    def read_once(self, entity: type[Row], *key: uuid.UUID) -> Row:
        """Return the row of the agency with this key, read once in this session: for what a transaction only reads.

        Raises NoResultFound.
        """
        return self.hold(self.get_one(entity, (self.agency_id, *key)))

    def hold(self, row: Row) -> Row:
        """Return a row, held from here on: the session itself holds it weakly, and would ask for it again."""
        self.info.setdefault("held", set()).add(row)
        return row

    def ask(self, question: Question, values: Mapping[str, Value]) -> Any:
        """Return the JSON that answers a prepared question within the agency; None for no row. Nothing is flushed.

        Raises DBAPIError.
        """
        answer = self.answer_to(question, values)
        return None if answer is None else json.loads(answer)

    def answer_to(self, question: Question, values: Mapping[str, Value]) -> bytes | None:
        """Return the same as the database wrote it. Raises alike."""
        heard = self.info.get("heard")
        key = (question, question.written(values)) if heard else None
        answer = heard.pop(key) if heard and key in heard else self._put(question, values)
        self.asked.append(Answered(question, values, answer))
        return answer

    def _put(self, question: Question, values: Mapping[str, Value]) -> bytes | None:
        connection = self._about_to(question, values)
        with _told_as_sqlalchemy_does(connection):
            return _wired(connection).ask(question, values)

    def hear(self, reminders: Sequence[Reminder], answers: Sequence[bytes | None]) -> None:
        """Take what the database has just answered within the same request: who asks first is told that.

        A statement sees what is committed as it begins, in whichever transaction: nothing older is told for it.
        """
        told = zip(reminders, answers, strict=True)
        self.info["heard"] = {(each.question, each.said): answer for each, answer in told}

    def carry_out(self, command: Command, values: Mapping[str, Value]) -> list[str]:
        """Return what a prepared command answers of each row that it touched in the agency. Nothing is flushed.

        Raises DBAPIError.
        """
        connection = self._about_to(command, values)
        with _told_as_sqlalchemy_does(connection):
            return _wired(connection).carry_out(command, values)

    def _about_to(self, prepared: Prepared, values: Mapping[str, Value]) -> Connection:
        """Return the connection, after whoever counts statements was told of this one."""
        connection = self.connection()
        for watch in connection.dispatch.before_cursor_execute:
            watch(connection, None, prepared.sql.decode(), values, None, False)
        return connection

    @property
    def asked(self) -> list[Answered]:
        """Return the questions that were asked so far, with their answers, in their order."""
        known: list[Answered] = self.info.setdefault("asked", [])
        return known


def _wired(connection: Connection) -> WiredConnection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, WiredConnection)  # noqa: S101 - every engine of this module connects so
    return driver


@contextmanager
def _told_as_sqlalchemy_does(connection: Connection) -> Iterator[None]:
    """Raise the driver's errors as those that callers know, and give up a connection that is lost."""
    try:
        yield
    except psycopg.Error as error:
        is_lost = _wired(connection).closed
        told = DBAPIError.instance(None, None, error, psycopg.Error, connection_invalidated=is_lost)
        if is_lost:
            connection.invalidate(error)
        raise told from error


@event.listens_for(TenantSession, "after_begin")
def _enter_agency(session: TenantSession, _transaction: SessionTransaction, connection: Connection) -> None:
    bound = session.info.setdefault("bound_agency_id", session.agency_id)
    if bound != session.agency_id:
        raise ForeignRowError("a session serves one agency from its first to its last statement")
    _enter(connection, bound)


def _enter(connection: Connection, agency_id: uuid.UUID) -> None:
    if isinstance(connection.connection.driver_connection, WiredConnection):
        with _told_as_sqlalchemy_does(connection):
            _wired(connection).enter(agency_id)
    else:
        connection.execute(_ENTER, {"agency": str(agency_id)})


@event.listens_for(TenantSession, "before_flush")
def _hold_rows(session: TenantSession, _context: object, _instances: object) -> None:
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, TenantOwned):
            owner: uuid.UUID | None = row.agency_id
            if owner is None:
                row.agency_id = session.agency_id
            elif owner != session.agency_id:
                raise ForeignRowError(f"a {type(row).__name__} of another agency")


@event.listens_for(Session, "after_commit")
def _run_after_commit(session: Session) -> None:
    waiting: list[Callable[[], None]] = session.info.pop("after_commit", [])
    for act in waiting:
        act()


@event.listens_for(Session, "after_rollback")
def _forget_after_commit(session: Session) -> None:
    session.info.pop("after_commit", None)


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Run `act` once the session's transaction is durable; never if it is rolled back."""
    session.info.setdefault("after_commit", []).append(act)


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


class Database:
    """The sessions of one database role. `info` goes into each session's own (the bell, for one)."""

    def __init__(self, engine: Engine, info: Mapping[str, object] | None = None) -> None:
        self.engine = engine
        self._info = dict(info or {})
        self._tenant = sessionmaker(engine, class_=TenantSession, expire_on_commit=False)
        self._global = sessionmaker(engine, class_=GlobalSession, expire_on_commit=False)

    def open_agency(self, agency_id: uuid.UUID) -> TenantSession:
        """Return a session of one agency, for a caller who commits and closes it."""
        return self._tenant(info={**self._info, "agency_id": agency_id})

    def open_global(self) -> GlobalSession:
        """Return a session on the tables that belong to no agency, for a caller who commits and closes it."""
        return self._global(info=dict(self._info))

    @contextmanager
    def agency(self, agency_id: uuid.UUID) -> Iterator[TenantSession]:
        """One transaction in one agency: committed at the end of the block, rolled back by an exception."""
        with acting_for(agency_id), self.open_agency(agency_id) as session, session.begin():
            yield session

    @contextmanager
    def everywhere(self) -> Iterator[GlobalSession]:
        """One transaction on the global tables: committed at the end of the block, rolled back by an exception."""
        with self.open_global() as session, session.begin():
            yield session

    def ask_again(self, agency_id: uuid.UUID, reminders: Sequence[Reminder]) -> list[bytes | None]:
        """Return what questions asked before have for answers in the agency now, in one exchange.

        Raises psycopg.Error, and SQLAlchemy's errors of a pool without a connection.
        """
        for watch in self.engine.dispatch.before_cursor_execute:
            for reminder in reminders:
                watch(None, None, reminder.question.sql.decode(), {}, None, False)
        borrowed = self.engine.raw_connection()
        try:
            driver = borrowed.driver_connection
            assert isinstance(driver, WiredConnection)  # noqa: S101 - every engine of this module connects so
            return driver.ask_again(agency_id, reminders)
        finally:
            borrowed.close()

    @contextmanager
    def agency_snapshot(self, agency_id: uuid.UUID) -> Iterator[Connection]:
        """One Core transaction in one agency that sees its rows as they are at its first statement, until it ends."""
        still = self.engine.execution_options(isolation_level="REPEATABLE READ")
        with acting_for(agency_id), still.begin() as connection:
            _enter(connection, agency_id)
            yield connection

    @contextmanager
    def agency_connection(self, agency_id: uuid.UUID) -> Iterator[Connection]:
        """One bare Core transaction in one agency, for the publisher's few prepared statements."""
        with self.engine.begin() as connection:
            _enter(connection, agency_id)
            yield connection
