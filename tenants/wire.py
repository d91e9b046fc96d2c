"""A connection that says its short sentences to PostgreSQL in one breath each.

psycopg builds a query from Python, waits for the socket in steps of its own, and speaks `begin`, `set_config`, `commit`
and `reset all` as four such exchanges: on a page that reads little they cost more than the page. libpq's blocking call
does the same in a tenth of the CPU, and one call may hold several commands. Everything else goes through psycopg as is.
"""

import select
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from datetime import time as clock_time
from decimal import Decimal
from hashlib import blake2b
from itertools import count
from typing import Any, NamedTuple

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import ClauseElement, Select, TextClause
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

_FINE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
_OPEN = frozenset({TransactionStatus.INTRANS, TransactionStatus.INERROR})
_SURE_FOR = 1.0
"""Seconds of idleness for which a connection whose socket is silent passes for alive: no restart is that quick."""

_DIGEST_BYTES = 16

_numbers = count(1)

Value = (
    str | int | float | Decimal | bytes | uuid.UUID | date | datetime | clock_time
    | Sequence[uuid.UUID] | Sequence[str] | Sequence[bytes] | None
)  # fmt: skip


class Prepared:
    """A statement that is built once a process and prepared once a connection."""

    def __init__(self, statement: ClauseElement) -> None:
        compiled: Any = statement.compile(dialect=PGDialect_psycopg(paramstyle="numeric_dollar"))  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        self.name = f"unisson_{next(_numbers)}".encode()
        self.sql = str(compiled).encode()
        self.parameters: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.constants = {name: _written(value) for name, value in compiled.params.items() if value is not None}
        """The statement's own values, as PostgreSQL reads them."""

    def written(self, values: Mapping[str, Value]) -> tuple[bytes | None, ...]:
        """Return the values as PostgreSQL reads them, in the order of the statement's parameters."""
        own = self.constants
        return tuple([_written(values[name]) if name in values else own[name] for name in self.parameters])


class Command(Prepared):
    """A statement that writes. It answers with one column of the rows that it touched, or with nothing."""


class Question(Prepared):
    """A statement that reads and answers one JSON value, which PostgreSQL builds.

    One that `keeps_plan` is planned once, too: for statements whose best plan does not hang on their values, and which
    take longer to plan than to run. What follows in the same transaction keeps its plans as well.
    """

    def __init__(self, statement: Select[Any] | TextClause, *, keeps_plan: bool = False) -> None:
        super().__init__(statement)
        self.keeps_plan = keeps_plan


class Answered(NamedTuple):
    """A question as it was asked, and what the database wrote for an answer."""

    question: Question
    values: Mapping[str, Value]
    answer: bytes | None

    def again(self) -> "Reminder":
        """Return what is enough to see whether the answer is still the same."""
        return Reminder(self.question, self.question.written(self.values), _digest(self.answer))


class Reminder(NamedTuple):
    """A question ready to be asked again, and the digest of its last answer."""

    question: Question
    said: tuple[bytes | None, ...]
    digest: bytes

    @classmethod
    def that_answers(cls, question: Question, values: Mapping[str, Value], answer: bytes) -> "Reminder":
        """Return a question that was not asked so yet, and the answer by which all is as it was."""
        return cls(question, question.written(values), _digest(answer))

    def answered(self, answer: bytes | None) -> "Reminder":
        """Return it with another last answer."""
        return self._replace(digest=_digest(answer))

    def is_answered_by(self, answer: bytes | None) -> bool:
        """Return whether `answer` is what it was."""
        return _digest(answer) == self.digest


class _Cursor(psycopg.Cursor[Any]):
    """A cursor that tells names and types of its columns, as SQLAlchemy asks: psycopg makes an object of each."""

    @property
    def description(self) -> Any:
        """Return the columns of the result, as PEP 249 has them; None for a statement without."""
        result = self.pgresult
        if result is None or not result.nfields:
            return None
        columns = range(result.nfields)
        return [((result.fname(n) or b"").decode(), result.ftype(n), None, None, None, None, None) for n in columns]


_ENTER = b"unisson_enter"
_ENTER_SQL = (
    b"select concat(set_config('app.agency_id', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true),"
    b" set_config('random_page_cost', '1.1', true))"
)
_KEEP_PLANS = b"set local plan_cache_mode = force_generic_plan; set local random_page_cost = 1.1"
"""A kept plan is made once for a page that reads a few rows of many tables, all of them in memory: a probe of an index
there is no walk to a disk, which the default price of 4 takes it for."""


