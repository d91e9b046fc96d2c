"""Contents as a list or a board: narrowed by whatever one looks for, a page at a time, in one statement."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, tuple_

from tenants.brands import Brand
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.calendars.filters import Filters, filters_from, narrowed_by
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.topics.models import Topic

PAGE = 100
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)
USUAL = timedelta(days=60)
"""So far ahead a list goes where nobody says how far."""

COLUMNS: Mapping[str, tuple[ContentState, ...]] = {
    "writing": (ContentState.DRAFT, ContentState.CHANGES_REQUESTED),
    "review": (ContentState.IN_REVIEW,),
    "ready": (ContentState.SCHEDULED, ContentState.PUBLISHING),
    "stopped": (ContentState.ON_HOLD, ContentState.HELD, ContentState.FAILED),
    "out": (ContentState.PUBLISHED, ContentState.PARTLY_PUBLISHED),
}
"""The columns of the board. What is cancelled stands in none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted(Filters):
    """What is looked for. Days are the first and the last, on the clock of `zone`."""

    since: date
    until: date
    zone: str
    undated: bool = False
    """Only what has no date yet, instead of what has one in the days."""

    def query(self, **more: str) -> str:
        """Return it as the query of an address, with what else it is to say."""
        told = [("since", str(self.since)), ("until", str(self.until)), *self.pairs()]
        singles = {"undated": "y" if self.undated else ""} | more
        return urlencode(told + [(name, value) for name, value in singles.items() if value])


class Listed(NamedTuple):
    """One content of a list. `topic` and `tags` are empty for those who plan none."""

    id: uuid.UUID
    brand_id: uuid.UUID
    scheduled_at: datetime | None
    zone: str
    state: str
    kind: str
    title: str
    channel_kinds: str
    version: int
    author: str
    topic_id: uuid.UUID | None
    topic: str
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found; `after` leads to the next one."""

    rows: Sequence[Listed]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """Of which brands one sees what."""

    brands: Sequence[uuid.UUID]
    writable: Sequence[uuid.UUID] = field(default=())

    def condition(self) -> ColumnElement[bool]:
        """Return the condition on contents: all states of brands one writes for, of others what clients see."""
        shown = [state.value for state in SHOWN_TO_CLIENTS]
        mine = Content.brand_id.in_(self.writable)
        return and_(Content.brand_id.in_(self.brands), or_(mine, Content.state.in_(shown)))


def wanted_from(typed: Any, today: date, zone: str) -> Wanted:
    """Return what an address looks for; what can't be read narrows nothing."""
    since = _day(typed.get("since")) or today
    until = _day(typed.get("until")) or since + USUAL
    return Wanted(
        since=min(since, until),
        until=max(since, until),
        zone=zone,
        undated=typed.get("undated") == "y",
        **filters_from(typed),
    )


def found(session: TenantSession, reach: Reach, wanted: Wanted, after: str = "", limit: int = PAGE) -> Found:
    """Return a page of the contents that are looked for: by date, and those without one by age, the newest first."""
    if not reach.brands:
        return Found(())
    asked = _query(reach, wanted).limit(limit + 1)
    asked = asked.order_by(Content.id.desc()) if wanted.undated else asked.order_by(Content.scheduled_at, Content.id)
    start = _cursor(after)
    if start is not None:
        at, last = start
        asked = asked.where(
            Content.id < last if wanted.undated else tuple_(Content.scheduled_at, Content.id) > tuple_(at, last)
        )
    rows = [_listed(row, reach) for row in session.execute(asked, _values(reach, wanted))]
    more = len(rows) > limit
    return Found(rows[:limit], _mark(rows[limit - 1]) if more else "")


def columns(session: TenantSession, reach: Reach, wanted: Wanted, limit: int = 50) -> dict[str, Found]:
    """Return the board: each column with its first contents, in one statement for all."""
    place = func.row_number().over(partition_by=_column(), order_by=(Content.scheduled_at, Content.id)).label("place")
    ranked = _query(reach, wanted).add_columns(_column().label("column"), place).subquery()
    asked = select(ranked).where(ranked.c.place <= limit + 1).order_by(ranked.c.place)
    rows = session.execute(asked, _values(reach, wanted)).all() if reach.brands else ()
    by_column: dict[str, list[Listed]] = {name: [] for name in COLUMNS}
    for row in rows:
        if row.column in by_column:
            by_column[row.column].append(_listed(row[:-2], reach))
    return {name: Found(each[:limit], "more" if len(each) > limit else "") for name, each in by_column.items()}


def _column() -> ColumnElement[str]:
    return case(
        *((Content.state.in_([state.value for state in states]), literal(name)) for name, states in COLUMNS.items()),
        else_=literal(""),
    )


def _query(reach: Reach, wanted: Wanted) -> Any:
    return (
        select(
            Content.id, Content.brand_id, Content.scheduled_at, Brand.timezone.label("zone"), Content.state,
            Content.kind,
            func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 120)).label("title"),
            Content.channel_kinds, Content.version, Membership.name.label("author"), Content.topic_id,
            Topic.title.label("topic"), Content.tags,
        )
        .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
        .join(Membership, (Membership.agency_id == Content.agency_id) & (Membership.id == Content.author_id))
        .outerjoin(Topic, (Topic.agency_id == Content.agency_id) & (Topic.id == Content.topic_id))
        .where(reach.condition(), *_narrowed(reach, wanted))
    )  # fmt: skip


def _narrowed(reach: Reach, wanted: Wanted) -> list[ColumnElement[bool]]:
    since, until = _instants(wanted)
    found: list[ColumnElement[bool]] = (
        [Content.scheduled_at.is_(None), Content.brand_id.in_(reach.writable)]
        if wanted.undated
        else [Content.scheduled_at >= since, Content.scheduled_at < until]
    )
    return found + narrowed_by(wanted.shape)


def _values(reach: Reach, wanted: Wanted) -> dict[str, Any]:
    return {**wanted.parameters(), "writable": list(reach.writable)}


def _instants(wanted: Wanted) -> tuple[datetime, datetime]:
    zone = ZoneInfo(wanted.zone)
    since = datetime.combine(wanted.since, time(), zone)
    return since.astimezone(UTC), datetime.combine(wanted.until + timedelta(days=1), time(), zone).astimezone(UTC)


def _listed(row: Any, reach: Reach) -> Listed:
    listed = Listed._make(row)
    if listed.brand_id in reach.writable:
        return listed._replace(topic=listed.topic or "")
    return listed._replace(topic_id=None, topic="", tags=())


def _mark(row: Listed) -> str:
    at = row.scheduled_at
    return f"{at.astimezone(UTC).isoformat() if at else ''}_{row.id}"


def _cursor(typed: str) -> tuple[datetime, uuid.UUID] | None:
    at, _line, content_id = typed.partition("_")
    try:
        moment = datetime.fromisoformat(at) if at else datetime.min.replace(tzinfo=UTC)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)), uuid.UUID(content_id)
    except ValueError:
        return None


def _day(typed: object) -> date | None:
    try:
        day = date.fromisoformat(str(typed or "").strip())
    except ValueError:
        return None
    return day if EARLIEST <= day <= LATEST else None
