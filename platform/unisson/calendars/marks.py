"""What stands on days beside contents: public holidays, key dates, embargoes, black-outs, who is away, free slots.

Holidays are for everybody. The rest is the agency's own planning: it shows of the brands that one writes for.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup
from sqlalchemy import ARRAY, Date, DateTime, Uuid, any_, bindparam, cast, func, literal_column, select

from tenants.asking import Asks
from tenants.brands import Brand
from tenants.members import Membership
from tenants.wire import Question
from unisson.approvals.models import Absence
from unisson.approvals.working_time import public_holidays
from unisson.calendars.looks import Look
from unisson.calendars.models import CalendarNote, NoteKind
from unisson.calendars.reading import Scope
from unisson.calendars.wording import Words, clock
from unisson.editorial.models import Content, ContentState, Variant
from unisson.publishing.models import Channel
from unisson.strategy.models import BlackOut, Slot
from unisson.strategy.rhythm import ClosedDays
from unisson.strategy.slots import Beat, Ground, Occurrence, falls_on
from unisson.topics.models import Topic, TopicDate
from unisson.web.guards import BrandCard
from unisson.web.i18n import said

_brands = bindparam("brands", type_=ARRAY(Uuid))
_writable = bindparam("writable", type_=ARRAY(Uuid))
_since: Any = bindparam("since", type_=DateTime(timezone=True))
_until: Any = bindparam("until", type_=DateTime(timezone=True))
_first, _last = cast(_since, Date), cast(_until, Date)


_NOTED = {NoteKind.NOTE: "sticky-note", NoteKind.EVENT: "map-pin"}


def _listed(*columns: Any) -> Any:
    return func.json_agg(func.json_build_array(*columns))


_countries = select(_listed(Brand.id, Brand.country)).where(Brand.id == any_(_brands))
_dates = select(_listed(TopicDate.brand_id, TopicDate.on_date, TopicDate.label, TopicDate.topic_id)).where(
    TopicDate.brand_id == any_(_writable), TopicDate.on_date.between(_first, _last)
)
_embargoes = select(
    _listed(
        Topic.brand_id, func.date_part("epoch", Topic.created_at), func.date_part("epoch", Topic.embargo_until),
        Topic.embargo_zone, Topic.title, Topic.id,
    )
).where(Topic.brand_id == any_(_writable), Topic.embargo_until >= _since, Topic.created_at < _until)  # fmt: skip
_black_outs = select(_listed(BlackOut.brand_id, BlackOut.starts_on, BlackOut.ends_on, BlackOut.reason)).where(
    BlackOut.brand_id == any_(_writable), BlackOut.ends_on >= _first, BlackOut.starts_on <= _last
)
_away = (
    select(_listed(Membership.name, Absence.starts_on, Absence.ends_on))
    .select_from(Absence)
    .join(Membership, (Membership.agency_id == Absence.agency_id) & (Membership.id == Absence.membership_id))
    .where(func.cardinality(_writable) > 0, Absence.ends_on >= _first, Absence.starts_on <= _last)
)
_notes = select(
    _listed(
        CalendarNote.brand_id, CalendarNote.kind, CalendarNote.starts_on, CalendarNote.ends_on, CalendarNote.title,
        CalendarNote.id,
    )
).where(
    CalendarNote.brand_id == any_(_writable), CalendarNote.archived_at.is_(None),
    CalendarNote.ends_on >= _first, CalendarNote.starts_on <= _last,
)  # fmt: skip
_beats = (
    select(_listed(Slot.brand_id, Slot.channel_id, Channel.name, Slot.weekday, Slot.wall_clock))
    .select_from(Slot)
    .join(Channel, (Channel.agency_id == Slot.agency_id) & (Channel.id == Slot.channel_id))
    .where(Slot.brand_id == any_(_writable), Channel.disconnected_at.is_(None))
)
_taken = (
    select(_listed(Variant.channel_id, func.date_part("epoch", Content.scheduled_at)))
    .select_from(Variant)
    .join(Content, (Content.agency_id == Variant.agency_id) & (Content.id == Variant.content_id))
    .where(
        Content.brand_id == any_(_writable),
        Content.scheduled_at >= _since,
        Content.scheduled_at < _until,
        Content.state != literal_column(f"'{ContentState.CANCELLED}'"),
        # Brands without a rhythm cost nothing.
        Content.brand_id.in_(select(Slot.brand_id).where(Slot.brand_id == any_(_writable))),
    )
)
_BESIDE = (_countries, _dates, _embargoes, _black_outs, _away, _notes, _beats, _taken)


STANDING = tuple(each.scalar_subquery() for each in _BESIDE)
"""What stands beside contents, as columns of a statement; `Marks.told` takes their answers."""

_STANDS = Question(select(func.json_build_array(*STANDING)), keeps_plan=True)


class Marks(NamedTuple):
    """What was read, as rows of their columns above."""

    countries: Sequence[Sequence[Any]]
    dates: Sequence[Sequence[Any]]
    embargoes: Sequence[Sequence[Any]]
    black_outs: Sequence[Sequence[Any]]
    away: Sequence[Sequence[Any]]
    notes: Sequence[Sequence[Any]]
    beats: Sequence[Sequence[Any]]
    taken: Sequence[Sequence[Any]]

    @classmethod
    def told(cls, answers: Sequence[Sequence[Sequence[Any]] | None]) -> "Marks":
        """Return what the answers to `STANDING` tell, in an order that does not hang on how they were read."""
        return cls(*[sorted(each or (), key=str) for each in answers])


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing that stands on a day. `goes_on` where it does not begin that day: it is then drawn, and not said."""

    day: date
    kind: str
    icon: str
    text: str
    path: str | None = None
    goes_on: bool = False
    lasts: str = ""
    """First and last day of what may be put on others, with a stroke between."""


