"""A brand's weekly rhythm: its beats are set and taken away here, and the next free one is looked for."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.working_time import public_holidays
from unisson.editorial.clashes import CLOSE
from unisson.editorial.models import Content, ContentState, Variant
from unisson.publishing.models import Channel
from unisson.strategy.models import Slot
from unisson.strategy.reading import black_outs_of
from unisson.strategy.slots import FARTHEST, Beat, Ground, Occurrence, first_free
from unisson.topics.embargo import embargo_on
from unisson.web.i18n import lazy

MOST_SLOTS = 150

NO_DAYS = lazy("Choose at least one day of the week.")
NO_TIME = lazy("Give a time of day, such as 10:30.")
NO_CHANNEL = lazy("Choose one of the brand's channels.")
TOO_MANY = lazy("A rhythm has 150 slots at most. Take some away first.")


class BeatLine(NamedTuple):
    """One beat as the page shows it."""

    id: uuid.UUID
    weekday: int
    clock: time
    channel_id: uuid.UUID
    channel: str
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a free beat is looked for: the channels of a content (none for any), its topic, and itself."""

    channel_ids: Collection[uuid.UUID] = ()
    topic_id: uuid.UUID | None = None
    content_id: uuid.UUID | None = None
    after: datetime | None = None
    """Only later ones; now for None, and never before now."""


def rhythm_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[BeatLine]:
    """Return a brand's beats on the channels that it has now, from Monday on."""
    rows = session.execute(
        select(Slot.id, Slot.weekday, Slot.wall_clock, Slot.channel_id, Channel.name, Channel.kind)
        .join(Channel, (Channel.agency_id == Slot.agency_id) & (Channel.id == Slot.channel_id))
        .where(Slot.brand_id == brand_id, Channel.disconnected_at.is_(None))
        .order_by(Slot.weekday, Slot.wall_clock, Channel.name, Slot.id)
    )
    return [BeatLine._make(row) for row in rows]


def channels_of(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Channel]:
    """Return the channels of a brand that are connected, by name."""
    wanted = select(Channel).where(Channel.brand_id == brand_id, Channel.disconnected_at.is_(None))
    return session.scalars(wanted.order_by(Channel.name, Channel.id)).all()


def set_beats(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, channel_id: uuid.UUID | None,
    *, weekdays: Iterable[int], clock: time | None,
) -> int:  # fmt: skip
    """Add a beat on each of the weekdays; return how many are new. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.TOPIC_PLAN, brand_id)
    days = sorted({each for each in weekdays if 0 <= each <= 6})
    if not days:
        raise RefusedError(NO_DAYS, field="weekday")
    if clock is None:
        raise RefusedError(NO_TIME, field="clock")
    # Whoever adds at the same time waits here: the same beat is not set twice, nor one too many.
    session.execute(select(Brand.id).where(Brand.id == brand_id).with_for_update())
    if channel_id not in {channel.id for channel in channels_of(session, brand_id)}:
        raise RefusedError(NO_CHANNEL, field="channel")
    known = session.execute(
        select(Slot.channel_id, Slot.weekday, Slot.wall_clock).where(Slot.brand_id == brand_id)
    ).all()
    new = [day for day in days if (channel_id, day, clock) not in {tuple(row) for row in known}]
    if len(known) + len(new) > MOST_SLOTS:
        raise RefusedError(TOO_MANY, field="weekday")
    session.add_all(Slot(brand_id=brand_id, channel_id=channel_id, weekday=day, wall_clock=clock) for day in new)
    session.flush()
    if new:
        record(session, actor, "rhythm.set", "brand", brand_id, brand_id=brand_id, beats=len(new))
    return len(new)


def end_beat(session: TenantSession, actor: Actor, slot_id: uuid.UUID) -> uuid.UUID:
    """Take a beat away; return its brand. Raises NotFoundError, ForbiddenError."""
    brand_id = session.scalar(select(Slot.brand_id).where(Slot.id == slot_id))
    if brand_id is None:
        raise NotFoundError
    actor.require(Permission.TOPIC_PLAN, brand_id)
    session.execute(delete(Slot).where(Slot.id == slot_id))
    record(session, actor, "rhythm.ended", "brand", brand_id, brand_id=brand_id, beats=1)
    return brand_id


def next_free(session: TenantSession, brand: Brand, asked: Asked) -> Occurrence | None:
    """Return the first free beat for a content: after now and its topic's embargo, outside of black-outs and holidays.

    None where the rhythm holds none for its channels within half a year.
    """
    lines = rhythm_of(session, brand.id)
    kinds = {line.channel_id: line.kind for line in lines}
    channel_ids = set(asked.channel_ids) or kinds.keys()
    after = max(session.now(), asked.after or session.now())
    embargo = embargo_on(session, asked.topic_id)
    said = " ".join(sorted({kinds[each] for each in channel_ids if each in kinds}))
    if embargo is not None and embargo.forbids(after, said):
        after = embargo.until - timedelta(microseconds=1)
    ground = Ground(
        brand.timezone,
        _taken(session, brand.id, after, asked.content_id),
        closed_days(session, brand, after),
    )
    beats = [Beat(line.channel_id, line.weekday, line.clock) for line in lines]
    return first_free(beats, ground, channel_ids, after)


def closed_days(session: TenantSession, brand: Brand, after: datetime) -> "ClosedDays":
    """Return on which days from an instant on a brand publishes nothing: its black-outs, and its public holidays."""
    quiet = black_outs_of(session, brand.id, after.astimezone(ZoneInfo(brand.timezone)).date())
    return ClosedDays(brand.country, [(each.starts_on, each.ends_on) for each in quiet])


class ClosedDays:
    """Whether a brand publishes nothing on a day."""

    def __init__(self, country: str, quiet: Sequence[tuple[date, date]]) -> None:
        self._holidays = public_holidays(country)
        self._quiet = quiet

    def __call__(self, day: date) -> bool:
        """Return whether it publishes nothing on `day`."""
        return day in self._holidays or any(first <= day <= last for first, last in self._quiet)


def _taken(
    session: TenantSession, brand_id: uuid.UUID, after: datetime, content_id: uuid.UUID | None
) -> dict[uuid.UUID, list[datetime]]:
    rows = session.execute(
        select(Variant.channel_id, func.array_agg(Content.scheduled_at))
        .join(Content, (Content.agency_id == Variant.agency_id) & (Content.id == Variant.content_id))
        .where(
            Content.brand_id == brand_id,
            Content.scheduled_at.between(after - CLOSE, after + FARTHEST + CLOSE),
            Content.state != ContentState.CANCELLED.value,
            Content.id != (content_id or uuid.UUID(int=0)),
        )
        .group_by(Variant.channel_id)
    )
    return {channel_id: sorted(each for each in at if each is not None) for channel_id, at in rows}
