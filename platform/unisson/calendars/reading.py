"""What the month reads: two statements, built once and prepared, whose answers PostgreSQL writes as JSON.

`brand_id = any(:brands)` rather than all of the agency: without it the index on (agency, brand, date) is passed over
in a large table and the whole tenant is read. Row-level security holds both statements to the agency.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
from unisson.calendars.period import Span
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS

EntryRow = tuple[str, str, datetime | None, str, str, str, str | None, int]
"""id, brand id, when, state, title, channel kinds, live address, version."""

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
_tray = select(*_columns).where(_undated).order_by(_contents.id.desc()).limit(TRAY_LIMIT).subquery("tray")
_both = union_all(select(*_columns).where(DATED), select(*_tray.c)).subquery("entries")
_told = func.json_build_array(
    _both.c.id, _both.c.brand_id, func.floor(func.date_part("epoch", _both.c.scheduled_at)), *list(_both.c)[3:]
)
_ENTRIES = Question(
    select(func.json_agg(aggregate_order_by(_told, _both.c.scheduled_at, _both.c.id))).select_from(_both),
    keeps_plan=True,
)

_digest = func.sum(func.uuid_hash_extended(_contents.id, cast(_contents.version, BigInteger)))
_in_grid = select(func.count().label("count"), _digest.label("digest")).where(DATED).subquery("in_grid")
_in_tray = select(func.count().label("count"), _digest.label("digest")).where(_undated).subquery("in_tray")
_counts = (_in_grid.c.count, _in_grid.c.digest, _in_tray.c.count, _in_tray.c.digest)
_stamp = func.concat_ws(".", *_counts)


def with_stamp(*beside: Any) -> Question:
    """Return the question for what no change of the contents leaves alike, and for `beside`, in one statement.

    It is made of the contents' ids and versions, which grow with every write (a trigger sees to it).
    """
    told = func.json_build_array(_stamp, *beside)
    return Question(select(told).select_from(_in_grid).join(_in_tray, literal_column("true")), keeps_plan=True)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person looks at: the days of some brands, and of which they see drafts and undated contents."""

    span: Span
    brands: tuple[uuid.UUID, ...]
    writable: tuple[uuid.UUID, ...]

    def parameters(self) -> dict[str, Value]:
        """Return the values of the statements' parameters."""
        since, until = self.span.reach()
        return {"brands": self.brands, "writable": self.writable, "since": since, "until": until}


def entries(session: TenantSession, scope: Scope) -> Sequence[EntryRow]:
    """Return the scope's dated contents by time, then the newest undated drafts. Times are in whole seconds of UTC."""
    return [
        (content_id, brand_id, None if at is None else datetime.fromtimestamp(at, UTC), *told)
        for content_id, brand_id, at, *told in session.ask(_ENTRIES, scope.parameters()) or ()
    ]