def standing(asks: Asks, scope: Scope) -> Marks:
    """Return what stands on the scope's days beside contents."""
    return Marks.told(asks.ask(_STANDS, scope.parameters))


def marked(look: Look, read: Marks, words: Words) -> list[bytes]:
    """Return the markup of each day's marks, in the order of the look's days."""
    dates = look.span.days()
    names = {str(card.id): card.name for card in look.brands} if len(look.brands) > 1 else {}
    by_day: dict[date, list[Mark]] = {}
    for mark in (
        *_all(dates, read, names, words.spoken, look.zone if look.is_mine else None),
        *_free(look, read, names, words.spoken),
    ):
        by_day.setdefault(mark.day, []).append(mark)
    return [_day(by_day[day], words) if day in by_day else b"" for day in dates]


def _day(marks: Sequence[Mark], words: Words) -> bytes:
    return "".join([_markup(each, words.mark_icons[each.icon]) for each in marks]).encode()


def _all(dates: Sequence[date], read: Marks, names: Mapping[str, str], spoken: str, own: str | None) -> Iterator[Mark]:
    first, last = dates[0], dates[-1]
    yield from _holidays(dates, read, names, spoken)
    for brand, starts, ends, reason in read.black_outs:
        text = _named(said(spoken, "Black-out: %(reason)s", reason=reason), brand, names)
        yield from _span("black-out", "megaphone-off", text, (starts, ends), (first, last))
    for brand, opened, ends, zone, title, topic_id in read.embargoes:
        until, since = _local(ends, own or zone), _local(opened, own or zone)
        text = _named(said(spoken, "Embargo: %(title)s", title=title), brand, names)
        at = clock(spoken, until.hour * 60 + until.minute)
        end = _named(said(spoken, "Embargo until %(time)s: %(title)s", time=at, title=title), brand, names)
        for mark in _span("embargo", "lock", text, (since.date(), until.date()), (first, last)):
            is_end = mark.day == until.date()
            yield replace(
                mark, text=end if is_end else text, path=f"topics/{topic_id}", goes_on=mark.goes_on and not is_end
            )
    for brand, on, label, topic_id in read.dates:
        yield Mark(date.fromisoformat(on), "date", "flag", _named(label, brand, names), f"topics/{topic_id}")
    for brand, kind, starts, ends, title, note_id in read.notes:
        for mark in _span(kind, _NOTED[kind], _named(title, brand, names), (starts, ends), (first, last)):
            yield replace(mark, path=f"notes/{note_id}", lasts=f"{starts}/{ends}")
    for name, starts, ends in read.away:
        text = said(spoken, "Away: %(name)s", name=name)
        yield from _span("away", "calendar-off", text, (starts, ends), (first, last))


def slots_to_come(look: Look, read: Marks) -> int:
    """Return how many of today's beats are still to come: as they pass, the page is another one."""
    now = datetime.now(UTC)
    beats = _beats_of(read)
    today = [(card, now.astimezone(ZoneInfo(card.timezone)).date()) for card in look.brands if str(card.id) in beats]
    return sum(each.at > now for card, day in today for each in falls_on(beats[str(card.id)], card.timezone, day))


def _free(look: Look, read: Marks, names: Mapping[str, str], spoken: str) -> Iterator[Mark]:
    """Yield the free slots to come of the brands that one plans, unless the page is narrowed to something else."""
    if not read.beats or look.filters.shape - {"channel"}:
        return
    now, beats = datetime.now(UTC), _beats_of(read)
    channels = {uuid.UUID(channel): name for _brand, channel, name, *_at in read.beats}
    # On the reader's own clock a beat may stand a day before or after that of its brand.
    days = [look.span.days()[0] + timedelta(days=n) for n in range(-1, len(look.span.days()) + 1)]
    for card in look.brands:
        brand = str(card.id)
        ground = _ground(card, read)
        for day in days if brand in beats else ():
            if not ground.is_closed(day):
                free = (each for each in falls_on(beats[brand], card.timezone, day) if each.at > now)
                for each in free:
                    if ground.is_free(each.at, [each.channel_id]):
                        name = _named(channels[each.channel_id], brand, names)
                        yield _slot(each, card, name, look.zone if look.is_mine else card.timezone, spoken)


