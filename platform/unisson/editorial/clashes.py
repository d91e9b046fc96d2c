"""What a content clashes with on the calendar: said while one writes and moves, and never a stop.

The same text on a channel within thirty days, two contents of a channel within a quarter of an hour, a topic twice in
a day, a public holiday of the brand's country.
"""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, and_, func, or_, select

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.approvals.working_time import public_holidays
from unisson.editorial.models import Content, ContentState, Variant
from unisson.web.i18n import language, lazy, say_time

SAME_TEXT = timedelta(days=30)
CLOSE = timedelta(minutes=15)
MOST = 20
"""Neighbours that are looked at; what is beyond says nothing new."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What is being planned: when, in which words, where to, of which topic."""

    at: datetime
    body: str
    channel_ids: Collection[uuid.UUID]
    topic_id: uuid.UUID | None = None
    content_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Clash:
    """One clash in words, and the content that it is with, if any."""

    sentence: object
    content_id: uuid.UUID | None = None


def clashes(session: TenantSession, brand: Brand, planned: Planned) -> list[Clash]:
    """Return what a content clashes with, in one statement however many there are, the nearest first."""
    zone = ZoneInfo(brand.timezone)
    day = planned.at.astimezone(zone).date()
    holiday = public_holidays(brand.country, language()).get(day)
    found = [Clash(lazy("This day is a public holiday: %(name)s.", name=holiday))] if holiday else []
    rows = session.execute(_neighbours(brand, planned, zone)).all()
    return found + [clash for row in rows for clash in _said(row, planned, zone)]


def _neighbours(brand: Brand, planned: Planned, zone: ZoneInfo) -> Any:
    shares = (
        select(Variant.id)
        .where(
            Variant.agency_id == Content.agency_id,
            Variant.content_id == Content.id,
            Variant.channel_id.in_(planned.channel_ids),
        )
        .exists()
    )
    midnight = planned.at.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    alike = and_(func.trim(Content.body) == planned.body.strip(), func.trim(Content.body) != "", shares)
    close = and_(Content.scheduled_at.between(planned.at - CLOSE, planned.at + CLOSE), shares)
    same_day = and_(
        Content.topic_id == planned.topic_id,
        Content.scheduled_at >= midnight,
        Content.scheduled_at < midnight + timedelta(days=1),
    )
    return (
        select(
            Content.id, func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 60)).label("title"),
            Content.scheduled_at, alike.label("alike"), close.label("close"),
            (same_day if planned.topic_id else alike).label("same_topic"),
        )
        .where(
            Content.brand_id == brand.id,
            Content.scheduled_at.between(planned.at - SAME_TEXT, planned.at + SAME_TEXT),
            Content.state != ContentState.CANCELLED.value,
            Content.id != (planned.content_id or uuid.UUID(int=0)),
            or_(alike, close, *([same_day] if planned.topic_id else [])),
        )
        .order_by(func.abs(func.date_part("epoch", Content.scheduled_at - planned.at)), Content.id)
        .limit(MOST)
    )  # fmt: skip


def _said(row: Row[Any], planned: Planned, zone: ZoneInfo) -> Iterator[Clash]:
    about = {"title": row.title, "time": say_time(row.scheduled_at, zone, "moment")}
    if row.alike:
        yield Clash(lazy("The same text goes to one of these channels: “%(title)s”, %(time)s.", **about), row.id)
    elif row.close:
        yield Clash(lazy("Close to another content of one of these channels: “%(title)s”, %(time)s.", **about), row.id)
    elif planned.topic_id and row.same_topic:
        yield Clash(lazy("The same topic, the same day: “%(title)s”, %(time)s.", **about), row.id)
