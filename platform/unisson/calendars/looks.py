"""What a page of the calendar looks at: a month, of which brands, and what the person who asks sees of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, request
from werkzeug.datastructures import MultiDict

from tenants.errors import ForbiddenError, NotFoundError
from tenants.permissions import Permission
from unisson.calendars.filters import NONE, Filters, filters_from
from unisson.calendars.period import (
    Month,
    OneDay,
    Span,
    Year,
    day_named,
    month_named,
    month_of,
    today_in,
    week_named,
    week_of,
    year_named,
)
from unisson.calendars.reading import Scope
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands
from unisson.web.people import me


class View(NamedTuple):
    """One way to look at the calendar: what it is called, where it is, and whether it is the one shown."""

    kind: str
    path: str
    is_shown: bool


Pairs = list[tuple[str, str]]
"""What an address says after its question mark."""


def views(asked: Pairs, day: date, shown: str) -> list[View]:
    """Return the ways to look at the calendar around a day, narrowed by what is `asked` (brands and filters)."""
    home = f"/{g.agency_slug}/calendar"
    spans = [
        (kind, f"{place(kind)}?{urlencode([(kind, str(_around(day, kind))), *asked])}")
        for kind in ("month", "week", "day", "year")
    ]
    tail = f"?{urlencode(asked)}" if asked else ""
    lists = [(kind, f"{home}/{kind}{tail}") for kind in ("list", "board")]
    return [View(kind, path, kind == shown) for kind, path in spans + lists]


def place(view: str) -> str:
    """Return where a view of the calendar is, without its query."""
    home = f"/{g.agency_slug}/calendar"
    return home if view in {"month", "week", "day"} else f"{home}/{view}"


def brand_pairs(chosen: Sequence[BrandCard]) -> Pairs:
    """Return how an address names brands; nothing for all of them."""
    return [("brand", ",".join(card.slug for card in chosen))] if chosen else []


def clock_pairs(is_mine: bool) -> Pairs:
    """Return how an address names whose clock times are on; nothing for each brand's."""
    return [("clock", "mine")] if is_mine else []


def own_clock(asked: Mapping[str, str]) -> str | None:
    """Return the person's own zone where an address asks for their clock, and they chose one."""
    return me().timezone if asked.get("clock") == "mine" else None


def brands_asked(asked: "MultiDict[str, str]") -> tuple[list[BrandCard], list[BrandCard]]:
    """Return the brands that an address names, and all whose calendar the actor sees.

    Of several, those that the actor does not see are left out. Raises NotFoundError where it names none that they see,
    ForbiddenError for somebody who sees the calendar of no brand they know.
    """
    # "All brands" said first is all brands, whatever comes after it.
    named = asked.getlist("brand") if asked.get("brand") else []
    slugs = {slug for each in named for slug in each.split(",") if slug}
    acting, visible = actor(), visible_brands()
    seen = [card for card in visible if acting.may(Permission.CALENDAR_SEE, card.id)]
    chosen = [card for card in seen if card.slug in slugs]
    if len(slugs) == 1:
        chosen = [brand_card(next(iter(slugs)))]
        acting.require(Permission.CALENDAR_SEE, chosen[0].id)
    if slugs and not chosen:
        raise NotFoundError
    if visible and not seen:
        raise ForbiddenError(Permission.CALENDAR_SEE)
    return chosen, seen


