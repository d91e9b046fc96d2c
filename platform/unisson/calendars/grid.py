"""The grid of days: one pass over the rows, each written into the day on which it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from markupsafe import Markup

from tenants.access import Actor
from tenants.permissions import Permission
from unisson.calendars.looks import Look
from unisson.calendars.period import Span
from unisson.calendars.reading import EntryRow, dated_of
from unisson.calendars.wording import Words, begin_label, day_label, day_names
from unisson.calendars.writing import Clock, dated, undated
from unisson.web.guards import BrandCard
from unisson.web.i18n import language, zone_said

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
    """The entries of one look as they were written last, by content: version, day, and markup.

    The version stands for all that an entry shows. Days are proleptic ordinals.
    """

    def __init__(self) -> None:
        self.written: Mapping[str, tuple[int, int, bytes]] = {}


def clocks(look: Look, actor: Actor, spoken: str) -> dict[str, Clock]:
    """Return each brand's clock by its id, as `actor` sees it.

    A brand elsewhere than the look's zone says so beside each of its times. On the reader's own clock nothing is moved:
    a day there is not the day that the brand would move it to. One brand alone lends its accent to the whole month, and
    its entries inherit it; of several, each is named.
    """
    return {
        str(brand.id): _clock(look, brand, spoken, may_move=actor.may(Permission.CONTENT_SCHEDULE, brand.id))
        for brand in look.brands
    }


def _clock(look: Look, brand: BrandCard, spoken: str, *, may_move: bool) -> Clock:
    several, is_here = len(look.brands) > 1, look.is_mine or brand.timezone == look.zone
    shown, beside = (look.zone, brand.timezone) if look.is_mine else (brand.timezone, look.own_zone or brand.timezone)
    return Clock(
        zone=ZoneInfo(shown),
        accent=Markup(' data-accent="{}"').format(brand.accent) if several else NOTHING,
        brand=Markup('<span class="entry-brand">{}</span>').format(brand.name) if several else NOTHING,
        place=NOTHING if is_here else Markup(" {}").format(zone_said(brand.timezone, spoken)),
        is_movable=may_move and not look.is_mine,
        beside=ZoneInfo(beside) if beside != shown else None,
        cities=(zone_said(shown, spoken), zone_said(beside, spoken)),
    )


def placed(span: Span, rows: Sequence[EntryRow], by_brand: Mapping[str, Clock], kept: Pieces, said: Words) -> Placed:
    """Return the rows as markup. Each entry stands on the day that its own brand's clock shows.

    What is `kept` of the same look is not written again; from here on it keeps what stands here.
    """
    dates = span.days()
    first, many, known = dates[0].toordinal(), len(dates), kept.written
    planned = rows[: dated_of(rows)]
    fresh = [row for row in planned if known.get(row[0], _NEVER)[0] != row[7]]
    written = {**known, **dict(dated(fresh, by_brand, said))}
    if len(written) > len(planned):
        written = {row[0]: written[row[0]] for row in planned}
    kept.written = written
    found = Placed([[] for _day in dates], [undated(row, by_brand[row[1]], said) for row in rows[len(planned) :]])
    for row in planned:
        _version, day, markup = written[row[0]]
        if 0 <= day - first < many:
            found.days[day - first].append(markup)
    return found


_NEVER = (-1, 0, b"")


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