class WiredConnection(psycopg.Connection[tuple[Any, ...]]):
    """A psycopg connection with a shorter way for the sentences of every request."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cursor_factory = _Cursor
        self._asked: set[bytes] = set()
        self._keeps_plans = False
        self._is_wiped = False
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
        status, is_wiped = self.pgconn.transaction_status, self._is_wiped
        self._is_wiped = False
        if status in _OPEN:
            self._say(b"rollback; reset all")
        elif is_wiped and status == TransactionStatus.IDLE:
            pass
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

    def ask(self, question: Question, values: Mapping[str, Value]) -> bytes | None:
        """Return the JSON text that answers `question` in the open transaction; None for no row.

        Raises psycopg.Error, ProgrammingError outside of a transaction: there, no agency is entered.
        """
        with self.lock:
            self._prepare_within(question)
            if question.keeps_plan and not self._keeps_plans:
                self._checked(self.pgconn.exec_(_KEEP_PLANS))
                self._keeps_plans = True
            result = self._checked(self.pgconn.exec_prepared(question.name, question.written(values)))  # type: ignore[arg-type]  # None is null
        return result.get_value(0, 0) if result.ntuples else None

    def carry_out(self, command: Command, values: Mapping[str, Value]) -> list[str]:
        """Return what `command` answers of each row that it touched. Raises as `ask` does."""
        with self.lock:
            self._prepare_within(command)
            result = self._checked(self.pgconn.exec_prepared(command.name, command.written(values)))  # type: ignore[arg-type]  # the same
        return _touched(result)

    def carry_out_all(self, commands: Sequence[tuple[Command, Mapping[str, Value]]]) -> list[list[str]]:
        """Return what each of several commands answers, carried out in their order and in one exchange.

        Raises as `ask` does, with the fault of the first that fails; those after it are not carried out.
        """
        if len(commands) == 1:
            return [self.carry_out(*commands[0])]
        return [_touched(result) for result in self._in_one_exchange(commands)]

    def ask_all(self, asked: Sequence[tuple[Question, Mapping[str, Value]]]) -> list[bytes | None]:
        """Return the answers to several questions, put in one exchange. Raises as `ask` does."""
        return [result.get_value(0, 0) if result.ntuples else None for result in self._in_one_exchange(asked)]

    def _in_one_exchange(self, said: Sequence[tuple["Prepared", Mapping[str, Value]]]) -> list[PGresult]:
        with self.lock:
            for prepared, _values in said:
                self._prepare_within(prepared)
            written = [(prepared.name, prepared.written(values)) for prepared, values in said]
            self.pgconn.enter_pipeline_mode()
            for name, values in written:
                self.pgconn.send_query_prepared(name, values)
            self.pgconn.pipeline_sync()
            results = list(self._answers())
            self.pgconn.exit_pipeline_mode()
        return [self._checked(result) for result in results]

    def _prepare_within(self, prepared: Prepared) -> None:
        if self.pgconn.transaction_status not in _OPEN:
            raise psycopg.ProgrammingError("a question outside of a transaction")
        self._prepare(prepared.name, prepared.sql)

    def ask_within(
        self, agency_id: uuid.UUID, name: bytes, sql: bytes, said: Sequence[bytes | None]
    ) -> list[bytes | None] | None:
        """Return the row with which a statement that only reads answers in the agency; None for none.

        One exchange: what a connection sends before it waits is one transaction, at whose end the agency is forgotten,
        like all that was set in it. There is nothing left to wipe. Raises psycopg.Error.
        """
        with self.lock:
            if self.pgconn.transaction_status != TransactionStatus.IDLE:
                raise psycopg.ProgrammingError("a transaction is open")
            self._prepare(_ENTER, _ENTER_SQL)
            self._prepare(name, sql)
            self.pgconn.enter_pipeline_mode()
            self.pgconn.send_query_prepared(_ENTER, [str(agency_id).encode()])
            self.pgconn.send_query_prepared(name, said)
            self.pgconn.pipeline_sync()
            results = list(self._answers())
            self.pgconn.exit_pipeline_mode()
        _entered, told = [self._checked(result) for result in results]
        self._is_wiped = True
        return [told.get_value(0, column) for column in range(told.nfields)] if told.ntuples else None

    def _answers(self) -> Iterator[PGresult]:
        """Wait outside of libpq, which would hold up the process's other threads."""
        waiting = select.poll()
        waiting.register(self.pgconn.socket, select.POLLIN)
        while self.pgconn.flush():
            select.select((), (self.pgconn.socket,), ())
        while True:
            while self.pgconn.is_busy():
                waiting.poll()
                self.pgconn.consume_input()
            result = self.pgconn.get_result()
            if result is None:
                if self.pgconn.status == ConnStatus.BAD:
                    raise psycopg.OperationalError("the server went away")
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return
            yield result

    def _prepare(self, name: bytes, sql: bytes) -> None:
        if name not in self._asked:
            self._checked(self.pgconn.prepare(name, sql))
            self._asked.add(name)

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


def _touched(result: PGresult) -> list[str]:
    """Return the first column of what a command answers, a text a row."""
    if result.status == ExecStatus.COMMAND_OK:
        return []
    return [(result.get_value(row, 0) or b"").decode() for row in range(result.ntuples)]


def _digest(answer: bytes | None) -> bytes:
    """Return what stands for an answer: a short one stands for itself, as none of JSON is empty."""
    if answer is None:
        return b""
    return answer if len(answer) < _DIGEST_BYTES else blake2b(answer, digest_size=_DIGEST_BYTES).digest()


def _has_news(socket: int) -> bool:
    watch = select.poll()
    watch.register(socket, select.POLLIN)
    return bool(watch.poll(0))


def _written(value: Value) -> bytes | None:
    """Return a value as PostgreSQL reads it, None for null; its own type follows from where it stands."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return b"\\x" + value.hex().encode()
    if isinstance(value, (date, clock_time)):
        return value.isoformat().encode()
    if isinstance(value, (str, int, float, Decimal, uuid.UUID)):
        return str(value).encode()
    return f"{{{','.join([_element(each) for each in value])}}}".encode()


def _element(value: uuid.UUID | int | str | bytes) -> str:
    """Return an element of an array as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, uuid.UUID | int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
