"""The month's grid: one pass over the rows into tuples of prepared strings, for a template that only writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from markupsafe import Markup

from unisson.calendars.period import Month, today_in
from unisson.calendars.reading import EntryRow
from unisson.calendars.wording import day_label, day_names, tags, words
from unisson.editorial.models import EDITABLE
from unisson.web.guards import BrandCard
from unisson.web.i18n import _, language, say_zone

_NOTHING = Markup("")
_MOVABLE = frozenset(state.value for state in EDITABLE)


class Entry(NamedTuple):
    """One content in the grid or the tray. A tuple, because the template unpacks it: no look-up inside its loop."""

    mark: str
    path: str
    version: int
    accent: str
    state: str
    is_movable: bool
    time: str
    icon: Markup
    title: str
    channels: Markup
    live: str


@dataclass(slots=True)
class Day:
    """One day of the grid and what stands on it."""

    iso: str
    number: int
    weekday: str
    label: str
    is_today: bool
    is_other: bool
    is_weekend: bool
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Grid:
    """The days of a month and the tray of what has no date."""

    days: list[Day]
    tray: list[Entry]
    symbols: Markup

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all to show."""
        return not self.tray and not any(day.entries for day in self.days)


@dataclass(frozen=True, slots=True)
class Clock:
    """How the entries of one brand are placed and dressed."""

    zone: ZoneInfo
    accent: str
    place: str
    is_movable: bool


def clocks(brands: Sequence[BrandCard], movable: frozenset[str], home_zone: str) -> dict[str, Clock]:
    """Return each brand's clock by its id. A brand elsewhere than `home_zone` says so beside each of its times.

    One brand alone lends its accent to the whole month, and its entries inherit it.
    """
    return {
        str(brand.id): Clock(
            zone=ZoneInfo(brand.timezone),
            accent=brand.accent if len(brands) > 1 else "",
            place="" if brand.timezone == home_zone else f" {say_zone(brand.timezone)}",
            is_movable=str(brand.id) in movable,
        )
        for brand in brands
    }


def grid(month: Month, rows: Sequence[EntryRow], by_brand: Mapping[str, Clock], home_zone: str) -> Grid:
    """Return the month's grid. Each entry stands on the day that its own brand's clock shows."""
    said = words()
    days = _days(month, today_in(home_zone))
    first = month.days()[0].toordinal()
    tray: list[Entry] = []
    tagged: dict[str, Markup] = {}
    for content_id, brand_id, at, state, title, kinds, live, version in rows:
        clock = by_brand[brand_id]
        time, into = "", tray
        if at is not None:
            local = at.astimezone(clock.zone)
            place = local.toordinal() - first
            if not 0 <= place < len(days):
                continue
            time, into = said.clocks[local.hour * 60 + local.minute] + clock.place, days[place].entries
        if kinds not in tagged:
            tagged[kinds] = tags(kinds, said)
        into.append(
            Entry(
                content_id[-12:], f"contents/{content_id}", version, clock.accent, state, clock.is_movable and state in _MOVABLE,
                time, said.state_icons[state], title or _("Untitled"), tagged[kinds], _address(live),
            )
        )  # fmt: skip
    return Grid(days, tray, said.symbols)


def _days(month: Month, today: date) -> list[Day]:
    spoken = language()
    return [
        Day(
            iso=day.isoformat(),
            number=day.day,
            weekday=day_names(spoken)[day.weekday()],
            label=day_label(spoken, day),
            is_today=day == today,
            is_other=day.month != month.number,
            is_weekend=day.weekday() > 4,
        )
        for day in month.days()
    ]


def _address(live: str | None) -> str:
    """Return a live address if it is one that a browser may follow; a channel could have answered anything."""
    return live if live and live.startswith(("https://", "http://")) else ""
