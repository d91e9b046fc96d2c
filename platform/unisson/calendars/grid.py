"""The grid of days, and what was written put on the day on which it stands."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from markupsafe import Markup

from tenants.access import Actor
from tenants.permissions import Permission
from unisson.calendars.looks import Look
from unisson.calendars.period import Span
from unisson.calendars.wording import begin_label, day_label, day_names
from unisson.calendars.writing import Clock, Written
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


@dataclass(frozen=True, slots=True)
class Placed:
    """What was written for each day of the grid, and the tray of what has no date."""

    days: list[bytes]
    tray: list[Markup]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to show."""
        return not self.tray and not any(self.days)


def clocks(look: Look, actor: Actor, spoken: str) -> list[Clock]:
    """Return the clocks of the look's brands, as `actor` sees them.

    A brand elsewhere than the look's zone says so beside each of its times. On the reader's own clock nothing is moved:
    a day there is not the day that the brand would move it to. One brand alone lends its accent to the whole month, and
    its entries inherit it; of several, each is named.
    """
    return [
        _clock(look, brand, spoken, may_move=actor.may(Permission.CONTENT_SCHEDULE, brand.id)) for brand in look.brands
    ]


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


def placed(span: Span, written: Written) -> Placed:
    """Return contents, each on the day that its own brand's clock shows, and the tray of those without a date."""
    dates = span.days()
    first, many = dates[0].toordinal(), len(dates)
    days: list[list[bytes]] = [[] for _day in dates]
    tray = []
    for day, markup in zip(*written, strict=True):
        if not day:
            # Escaped as it was written.
            tray.append(Markup(b"".join(markup).decode()))  # noqa: S704
        elif 0 <= day - first < many:
            days[day - first] += markup
    return Placed([b"".join(each) for each in days], tray)


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
