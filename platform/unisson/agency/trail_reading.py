"""The agency's trail as it is read: newest first, narrowed, a page at a time, the same work however long it is."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, func, select, tuple_

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.closing.models import BrandRecord
from unisson.editorial.models import Content
from unisson.topics.models import Topic

PAGE = 50
MOST_LINES = 20_000
"""Lines of one file; a longer period is taken in parts."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the trail is looked at. Days are of the agency's clock, both included."""

    zone: str
    brand_id: uuid.UUID | None = None
    person_id: uuid.UUID | None = None
    about: str = ""
    since: date | None = None
    until: date | None = None


class Line(NamedTuple):
    """One thing that was done. `title` is a content's or a topic's, where it is about one."""

    id: uuid.UUID
    at: datetime
    who: str
    verb: str
    kind: str
    subject_id: uuid.UUID
    brand: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and what the next page begins after; "" for none."""

    lines: list[Line]
    after: str


def page(session: TenantSession, wanted: Wanted, after: str = "") -> Page:
    """Return the lines after the one that `after` names. Anything else than what a page gave begins anew."""
    query = _lines(wanted)
    place = _place(after)
    if place is not None:
        query = query.where(tuple_(Event.at, Event.id) < tuple_(*place))
    found = [Line._make(row) for row in session.execute(query.limit(PAGE + 1))]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], f"{last.at.isoformat()}~{last.id}" if last else "")


def lines(session: TenantSession, wanted: Wanted) -> Iterator[Line]:
    """Yield the newest MOST_LINES lines of what is wanted, and one more where there are more."""
    rows = session.execute(_lines(wanted).limit(MOST_LINES + 1).execution_options(yield_per=1000))
    yield from (Line._make(row) for row in rows)


def _lines(wanted: Wanted) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Event.id, Event.at, Event.actor_name, Event.verb, Event.subject_kind, Event.subject_id,
            func.coalesce(Brand.name, BrandRecord.name),
            func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 60), Topic.title),
        )
        .outerjoin(Brand, and_(Brand.agency_id == Event.agency_id, Brand.id == Event.brand_id))
        # A brand that is deleted is named all the same: by what is kept of it.
        .outerjoin(BrandRecord, and_(BrandRecord.agency_id == Event.agency_id, BrandRecord.id == Event.brand_id))
        .outerjoin(
            Content,
            and_(
                Event.subject_kind == "content", Content.agency_id == Event.agency_id, Content.id == Event.subject_id
            ),
        )
        .outerjoin(
            Topic,
            and_(Event.subject_kind == "topic", Topic.agency_id == Event.agency_id, Topic.id == Event.subject_id),
        )
        .order_by(Event.at.desc(), Event.id.desc())
    )  # fmt: skip
    zone = ZoneInfo(wanted.zone)
    if wanted.brand_id:
        query = query.where(Event.brand_id == wanted.brand_id)
    if wanted.person_id:
        query = query.where(Event.actor_id == wanted.person_id)
    if wanted.about:
        query = query.where(Event.family == wanted.about)
    if wanted.since:
        query = query.where(Event.at >= datetime.combine(wanted.since, time(), zone))
    if wanted.until:
        query = query.where(Event.at < datetime.combine(wanted.until + timedelta(days=1), time(), zone))
    return query


def _place(after: str) -> tuple[datetime, uuid.UUID] | None:
    moment, _mark, key = after[:80].partition("~")
    try:
        found = datetime.fromisoformat(moment)
        return found.replace(tzinfo=found.tzinfo or UTC), uuid.UUID(key)
    except ValueError:
        return None
