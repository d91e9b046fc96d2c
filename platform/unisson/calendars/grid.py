"""The grid of days: one pass over the rows, each written into the day on which it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.period import Span
from unisson.calendars.reading import EntryRow
from unisson.calendars.wording import begin_label, day_label, day_names, words
from unisson.calendars.writing import Clock, entry, undated
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

    days: list[list[str]]
    tray: list[Markup]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to show."""
        return not self.tray and not any(self.days)


def clocks(brands: Sequence[BrandCard], movable: frozenset[str], home_zone: str) -> dict[str, Clock]:
    """Return each brand's clock by its id. A brand elsewhere than `home_zone` says so beside each of its times.

    One brand alone lends its accent to the whole month, and its entries inherit it; of several, each is named.
    """
    several = len(brands) > 1
    return {
        str(brand.id): Clock(
            zone=ZoneInfo(brand.timezone),
            accent=Markup(' data-accent="{}"').format(brand.accent) if several else NOTHING,
            brand=Markup('<span class="entry-brand">{}</span>').format(brand.name) if several else NOTHING,
            place=NOTHING if brand.timezone == home_zone else Markup(" {}").format(say_zone(brand.timezone)),
            is_movable=str(brand.id) in movable,
        )
        for brand in brands
    }


def placed(span: Span, rows: Sequence[EntryRow], by_brand: Mapping[str, Clock]) -> Placed:
    """Return the rows as markup. Each entry stands on the day that its own brand's clock shows."""
    said = words()
    dates = span.days()
    first, last = dates[0].toordinal(), len(dates)
    found = Placed([[] for _day in dates], [])
    for row in rows:
        clock = by_brand[row[1]]
        at = row[2]
        if at is None:
            found.tray.append(undated(row, clock, said))
            continue
        local = at.astimezone(clock.zone)
        place = local.toordinal() - first
        if 0 <= place < last:
            found.days[place].append(entry(row, clock, said, said.clocks[local.hour * 60 + local.minute]))
    return found


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
