"""Rows written beside the unit of work, by prepared commands in one exchange.

The unit of work remembers, compares and orders what it writes: of a row that nobody looks at again in the transaction,
that is most of the cost. Which columns are written is decided as the unit of work decides it, so that a row reads the
same whichever way it came, and the same guard and the same announcement look at both (`docs/decisions/writing.md`).
"""

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, partial
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, bindparam, insert, inspect, update
from sqlalchemy.orm import Mapper, object_session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.exc import StaleDataError
from sqlalchemy.types import JSON

from tenants.base import TenantOwned
from tenants.errors import ForeignRowError
from tenants.wire import Command, Value

_UNWRITTEN = object()


class Written(NamedTuple):
    """A command that is to be carried out, with its values."""

    command: Command
    values: Mapping[str, Value]


class _Column(NamedTuple):
    """What writing asks of a mapped column."""

    attribute: str
    name: str
    is_json: bool
    keeps_null: bool
    """Whether None is a value of its own rather than no value: the `null` of JSON."""

    default: Callable[[], object] | None


class Writer(Protocol):
    """A session, as far as rows beside it are concerned."""

    @property
    def agency_id(self) -> uuid.UUID:
        """Return the agency whose rows it writes."""

    def carry_out_all(self, commands: Sequence[Written]) -> list[list[str]]:
        """Return what each command answers."""


Hearer = Callable[[Any, Sequence[TenantOwned]], None]
_hearers: list[Hearer] = []


def hears_rows(hear: Hearer) -> Hearer:
    """Have `hear` told of rows that were written beside a session, as `after_flush` tells of those within it."""
    _hearers.append(hear)
    return hear


def hold(row: TenantOwned, agency_id: uuid.UUID) -> None:
    """Give a row to its session's agency, whichever way it is written. Raises ForeignRowError for one of another."""
    owner: uuid.UUID | None = row.agency_id
    if owner is None:
        row.agency_id = agency_id
    elif owner != agency_id:
        raise ForeignRowError(f"a {type(row).__name__} of another agency")


