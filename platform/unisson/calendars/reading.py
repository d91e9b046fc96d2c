"""What the month reads of its contents: one statement, built once and prepared, whose answer PostgreSQL writes as JSON.

`brand_id = any(:brands)` rather than all of the agency: without it the index on (agency, brand, date) is passed over
in a large table and the whole tenant is read. Row-level security holds the statement to the agency.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

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

EntryRow = tuple[str, int, int | None, str, str, str, str | None, int]
"""id, the place of its brand among the scope's from 1 on, when in seconds of UTC, state, title, channel kinds, live
address, version."""

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


def entries_told(shape: frozenset[str], *, named: bool = False) -> Select[Any]:
    """Return the statement that tells what a combination of filters leaves, as `rows` takes it. `named`: of `only`."""
    only = [*narrowed_by(shape), *([_ONLY] if named else ())]
    tray = select(*_columns).where(_undated, *only).order_by(_contents.id.desc()).limit(TRAY_LIMIT).subquery("tray")
    both = union_all(select(*_columns).where(DATED, *only), select(*tray.c)).subquery("entries")
    seconds = cast(func.floor(func.date_part("epoch", both.c.scheduled_at)), BigInteger)
    place = func.array_position(_brands, both.c.brand_id)
    columns = (both.c.id, place, seconds, *list(both.c)[3:])
    told = [_listed(each) if number in _PLAIN else func.json_agg(each) for number, each in enumerate(columns)]
    return select(func.json_build_array(*told)).select_from(both)


_PLAIN = frozenset({0, 3, 5})
"""Columns that are told as one text: ids, states, kinds of channels, in none of which a comma can stand."""


def _listed(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.string_agg(cast(column, Text), literal_column("','"))


@lru_cache(maxsize=256)
def _some(shape: frozenset[str]) -> Question:
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
    def parameters(self) -> Mapping[str, Value]:
        """Return the values of the statements' parameters."""
        since, until = self.span.reach()
        scope: dict[str, Value] = {"brands": self.brands, "writable": self.writable, "since": since, "until": until}
        return scope | self.filters.parameters()


def some_of(scope: Scope, contents: Sequence[str]) -> Asked:
    """Return what is asked for those of some contents that stand in a scope."""
    return _some(scope.filters.shape), {**scope.parameters, "only": tuple(map(uuid.UUID, contents))}


def rows(columns: Sequence[Sequence[Any] | str | None]) -> list[EntryRow]:
    """Return what `entries_told` told, which is columns: PostgreSQL writes eight arrays sooner than two hundred."""
    return list(zip(*[each.split(",") if isinstance(each, str) else each or () for each in columns], strict=True))
