"""A year of campaigns: each topic from its first to its last date, and how many contents each week holds."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Date, any_, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.calendars.filters import Filters, narrowed_by
from unisson.calendars.period import Year
from unisson.calendars.reading import DATED, Scope
from unisson.editorial.models import Content, ContentState
from unisson.topics.models import Topic, TopicDate

MOST_TOPICS = 150
AROUND = timedelta(days=366)
"""So far before and after the year a topic's contents are looked at: a bar that is longer is cut there."""


class KeyDate(NamedTuple):
    """One key date of a topic."""

    on: date
    label: str


@dataclass(frozen=True, slots=True)
class Campaign:
    """One topic: its days are on its brand's clock. `contents` are those of the year that the filters leave."""

    id: uuid.UUID
    brand_id: uuid.UUID
    title: str
    first: date
    last: date
    contents: int
    dates: Sequence[KeyDate]
    held_from: date | None = None
    held_until: date | None = None
    """The day on which its embargo ends, on the embargo's clock."""


class Density(NamedTuple):
    """How many contents a week holds, from its Monday on."""

    monday: date
    contents: int


@dataclass(frozen=True, slots=True)
class Campaigns:
    """A year. `is_cut` where it holds more topics than are shown."""

    topics: Sequence[Campaign]
    weeks: Sequence[Density]
    is_cut: bool


def campaigns(session: TenantSession, scope: Scope, year: Year) -> Campaigns:
    """Return a year of campaigns, in two statements: topics of brands that one writes for, contents that one sees."""
    topics = session.execute(_topics(scope.filters), _values(scope, year)).all() if scope.writable else ()
    weeks = session.execute(_weeks(scope.filters), {**scope.parameters, **_bounds(year)}).all() if scope.brands else ()
    by_week = {row.monday: row.contents for row in weeks}
    monday = year.first - timedelta(days=year.first.weekday())
    mondays = [monday + timedelta(days=7 * n) for n in range((year.last - monday).days // 7 + 1)]
    return Campaigns(
        [_campaign(row) for row in topics[:MOST_TOPICS]],
        [Density(each, by_week.get(each, 0)) for each in mondays],
        len(topics) > MOST_TOPICS,
    )


def _campaign(row: Any) -> Campaign:
    until: datetime | None = row.embargo_until
    zone = ZoneInfo(row.embargo_zone or "UTC")
    return Campaign(
        row.id, row.brand_id, row.title, row.first, row.last, row.contents,
        [KeyDate(date.fromisoformat(on), label) for on, label in row.dates or ()],
        row.created_at.astimezone(zone).date() if until else None,
        until.astimezone(zone).date() if until else None,
    )  # fmt: skip


_CANCELLED: Any = literal_column(f"'{ContentState.CANCELLED}'")
_day = cast(func.timezone(Brand.timezone, Content.scheduled_at), Date)
_starts: Any = bindparam("starts", type_=Date)
_ends: Any = bindparam("ends", type_=Date)
_monday = cast(func.date_trunc(literal_column("'week'"), func.timezone(Brand.timezone, Content.scheduled_at)), Date)


def _weeks(filters: Filters) -> Any:
    return (
        select(_monday.label("monday"), func.count().label("contents"))
        .select_from(Content)
        .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
        .where(DATED, Content.state != _CANCELLED, _day.between(_starts, _ends), *narrowed_by(filters.shape))
        .group_by(_monday)
    )


def _topics(filters: Filters) -> Any:
    """Return the statement for topics that touch the year. Those without a content that the filters leave are out."""
    held = (
        select(
            Content.topic_id, func.min(_day).label("first"), func.max(_day).label("last"),
            func.count().filter(_day.between(_starts, _ends)).label("contents"),
        )
        .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
        .where(DATED, Content.state != _CANCELLED, Content.topic_id.is_not(None), *narrowed_by(filters.shape))
        .group_by(Content.topic_id)
        .subquery("held")
    )  # fmt: skip
    told = func.json_build_array(TopicDate.on_date, TopicDate.label)
    dates = (
        select(
            TopicDate.topic_id, func.min(TopicDate.on_date).label("first"), func.max(TopicDate.on_date).label("last"),
            func.json_agg(aggregate_order_by(told, TopicDate.on_date, TopicDate.id)).label("dates"),
        )
        .where(TopicDate.brand_id == any_(bindparam("writable")))
        .group_by(TopicDate.topic_id)
        .subquery("dates")
    )  # fmt: skip
    embargo = cast(func.timezone(Topic.embargo_zone, Topic.embargo_until), Date)
    first = func.least(held.c.first, dates.c.first, embargo)
    last = func.greatest(held.c.last, dates.c.last, embargo)
    wanted = (
        select(
            Topic.id, Topic.brand_id, Topic.title, Topic.embargo_until, Topic.embargo_zone, Topic.created_at,
            first.label("first"), last.label("last"), func.coalesce(held.c.contents, 0).label("contents"),
            dates.c.dates,
        )
        .outerjoin(held, held.c.topic_id == Topic.id)
        .outerjoin(dates, dates.c.topic_id == Topic.id)
        .where(Topic.brand_id == any_(bindparam("writable")), first <= _ends, last >= _starts)
        .order_by(first, last, Topic.id)
        .limit(MOST_TOPICS + 1)
    )  # fmt: skip
    if filters.topic_id:
        wanted = wanted.where(Topic.id == bindparam("filter_topic"))
    return wanted.where(held.c.contents > 0) if filters.shape - {"topic"} else wanted


def _bounds(year: Year) -> dict[str, Any]:
    return {"starts": year.first, "ends": year.last}


def _values(scope: Scope, year: Year) -> dict[str, Any]:
    since, until = year.reach()
    return {**scope.parameters, **_bounds(year), "since": since - AROUND, "until": until + AROUND}
