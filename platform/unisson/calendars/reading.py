"""What the month reads: two statements, built once and prepared, whose answers PostgreSQL writes as JSON.

`brand_id = any(:brands)` rather than all of the agency: without it the index on (agency, brand, date) is passed over
in a large table and the whole tenant is read. Row-level security holds both statements to the agency.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
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
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.calendars.filters import NONE, Filters, narrowed_by
from unisson.calendars.period import Span
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS

EntryRow = tuple[str, str, int | None, str, str, str, str | None, int]
"""id, brand id, when in seconds of UTC, state, title, channel kinds, live address, version."""

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


@lru_cache(maxsize=256)
def _entries_of(shape: frozenset[str]) -> Question:
    """Return the question for the entries that a combination of filters leaves, planned once as the plain one is."""
    only = narrowed_by(shape)
    tray = select(*_columns).where(_undated, *only).order_by(_contents.id.desc()).limit(TRAY_LIMIT).subquery("tray")
    both = union_all(select(*_columns).where(DATED, *only), select(*tray.c)).subquery("entries")
    told = func.json_build_array(
        both.c.id, both.c.brand_id, func.floor(func.date_part("epoch", both.c.scheduled_at)), *list(both.c)[3:]
    )
    return Question(
        select(func.json_agg(aggregate_order_by(told, both.c.scheduled_at, both.c.id))).select_from(both),
        keeps_plan=True,
    )


_digest = func.sum(func.uuid_hash_extended(_contents.id, cast(_contents.version, BigInteger)))


def with_stamp(*beside: Any, shape: frozenset[str] = frozenset()) -> Question:
    """Return the question for what no change of the contents leaves alike, and for `beside`, in one statement.

    It is made of the contents' ids and versions, which grow with every write (a trigger sees to it).
    """
    only = narrowed_by(shape)
    counted = (func.count().label("count"), _digest.label("digest"))
    grid = select(*counted).where(DATED, *only).subquery("in_grid")
    tray = select(*counted).where(_undated, *only).subquery("in_tray")
    told = func.json_build_array(func.concat_ws(".", grid.c.count, grid.c.digest, tray.c.count, tray.c.digest), *beside)
    return Question(select(told).select_from(grid).join(tray, literal_column("true")), keeps_plan=True)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person looks at: the days of some brands, and of which they see drafts and undated contents."""

    span: Span
    brands: tuple[uuid.UUID, ...]
    writable: tuple[uuid.UUID, ...]
    filters: Filters = NONE

    def parameters(self) -> dict[str, Value]:
        """Return the values of the statements' parameters."""
        since, until = self.span.reach()
        scope: dict[str, Value] = {"brands": self.brands, "writable": self.writable, "since": since, "until": until}
        return scope | self.filters.parameters()


def entries(session: TenantSession, scope: Scope) -> Sequence[EntryRow]:
    """Return the scope's dated contents by time, then the newest undated drafts."""
    found: Sequence[EntryRow] = session.ask(_entries_of(scope.filters.shape), scope.parameters()) or ()
    return found
