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
from sqlalchemy import Connection, Engine, Text, cast, event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

from tenants.at_hand import AtHand
from tenants.base import TenantOwned
from tenants.beside import Beside, Written, hold
from tenants.context import acting_for
from tenants.errors import ForeignRowError, MissingAgencyError
from tenants.wire import Answered, Command, Prepared, Question, Reminder, Value, WiredConnection

Row = TypeVar("Row")

_ENTER = text("select set_config('app.agency_id', :agency, true)")
_NOW = Command(select(cast(func.clock_timestamp(), Text)))


class GlobalSession(Session):
    """A session on the few tables that belong to no agency. Tenant tables answer it with no rows."""


class TenantSession(Session):
    """A session of one agency, said once in `info` and never changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._beside = Beside()
        self._connected: Connection | None = None

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
        known = [told for name in ("foreseen", "heard") if (told := self.info.get(name))]
        key = (question, question.written(values)) if known else None
        told = next((each for each in known if key in each), None)
        answer = self._put(question, values) if told is None else told.pop(key)
        self.asked.append(Answered(question, values, answer))
        return answer

    def _put(self, question: Question, values: Mapping[str, Value]) -> bytes | None:
        connection = self._about_to(question, values)
        with _told_as_sqlalchemy_does(connection):
            return _wired(connection).ask(question, values)

    def foresee(self, asked: Sequence[tuple[Question, Mapping[str, Value]]]) -> None:
        """Put several questions in one exchange; whoever asks the same first in this session is told the answer.

        Nothing is flushed, and with the next flush that writes something all of it is forgotten.
        """
        for question, values in asked:
            connection = self._about_to(question, values)
        with _told_as_sqlalchemy_does(connection):
            answers = _wired(connection).ask_all(asked)
        told = zip(asked, answers, strict=True)
        self.info["foreseen"] = {(question, question.written(values)): answer for (question, values), answer in told}

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

    def carry_out_all(self, commands: Sequence[Written]) -> list[list[str]]:
        """Return what each of several prepared commands answers, in one exchange. Nothing is flushed.

        Raises DBAPIError; the commands after the one that fails are not carried out.
        """
        for command, values in commands:
            connection = self._about_to(command, values)
        with _told_as_sqlalchemy_does(connection):
            return _wired(connection).carry_out_all(commands)

    def carry_out_later(
        self, command: Command, values: Mapping[str, Value], then: Callable[[list[str]], None] | None = None
    ) -> None:
        """Carry a prepared command out with the next flush, in its place among the rows beside the unit of work.

        `then` is told what it answers.
        """
        self._beside.say(command, values, then)

    def add_rows(self, *rows: TenantOwned) -> None:
        """Have new rows written with the next flush, beside the unit of work and after what it holds, in their order.

        For what nobody looks at again in this session, which does not know them: it neither finds them by their key
        nor sees what is changed of them once they are written. Rows that others refer to are given before those.
        """
        self._beside.add(rows)

    def change(self, row: TenantOwned, **values: object) -> None:
        """Set attributes of a row, and have them written with the next flush, in one update by its key.

        A row that waits to be written itself is written as it is then.
        """
        self._beside.change(row, values)

    def awaits(self, model: type[TenantOwned]) -> bool:
        """Return whether a new row of `model` waits for the next flush, whichever way it is written."""
        return self._beside.awaits(model) or any(isinstance(row, model) for row in self.new)

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what the unit of work holds, then what is beside it, in one exchange.

        Raises ForeignRowError, DBAPIError, StaleDataError for a row that is gone.
        """
        super().flush(objects)
        if self._beside:
            self.info.pop("foreseen", None)
            self._beside.write(self)

    def rollback(self) -> None:
        """Roll back; what waits to be written is let go of, in a transaction or before one."""
        self._beside.forget()
        super().rollback()

    def expunge_all(self) -> None:
        """Let go of every row, those that wait to be written among them."""
        self._beside.forget()
        super().expunge_all()

    def _about_to(self, prepared: Prepared, values: Mapping[str, Value]) -> Connection:
        """Return the connection, after whoever counts statements was told of this one."""
        connection = self._connected
        # Asking SQLAlchemy takes long, and is what sends a savepoint: within one, it is asked each time.
        if connection is None or self.in_nested_transaction() or not self.is_active:
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
    session._connected = connection


@event.listens_for(TenantSession, "after_transaction_end")
def _leave(session: TenantSession, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session._connected = None
        session._beside.end()


def _enter(connection: Connection, agency_id: uuid.UUID) -> None:
    if isinstance(connection.connection.driver_connection, WiredConnection):
        with _told_as_sqlalchemy_does(connection):
            _wired(connection).enter(agency_id)
    else:
        connection.execute(_ENTER, {"agency": str(agency_id)})


@event.listens_for(TenantSession, "before_flush")
def _hold_rows(session: TenantSession, _context: object, _instances: object) -> None:
    session.info.pop("foreseen", None)
    for row in (*session.new, *session.dirty, *session.deleted):
        if isinstance(row, TenantOwned):
            hold(row, session.agency_id)


@event.listens_for(TenantSession, "before_commit")
def _write_beside(session: TenantSession) -> None:
    """Rows beside the unit of work do not make a session dirty, so that committing would not flush it."""
    if session._beside:
        session.flush()


@event.listens_for(TenantSession, "after_soft_rollback")
def _forget_beside(session: TenantSession, _transaction: SessionTransaction) -> None:
    session._beside.turn_back()


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


class Database:
    """The sessions of one database role. `info` goes into each session's own (the bell, for one)."""

    def __init__(self, engine: Engine, info: Mapping[str, object] | None = None) -> None:
        self.engine = engine
        self._info = dict(info or {})
        self._tenant = sessionmaker(engine, class_=TenantSession, expire_on_commit=False)
        self._global = sessionmaker(engine, class_=GlobalSession, expire_on_commit=False)
        self._at_hand = AtHand(engine)

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
        return self._at_hand.ask_again(agency_id, reminders)

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