def _ground(card: BrandCard, read: Marks) -> Ground:
    """Return what a brand's beats keep clear of on the page."""
    taken: dict[uuid.UUID, list[datetime]] = {}
    for channel, at in sorted(read.taken, key=itemgetter(1)):
        taken.setdefault(uuid.UUID(channel), []).append(datetime.fromtimestamp(at, UTC))
    quiet = [
        (date.fromisoformat(first), date.fromisoformat(last))
        for brand, first, last, _reason in read.black_outs
        if brand == str(card.id)
    ]
    country = next((country for brand, country in read.countries if brand == str(card.id)), "")
    return Ground(card.timezone, taken, ClosedDays(country, quiet))


def _slot(free: Occurrence, card: BrandCard, name: str, zone: str, spoken: str) -> Mark:
    here = free.at.astimezone(ZoneInfo(zone))
    time = clock(spoken, here.hour * 60 + here.minute)
    text = said(spoken, "Free: %(time)s, %(channel)s", time=time, channel=name)
    path = f"brands/{card.slug}/contents/new?date={free.wall_time:%Y-%m-%dT%H:%M}&channel={free.channel_id}"
    return Mark(here.date(), "slot", "calendar-plus", text, path)


def _beats_of(read: Marks) -> dict[str, list[Beat]]:
    found: dict[str, list[Beat]] = {}
    for brand, channel, _name, weekday, at in read.beats:
        found.setdefault(brand, []).append(Beat(uuid.UUID(channel), weekday, time.fromisoformat(at)))
    return found


def _holidays(dates: Sequence[date], read: Marks, names: Mapping[str, str], spoken: str) -> Iterator[Mark]:
    """Yield the holidays of each country, with the country's code where the brands are of several."""
    countries = sorted({country for _brand, country in read.countries})
    for country in countries:
        for day, name in _holidays_of(country, spoken, dates[0], len(dates)):
            yield Mark(day, "holiday", "star", f"{name} ({country})" if len(countries) > 1 and names else name)


@lru_cache(maxsize=512)
def _holidays_of(country: str, spoken: str, first: date, many: int) -> Sequence[tuple[date, str]]:
    """Return the holidays of a country among `many` days, with their names."""
    known = public_holidays(country, spoken)
    days = (first + timedelta(days=n) for n in range(many))
    return [(day, known[day]) for day in days if day in known]


def _span(kind: str, icon: str, text: str, lasts: tuple[Any, Any], shown: tuple[date, date]) -> Iterator[Mark]:
    """Yield a mark for each day of a span; it is said on its first, and again as each week begins."""
    starts, ends = (date.fromisoformat(each) if isinstance(each, str) else each for each in lasts)
    day = max(starts, shown[0])
    while day <= min(ends, shown[1]):
        yield Mark(day, kind, icon, text, goes_on=day not in (starts, shown[0]) and day.weekday() != 0)
        day += timedelta(days=1)


def _local(epoch: float, zone: str) -> datetime:
    return datetime.fromtimestamp(epoch, UTC).astimezone(ZoneInfo(zone or "UTC"))


def _named(text: str, brand: str, names: Mapping[str, str]) -> str:
    return f"{text} · {names[brand]}" if brand in names else text


@lru_cache(maxsize=4096)
def _markup(mark: Mark, icon: Markup) -> str:
    held, end = Markup(""), Markup("")
    if mark.lasts:
        held = Markup(' data-lasts="{}" data-note="{}"').format(mark.lasts, mark.path)
        if mark.lasts.endswith(mark.day.isoformat()):
            end = _END
    if mark.goes_on:
        return Markup('<span class="day-mark" data-kind="{}" data-goes-on title="{}"{}>{}</span>').format(
            mark.kind, mark.text, held, end
        )
    inner = Markup('{}<span class="day-mark-text">{}</span>').format(icon, mark.text)
    if mark.path is None:
        return Markup('<span class="day-mark" data-kind="{}">{}</span>').format(mark.kind, inner)
    return Markup('<a class="day-mark" data-kind="{}" href="{}"{}>{}{}</a>').format(
        mark.kind, mark.path, held, inner, end
    )


_END = Markup('<span class="day-mark-end" aria-hidden="true"></span>')
"""By which a mark is drawn longer or shorter; the keyboard has Shift, Alt and an arrow for it."""
