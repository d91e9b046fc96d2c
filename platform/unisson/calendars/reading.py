"""What the month reads of its contents: one statement, built once and prepared, whose answer PostgreSQL writes as JSON.

`brand_id = any(:brands)` rather than all of the agency: without it the index on (agency, brand, date) is passed over
in a large table and the whole tenant is read. Row-level security holds the statement to the agency.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    union_all,
)

from tenants.asking import Asked
from tenants.wire import Question, Value
from unisson.calendars.filters import NONE, Filters, narrowed_by
from unisson.calendars.period import Span
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS


class Told(NamedTuple):
    """Contents as columns, in the order in which they stand: by their time and id, those without a date last."""

    ids: str
    """With a comma between."""
    seconds: Sequence[int | None]
    """When, in seconds of UTC."""
    states: Sequence[str]
    """Each with the kinds of its channels behind it, with a space between."""
    titles: Sequence[str]
    lives: Sequence[str | None]
    """The address where they are to be seen."""
    versions: Sequence[int]
    places: Sequence[int] | None
    """The place of each one's brand among the scope's, from 1 on; None where there is one alone."""


TRAY_LIMIT = 50
_LEAD_CHARACTERS = 120

_contents = Content.__table__.c
_brands = bindparam("brands", type_=ARRAY(Uuid))
_writable = bindparam("writable", type_=ARRAY(Uuid))
_shown = tuple(state.value for state in ContentState if state in SHOWN_TO_CLIENTS)

DATED = and_(
    _contents.brand_id == any_(_brands),
    _contents.scheduled_at >= bindparam("since"),
    _contents.scheduled_at < bindparam("until"),
    or_(_contents.brand_id == any_(_writable), _contents.state.in_([literal_column(f"'{s}'") for s in _shown])),
)
"""Contents with a date between two instants, of the scope's brands: all for those who write, else what clients see."""

_undated = and_(
    _contents.brand_id == any_(_writable),
    _contents.scheduled_at.is_(None),
    _contents.state.in_([literal_column(f"'{s}'") for s in (ContentState.DRAFT, ContentState.CHANGES_REQUESTED)]),
)
_columns = (
    _contents.id,
    _contents.brand_id,
    _contents.scheduled_at,
    _contents.state,
    case((_contents.title == "", func.left(_contents.body, _LEAD_CHARACTERS)), else_=_contents.title).label("title"),
    _contents.channel_kinds,
    _contents.live_url,
    _contents.version,
)


_ONLY = _contents.id == any_(bindparam("only", type_=ARRAY(Uuid)))


class Shape(NamedTuple):
    """What tells the statements of one scope from those of another."""

    filters: frozenset[str]
    is_of_one: bool
    """Whether it is of one brand alone, whose place nobody needs to be told."""


def entries_told(shape: Shape, *, named: bool = False) -> Select[Any]:
    """Return the statement that tells what a combination of filters leaves, as `told` takes it. `named`: of `only`."""
    only = [*narrowed_by(shape.filters), *([_ONLY] if named else ())]
    tray = select(*_columns).where(_undated, *only).order_by(_contents.id.desc()).limit(TRAY_LIMIT).subquery("tray")
    every = union_all(select(*_columns).where(DATED, *only), select(*tray.c)).subquery("every")
    seconds = cast(func.floor(func.date_part("epoch", every.c.scheduled_at)), BigInteger).label("seconds")
    both = select(*every.c, seconds).order_by(seconds.nulls_last(), every.c.id).subquery("entries")
    states = func.concat_ws(literal_column("' '"), both.c.state, both.c.channel_kinds)
    columns = [both.c.id, both.c.seconds, states, both.c.title, both.c.live_url, both.c.version]
    if not shape.is_of_one:
        columns.append(func.array_position(_brands, both.c.brand_id))
    told = [_listed(each) if number in _PLAIN else func.json_agg(each) for number, each in enumerate(columns)]
    return select(func.json_build_array(*told)).select_from(both)


_PLAIN = frozenset({0, 2})
"""Columns that are told as one text: ids, states with kinds of channels, in none of which a comma can stand."""


def _listed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.string_agg(cast(column, Text), literal_column("','"))


@lru_cache(maxsize=256)
def _some(shape: Shape) -> Question:
    """Return the question for some of a combination's entries, planned once as the one for all of them is."""
    return Question(entries_told(shape, named=True), keeps_plan=True)


@dataclass(frozen=True)
class Scope:
    """What one person looks at: the days of some brands, and of which they see drafts and undated contents."""

    span: Span
    brands: tuple[uuid.UUID, ...]
    writable: tuple[uuid.UUID, ...]
    filters: Filters = NONE

    @cached_property
    def shape(self) -> Shape:
        """Return what tells its statements from those of others."""
        return Shape(self.filters.shape, len(self.brands) == 1)

    @cached_property
    def parameters(self) -> Mapping[str, Value]:
        """Return the values of the statements' parameters."""
        since, until = self.span.reach()
        scope: dict[str, Value] = {"brands": self.brands, "writable": self.writable, "since": since, "until": until}
        return scope | self.filters.parameters()


def some_of(scope: Scope, contents: Sequence[str]) -> Asked:
    """Return what is asked for those of some contents that stand in a scope."""
    return _some(scope.shape), {**scope.parameters, "only": tuple(map(uuid.UUID, contents))}


def told(columns: Sequence[Any]) -> Told:
    """Return what `entries_told` told: columns, of which PostgreSQL writes seven sooner than two hundred rows."""
    ids, seconds, states, titles, lives, versions, *places = columns
    if ids is None:
        return Told("", (), (), (), (), (), ())
    return Told(ids, seconds, states.split(","), titles, lives, versions, places[0] if places else None)
