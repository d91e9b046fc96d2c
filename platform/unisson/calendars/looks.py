"""What a page of the calendar looks at: a month, of which brands, and what the person who asks sees of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from flask import request
from werkzeug.datastructures import MultiDict

from tenants.access import Actor
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
from unisson.web.arrivals import AgencyFacts
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands
from unisson.web.people import me


class View(NamedTuple):
    """One way to look at the calendar: what it is called, where it is, and whether it is the one shown."""

    kind: str
    path: str
    is_shown: bool


Pairs = list[tuple[str, str]]
"""What an address says after its question mark."""


class Onlooker(NamedTuple):
    """Who looks at the calendar: what all looks of theirs depend on, besides what their addresses ask for."""

    actor: Actor
    agency: AgencyFacts
    brands: Sequence[BrandCard]
    """All that they see in the agency."""
    own_zone: str | None
    """The time zone that they chose for themselves."""

    @classmethod
    def here(cls) -> "Onlooker":
        """Return who looks with the request under way."""
        return cls(actor(), current_agency_row(), visible_brands(), me().timezone)


def views(slug: str, asked: Pairs, day: date, shown: str) -> list[View]:
    """Return the ways to look at an agency's calendar around a day, narrowed by what is `asked` (brands, filters)."""
    spans = [
        (kind, f"{place(slug, kind)}?{urlencode([(kind, str(_around(day, kind))), *asked])}")
        for kind in ("month", "week", "day", "year")
    ]
    tail = f"?{urlencode(asked)}" if asked else ""
    lists = [(kind, f"{place(slug, kind)}{tail}") for kind in ("list", "board")]
    return [View(kind, path, kind == shown) for kind, path in spans + lists]


def place(slug: str, view: str) -> str:
    """Return where a view of an agency's calendar is, without its query."""
    home = f"/{slug}/calendar"
    return home if view in {"month", "week", "day"} else f"{home}/{view}"


def brand_pairs(chosen: Sequence[BrandCard]) -> Pairs:
    """Return how an address names brands; nothing for all of them."""
    return [("brand", ",".join(card.slug for card in chosen))] if chosen else []


def clock_pairs(is_mine: bool) -> Pairs:
    """Return how an address names whose clock times are on; nothing for each brand's."""
    return [("clock", "mine")] if is_mine else []


def own_clock(asked: Mapping[str, str]) -> str | None:
    """Return the person's own zone where an address asks for their clock, and they chose one."""
    return me().timezone if _asks_for_own(asked) else None


def brands_asked(asked: "MultiDict[str, str]") -> tuple[list[BrandCard], list[BrandCard]]:
    """Return the brands that an address names, and all whose calendar the actor sees.

    One that is looked at alone is the page's brand. Raises as `brands_named` does, ArchivedError.
    """
    slugs = _slugs(asked)
    if len(slugs) == 1:
        brand_card(next(iter(slugs)))
    return brands_named(Onlooker.here(), slugs)


def brands_named(by: Onlooker, slugs: Collection[str]) -> tuple[list[BrandCard], list[BrandCard]]:
    """Return the brands that are called so, and all whose calendar the onlooker sees.

    Of several, those that they do not see are left out. Raises NotFoundError where none is left, ForbiddenError where
    they know a brand, and see its calendar of none.
    """
    named = [card for card in by.brands if card.slug in slugs]
    if slugs and not named:
        raise NotFoundError
    seen = [card for card in by.brands if by.actor.may(Permission.CALENDAR_SEE, card.id)]
    chosen = [card for card in named if card in seen]
    if (named and not chosen) or (by.brands and not seen):
        raise ForbiddenError(Permission.CALENDAR_SEE)
    return chosen, seen


def _slugs(asked: "MultiDict[str, str]") -> set[str]:
    # "All brands" said first is all brands, whatever comes after it.
    named = asked.getlist("brand") if asked.get("brand") else []
    return {slug for each in named for slug in each.split(",") if slug}


def _asks_for_own(asked: Mapping[str, str]) -> bool:
    return asked.get("clock") == "mine"


@dataclass(frozen=True, slots=True)
class Look:
    """What the address asks for: a month, of the brands it names or of all that the actor may see the calendar of."""

    slug: str
    """The agency's, as addresses have it."""
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
        return views(self.slug, self.asked, day, self.span.kind)

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
        return f"/{self.slug}/calendar/{name}?{urlencode(asked)}"

    def file(self, ending: str) -> str:
        """Return the address of this look as a file: `csv` or `xlsx`."""
        return self._address(f".{ending}", self.span)

    @property
    def paper(self) -> str | None:
        """Return the address of this look as a PDF, which is of one brand."""
        if len(self.brands) != 1:
            return None
        return f"/{self.slug}/brands/{self.brands[0].slug}/calendar.pdf?month={self.month}"

    @property
    def feeds(self) -> str:
        """Return the address of one's feeds."""
        return f"/{self.slug}/calendar/feeds"

    def narrowed(self, filters: Filters) -> str:
        """Return the address of the same days and brands by other filters."""
        days = [(self.span.kind, str(self.span))]
        asked = [*days, *brand_pairs(self.chosen), *filters.pairs(), *clock_pairs(self.is_mine)]
        return f"{place(self.slug, self.span.kind)}?{urlencode(asked)}"

    def at(self, span: Span) -> str:
        """Return the address of other days of another kind, of the same brands by the same filters."""
        return f"{place(self.slug, span.kind)}?{urlencode([(span.kind, str(span)), *self.asked])}"

    def _address(self, ending: str, span: Span | None) -> str:
        asked = [(span.kind, str(span))] if span else []
        asked += self.asked
        return place(self.slug, self.span.kind) + ending + (f"?{urlencode(asked)}" if asked else "")


def look_asked_for(brand_slug: str | None = None, *, year: bool = False) -> Look:
    """Return what the request looks at: of the brand called so, else of those that its address asks for, if any.

    Raises as `look_of` does, ArchivedError.
    """
    asked = request.args
    if brand_slug is not None:
        asked = MultiDict([*((name, value) for name, value in asked.items(multi=True) if name not in _OF_MANY),
                           ("brand", brand_slug)])  # fmt: skip
    brands_asked(asked)
    return look_of(Onlooker.here(), asked, year=year)


_OF_MANY = frozenset({"brand", "clock"})
"""What an address cannot say where its path names a brand."""


def look_of(by: Onlooker, asked: "MultiDict[str, str]", *, year: bool = False) -> Look:
    """Return what an address looks at. Days are a month, a week or a day; a `year` where that is what the page shows.

    Raises NotFoundError, ForbiddenError for somebody who sees the calendar of no brand they know, NoSuchMonthError.
    """
    chosen, seen = brands_named(by, _slugs(asked))
    mine = by.own_zone if _asks_for_own(asked) and not year else None
    zone = mine or (chosen[0].timezone if len(chosen) == 1 else by.agency.timezone)
    today = today_in(zone)
    shown = _year(asked, today) if year else _span(asked, today)
    brands = chosen or seen
    scope = Scope(
        span=shown,
        brands=tuple(card.id for card in brands),
        writable=tuple(card.id for card in brands if by.actor.may(Permission.CONTENT_WRITE, card.id)),
        filters=Filters(**filters_from(asked)),
    )
    return Look(by.agency.slug, shown, chosen, brands, zone, today, scope, by.own_zone, mine is not None)


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