class Beside:
    """What waits to be written beside one session, in its order: new rows, and attributes that change."""

    def __init__(self) -> None:
        self._waiting: list[_New | _Changed | _Said] = []
        self._changed: list[TenantOwned] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, rows: Iterable[TenantOwned]) -> None:
        """Take new rows in."""
        self._waiting += map(_New, rows)

    def say(self, command: Command, values: Mapping[str, Value], then: Callable[[list[str]], None] | None) -> None:
        """Take a command in, whose answer is for `then`."""
        self._waiting.append(_Said(Written(command, values), then))

    def awaits(self, model: type[TenantOwned]) -> bool:
        """Return whether a new row of `model` waits."""
        return any(isinstance(each, _New) and isinstance(each.row, model) for each in self._waiting)

    def change(self, row: TenantOwned, values: Mapping[str, object]) -> None:
        """Set attributes of a row, and take them in unless the row itself is still to be written.

        What changes of a row is written once, where it changes last.
        """
        if inspect(row).pending or any(isinstance(each, _New) and each.row is row for each in self._waiting):
            for name, value in values.items():
                setattr(row, name, value)
            return
        for name, value in values.items():
            set_committed_value(row, name, value)
        self._changed.append(row)
        before = next((each for each in self._waiting if isinstance(each, _Changed) and each.row is row), None)
        if before is not None:
            self._waiting.remove(before)
        self._waiting.append(_Changed(row, frozenset(values) | (before.names if before else frozenset())))

    def forget(self) -> None:
        """Write none of it."""
        self._waiting.clear()

    def turn_back(self) -> None:
        """Write none of it, and have rows that changed since the transaction began read anew: it is rolled back."""
        self.forget()
        for row in self._changed:
            session = object_session(row)
            if session is not None and inspect(row).persistent:
                session.expire(row)

    def end(self) -> None:
        """Let go of what changed: the transaction is over."""
        self._changed.clear()

    def write(self, session: Writer) -> None:
        """Write it in one exchange. Raises ForeignRowError, DBAPIError, StaleDataError for a row that is gone."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        rows = [each.row for each in waiting if not isinstance(each, _Said)]
        for row in rows:
            hold(row, session.agency_id)
        answers = session.carry_out_all([each.written() for each in waiting])
        for each, answer in zip(waiting, answers, strict=True):
            each.told(answer)
        for hear in _hearers:
            hear(session, rows)


class _New:
    """A row that is to be inserted."""

    def __init__(self, row: TenantOwned) -> None:
        self.row = row

    def written(self) -> Written:
        return written_row(self.row)

    def told(self, _answer: list[str]) -> None:
        """An insert either is or raises."""


class _Changed:
    """Attributes of a row that are to be updated."""

    def __init__(self, row: TenantOwned, names: frozenset[str]) -> None:
        self.row, self.names = row, names

    def written(self) -> Written:
        return written_change(self.row, self.names)

    def told(self, answer: list[str]) -> None:
        _check_changed(self.row, answer)


class _Said(NamedTuple):
    """A command that nobody waits for."""

    what: Written
    then: Callable[[list[str]], None] | None

    def written(self) -> Written:
        return self.what

    def told(self, answer: list[str]) -> None:
        if self.then is not None:
            self.then(answer)


def _check_changed(row: TenantOwned, answer: Sequence[str]) -> None:
    """Pass if the row was there, and have what the database sets with an update read anew."""
    if not answer:
        raise StaleDataError(f"a {type(row).__name__} that was to be changed is gone")
    session, names = object_session(row), _set_by_database(inspect(row).mapper)
    if session is not None and names:
        session.expire(row, names)


def written_row(row: TenantOwned) -> Written:
    """Return the insert of a new row; what the model gives it by default is given to `row`.

    Raises TypeError for a value that is SQL.
    """
    held, columns = inspect(row).dict, _columns(inspect(row).mapper)
    for column in columns:
        if column.default is not None and held.get(column.attribute) is None:
            setattr(row, column.attribute, column.default())
    values: dict[str, Value] = {}
    for column in columns:
        value = held.get(column.attribute, _UNWRITTEN)
        if value is not _UNWRITTEN and (value is not None or column.keeps_null):
            values[column.name] = _value(column, value)
    return Written(_insert(inspect(row).mapper, tuple(values)), values)


def written_change(row: TenantOwned, names: frozenset[str]) -> Written:
    """Return the update of these attributes of a row, which answers its id. Raises as `written_row` does."""
    held = inspect(row).dict
    columns = [column for column in _columns(inspect(row).mapper) if column.attribute in names]
    values = {f"new_{column.name}": _value(column, held[column.attribute]) for column in columns}
    command = _update(inspect(row).mapper, tuple(column.name for column in columns))
    return Written(command, {**values, "agency_id": row.agency_id, "id": row.id})


def _value(column: _Column, value: object) -> Any:
    if isinstance(value, ColumnElement):
        raise TypeError(f"{column.attribute} is SQL: such a row is for the unit of work")
    if column.is_json and (value is not None or column.keeps_null):
        return json.dumps(value)
    return value


@cache
def _columns(mapper: Mapper[Any]) -> Sequence[_Column]:
    if mapper.relationships or mapper.inherits or len(mapper.tables) != 1:
        raise TypeError(f"{mapper.class_.__name__} is more than the columns of one table")
    return [_column(attribute.key, attribute.columns[0]) for attribute in mapper.column_attrs]


def _column(attribute: str, column: Any) -> _Column:
    default = column.default
    if default is not None and not default.is_callable:
        raise TypeError(f"the default of {column} is no function")
    # SQLAlchemy hands every callable its context.
    given = None if default is None else partial(default.arg, None)
    kind = column.type
    return _Column(attribute, column.name, isinstance(kind, JSON), kind.should_evaluate_none, given)


@cache
def _insert(mapper: Mapper[Any], names: tuple[str, ...]) -> Command:
    table: Any = mapper.local_table
    return Command(insert(table).values({name: _bound(table, name, name) for name in names}))


@cache
def _update(mapper: Mapper[Any], names: tuple[str, ...]) -> Command:
    table: Any = mapper.local_table
    key = [table.c[name] == _bound(table, name, name) for name in ("agency_id", "id")]
    new = {name: _bound(table, name, f"new_{name}") for name in names}
    return Command(update(table).where(*key).values(new).returning(table.c.id))


def _bound(table: Any, column: str, name: str) -> Any:
    return bindparam(name, type_=table.c[column].type)


@cache
def _set_by_database(mapper: Mapper[Any]) -> Sequence[str]:
    """Return the attributes that the database sets with every update."""
    return [each.key for each in mapper.column_attrs if each.columns[0].server_onupdate is not None]
