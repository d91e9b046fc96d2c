"""A connection that says its short sentences to PostgreSQL in one breath each.

psycopg builds a query from Python, waits for the socket in steps of its own, and speaks `begin`, `set_config`, `commit`
and `reset all` as four such exchanges: on a page that reads little they cost more than the page. libpq's blocking call
does the same in a tenth of the CPU, and one call may hold several commands. Everything else goes through psycopg as is.
"""

import json
import select
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_FINE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_OPEN = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})
_SURE_FOR = 1.0
"""Seconds of idleness for which a connection whose socket is silent passes for alive: no restart is that quick."""

_numbers = count(1)

Value = str | int | bytes | uuid.UUID | datetime | Sequence[uuid.UUID]


class Question:
    """A statement that is prepared once a connection and answers one JSON value, which PostgreSQL builds.

    One that `keeps_plan` is planned once, too: for statements whose best plan does not hang on their values, and which
    take longer to plan than to run. What follows in the same transaction keeps its plans as well.
    """

    def __init__(self, statement: Select[Any], *, keeps_plan: bool = False) -> None:
        self.keeps_plan = keeps_plan
        compiled = statement.compile(dialect=PGDialect_psycopg(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        self.name = f"unisson_{next(_numbers)}".encode()
        self.sql = str(compiled).encode()
        self.parameters = tuple(compiled.positiontup or ())
        self.constants = {name: value for name, value in compiled.params.items() if value is not None}


class WiredConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection with a shorter way for the sentences of every request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._asked: set[bytes] = set()
        self._keeps_plans = False
        self._used_at = time.monotonic()

    def commit(self) -> None:
        """Commit, in one exchange. Raises psycopg.Error."""
        if self.pgconn.transaction_status in _OPEN:
            self._say(b"commit")
        else:
            super().commit()

    def rollback(self) -> None:
        """Roll back, in one exchange. Raises psycopg.Error."""
        if self.pgconn.transaction_status in _OPEN:
            self._say(b"rollback")
        else:
            super().rollback()

    def enter(self, agency_id: uuid.UUID) -> None:
        """Begin a transaction, or go on in one, and bind it to an agency until its end. Raises psycopg.Error."""
        self._keeps_plans = False
        begin = "begin; " if self.pgconn.transaction_status == TransactionStatus.IDLE else ""
        # A UUID writes itself in hexadecimal digits and dashes: there is nothing in it to quote.
        self._say(f"{begin}select set_config('app.agency_id', '{uuid.UUID(str(agency_id))}', true)".encode())

    def wipe(self) -> None:
        """Undo what is open and forget what was set, before somebody else uses the connection. Raises psycopg.Error."""
        status = self.pgconn.transaction_status
        if status in _OPEN:
            self._say(b"rollback; reset all")
        elif status == TransactionStatus.IDLE:
            self._say(b"reset all")
        else:
            raise psycopg.OperationalError("a connection came back in the middle of a statement")
        self._used_at = time.monotonic()

    def is_alive(self) -> bool:
        """Return whether the server still answers.

        A server that ends its backend closes the socket, which the kernel tells without asking anybody. A silent
        socket is asked over after a second of idleness, and at once when something has arrived.
        """
        try:
            if time.monotonic() - self._used_at < _SURE_FOR and not _has_news(self.pgconn.socket):
                return True
            self._say(b"select 1")
        except (psycopg.Error, OSError):
            return False
        return True

    def ask(self, question: Question, values: Mapping[str, Value]) -> Any:
        """Return the one JSON value that answers `question` in the open transaction; None for no row.

        Raises psycopg.Error, ProgrammingError outside of a transaction: there, no agency is entered.
        """
        if self.pgconn.transaction_status not in _OPEN:
            raise psycopg.ProgrammingError("a question outside of a transaction")
        with self.lock:
            if question.name not in self._asked:
                self._checked(self.pgconn.prepare(question.name, question.sql))
                self._asked.add(question.name)
            if question.keeps_plan and not self._keeps_plans:
                self._checked(self.pgconn.exec_(b"set local plan_cache_mode = force_generic_plan"))
                self._keeps_plans = True
            known = {**question.constants, **values}
            said = [_written(known[name]) for name in question.parameters]
            result = self._checked(self.pgconn.exec_prepared(question.name, said))
        value = result.get_value(0, 0) if result.ntuples else None
        return None if value is None else json.loads(value)

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        """Forget what is prepared together with psycopg, which lets go of everything after a rollback."""
        if name is None:
            self._asked.clear()
        return super()._deallocate(name)

    def _say(self, sentence: bytes) -> None:
        with self.lock:
            self._checked(self.pgconn.exec_(sentence))

    def _checked(self, result: PGresult) -> PGresult:
        if result.status in _FINE:
            return result
        if self.pgconn.status == ConnStatus.BAD:
            raise psycopg.OperationalError(result.get_error_message() or "the server is away")
        error = error_from_result(result)
        if isinstance(error, InvalidSqlStatementName):
            self._asked.clear()
        raise error


def _has_news(socket: int) -> bool:
    watch = select.poll()
    watch.register(socket, select.POLLIN)
    return bool(watch.poll(0))


def _written(value: Value) -> bytes:
    """Return a value as PostgreSQL reads it; its own type follows from where it stands."""
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, datetime):
        return value.isoformat().encode()
    if isinstance(value, str | int | uuid.UUID):
        return str(value).encode()
    return f"{{{','.join(map(str, value))}}}".encode()