@dataclass(frozen=True, slots=True)
class Look:
    """What the address asks for: a month, of the brands it names or of all that the actor may see the calendar of."""

    span: Span
    chosen: Sequence[BrandCard]
    brands: Sequence[BrandCard]
    zone: str
    today: date
    scope: Scope
    """What is to be read for it."""
    own_zone: str | None = None
    """The time zone that the person chose for themselves."""
    is_mine: bool = False
    """Whether all of it is on the person's own clock, instead of each brand's."""

    @property
    def brand(self) -> BrandCard | None:
        """Return the brand that is looked at alone."""
        return self.chosen[0] if len(self.chosen) == 1 else None

    @property
    def filters(self) -> Filters:
        """Return by what it is narrowed, besides brands."""
        return self.scope.filters

    @property
    def month(self) -> Month:
        """Return the month that is shown, or the one in which what is shown begins."""
        return month_of(self.span.first)

    def path(self, span: Span | None = None) -> str:
        """Return the address of this look at other days (or at today's, by the same kind)."""
        return self._address("", span)

    @property
    def now(self) -> str:
        """Return the address of this look at today."""
        return self._address("", _around(self.today, self.span.kind))

    @property
    def views(self) -> list[View]:
        """Return the ways to look at it."""
        day = self.today if self.span.holds(self.today) else self.span.first
        return views(self.asked, day, self.span.kind)

    @property
    def asked(self) -> Pairs:
        """Return the brands and the filters, as an address names them."""
        return brand_pairs(self.chosen) + self.filters.pairs() + clock_pairs(self.is_mine)

    @property
    def may_switch(self) -> bool:
        """Whether the person's own clock shows another time than that of a brand that is looked at."""
        return self.own_zone is not None and any(card.timezone != self.own_zone for card in self.brands)

    @property
    def switched(self) -> str:
        """Return the address of the same on the other clock: the person's own, or each brand's."""
        return replace(self, is_mine=not self.is_mine).path(self.span)

    @property
    def unfiltered(self) -> str:
        """Return the address of the same days and brands by no filter."""
        return self.narrowed(NONE)

    def page(self, name: str) -> str:
        """Return the address of a page about this look: its `filters`, or the `views` that were saved."""
        asked = [("view", self.span.kind), (self.span.kind, str(self.span)), *self.asked]
        return f"/{g.agency_slug}/calendar/{name}?{urlencode(asked)}"

    def file(self, ending: str) -> str:
        """Return the address of this look as a file: `csv` or `xlsx`."""
        return self._address(f".{ending}", self.span)

    @property
    def paper(self) -> str | None:
        """Return the address of this look as a PDF, which is of one brand."""
        if len(self.brands) != 1:
            return None
        return f"/{g.agency_slug}/brands/{self.brands[0].slug}/calendar.pdf?month={self.month}"

    @property
    def feeds(self) -> str:
        """Return the address of one's feeds."""
        return f"/{g.agency_slug}/calendar/feeds"

    def narrowed(self, filters: Filters) -> str:
        """Return the address of the same days and brands by other filters."""
        days = [(self.span.kind, str(self.span))]
        asked = [*days, *brand_pairs(self.chosen), *filters.pairs(), *clock_pairs(self.is_mine)]
        return f"{place(self.span.kind)}?{urlencode(asked)}"

    def at(self, span: Span) -> str:
        """Return the address of other days of another kind, of the same brands by the same filters."""
        return f"{place(span.kind)}?{urlencode([(span.kind, str(span)), *self.asked])}"

    def _address(self, ending: str, span: Span | None) -> str:
        asked = [(span.kind, str(span))] if span else []
        asked += self.asked
        return place(self.span.kind) + ending + (f"?{urlencode(asked)}" if asked else "")


def look_asked_for(brand_slug: str | None = None, *, year: bool = False) -> Look:
    """Return what the request looks at: of the brand called so, else of those that its address asks for, if any.

    Days are a month, a week or a day; a `year` where that is what the page shows.

    Raises NotFoundError, ForbiddenError for somebody who sees the calendar of no brand they know, NoSuchMonthError.
    """
    named = request.args if brand_slug is None else MultiDict([("brand", brand_slug)])
    chosen, seen = brands_asked(named)
    mine = own_clock(request.args) if brand_slug is None and not year else None
    zone = mine or (chosen[0].timezone if len(chosen) == 1 else current_agency_row().timezone)
    today = today_in(zone)
    shown = _year(request.args, today) if year else _span(request.args, today)
    brands, acting = chosen or seen, actor()
    scope = Scope(
        span=shown,
        brands=tuple(card.id for card in brands),
        writable=tuple(card.id for card in brands if acting.may(Permission.CONTENT_WRITE, card.id)),
        filters=Filters(**filters_from(request.args)),
    )
    return Look(shown, chosen, brands, zone, today, scope, me().timezone, mine is not None)


_NAMED: dict[str, Callable[[str], Span]] = {"day": day_named, "week": week_named, "month": month_named}


def _span(asked: Mapping[str, str], today: date) -> Span:
    """Return the days that the address names; this month for none. Raises NoSuchMonthError."""
    return next((read(asked[kind]) for kind, read in _NAMED.items() if asked.get(kind)), month_of(today))


def _year(asked: Mapping[str, str], today: date) -> Year:
    return year_named(asked["year"]) if asked.get("year") else Year(today.year)


def _around(day: date, kind: str) -> Span:
    if kind == "year":
        return Year(day.year)
    if kind == "month":
        return month_of(day)
    return week_of(day) if kind == "week" else OneDay(day)
