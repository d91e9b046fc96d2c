"""The grid of days: one pass over the rows, each written into the day on which it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.looks import Look
from unisson.calendars.period import Span
from unisson.calendars.reading import EntryRow
from unisson.calendars.wording import Words, begin_label, day_label, day_names, words
from unisson.calendars.writing import Clock, both, entry, undated
from unisson.web.guards import BrandCard
from unisson.web.i18n import language, say_zone

NOTHING = Markup("")


@dataclass(slots=True)
class Day:
    """One day of the grid."""

    iso: str
    number: int
    weekday: str
    label: str
    begin: str
    is_today: bool
    is_other: bool
    is_weekend: bool


@dataclass(slots=True)
class Placed:
    """What was written into each day of the grid, and the tray of what has no date."""

    days: list[list[bytes]]
    tray: list[Markup]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to show."""
        return not self.tray and not any(self.days)


class Pieces:
    """The entries of one look as they were written last: by content and version, which stands for all that they show.

    Each with the day on which it stands, as a proleptic ordinal.
    """

    def __init__(self) -> None:
        self.written: Mapping[tuple[str, int], tuple[int, bytes]] = {}


def clocks(look: Look, movable: frozenset[str]) -> dict[str, Clock]:
    """Return each brand's clock by its id. A brand elsewhere than the look's zone says so beside each of its times.

    On the reader's own clock nothing is moved: a day there is not the day that the brand would move it to. One brand
    alone lends its accent to the whole month, and its entries inherit it; of several, each is named.
    """
    return {str(brand.id): _clock(look, brand, movable) for brand in look.brands}


def _clock(look: Look, brand: BrandCard, movable: frozenset[str]) -> Clock:
    several, is_here = len(look.brands) > 1, look.is_mine or brand.timezone == look.zone
    shown, beside = (look.zone, brand.timezone) if look.is_mine else (brand.timezone, look.own_zone or brand.timezone)
    return Clock(
        zone=ZoneInfo(shown),
        accent=Markup(' data-accent="{}"').format(brand.accent) if several else NOTHING,
        brand=Markup('<span class="entry-brand">{}</span>').format(brand.name) if several else NOTHING,
        place=NOTHING if is_here else Markup(" {}").format(say_zone(brand.timezone)),
        is_movable=str(brand.id) in movable and not look.is_mine,
        beside=ZoneInfo(beside) if beside != shown else None,
        cities=(say_zone(shown), say_zone(beside)),
    )


def placed(span: Span, rows: Sequence[EntryRow], by_brand: Mapping[str, Clock], kept: Pieces) -> Placed:
    """Return the rows as markup. Each entry stands on the day that its own brand's clock shows.

    What is `kept` of the same look is not written again; from here on it keeps what stands here.
    """
    said = words()
    dates = span.days()
    first, last = dates[0].toordinal(), len(dates)
    found = Placed([[] for _day in dates], [])
    known, written = kept.written, {}
    for row in rows:
        if row[2] is None:
            found.tray.append(undated(row, by_brand[row[1]], said))
            continue
        key = row[0], row[7]
        piece = written[key] = known.get(key) or _dated(row, row[2], by_brand[row[1]], said)
        place = piece[0] - first
        if 0 <= place < last:
            found.days[place].append(piece[1])
    kept.written = written
    return found


def _dated(row: EntryRow, seconds: int, clock: Clock, said: Words) -> tuple[int, bytes]:
    """Return a dated entry, with the day on which it stands."""
    at = datetime.fromtimestamp(seconds, UTC)
    local = at.astimezone(clock.zone)
    time = both(at, clock, said, said.clocks[local.hour * 60 + local.minute])
    return local.toordinal(), entry(row, clock, said, time).encode()


def days(span: Span, today: date) -> list[Day]:
    """Return the days that are shown."""
    spoken = language()
    return [
        Day(
            iso=day.isoformat(),
            number=day.day,
            weekday=day_names(spoken)[day.weekday()],
            label=day_label(spoken, day),
            begin=begin_label(spoken, day),
            is_today=day == today,
            is_other=not span.holds(day),
            is_weekend=day.weekday() > 4,
        )
        for day in span.days()
    ]
