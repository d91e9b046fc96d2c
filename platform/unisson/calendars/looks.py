"""What a page of the calendar looks at: a month, of which brands, and what the person who asks sees of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from urllib.parse import urlencode

from flask import g, request

from tenants.errors import ForbiddenError
from tenants.permissions import Permission
from unisson.calendars.period import (
    Month,
    OneDay,
    Span,
    day_named,
    month_named,
    month_of,
    today_in,
    week_named,
    week_of,
)
from unisson.calendars.reading import Scope
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands


class View(NamedTuple):
    """One way to look at the calendar: what it is called, where it is, and whether it is the one shown."""

    kind: str
    path: str
    is_shown: bool


def views(brand_slug: str, day: date, shown: str) -> list[View]:
    """Return the ways to look at the calendar of a brand, or of all for "", around a day."""
    home = f"/{g.agency_slug}/calendar"
    brand = {"brand": brand_slug} if brand_slug else {}
    spans = [
        (kind, f"{home}?{urlencode({kind: str(_around(day, kind)), **brand})}") for kind in ("month", "week", "day")
    ]
    tail = f"?{urlencode(brand)}" if brand else ""
    lists = [(kind, f"{home}/{kind}{tail}") for kind in ("list", "board")]
    return [View(kind, path, kind == shown) for kind, path in spans + lists]


@dataclass(frozen=True, slots=True)
class Look:
    """What the address asks for: a month, of one brand or of all that the actor may see the calendar of."""

    span: Span
    brand: BrandCard | None
    brands: Sequence[BrandCard]
    zone: str
    today: date
    scope: Scope
    """What is to be read for it."""

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
        return views(self.brand.slug if self.brand else "", day, self.span.kind)

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

    def _address(self, ending: str, span: Span | None) -> str:
        asked = {span.kind: str(span)} if span else {}
        if self.brand:
            asked["brand"] = self.brand.slug
        return f"/{g.agency_slug}/calendar{ending}" + (f"?{urlencode(asked)}" if asked else "")


def look_asked_for(brand_slug: str | None = None) -> Look:
    """Return what the request looks at: of the brand called so, else of the one that its address asks for, if any.

    Raises NotFoundError, ForbiddenError for somebody who sees the calendar of no brand they know, NoSuchMonthError.
    """
    slug = request.args.get("brand", "") if brand_slug is None else brand_slug
    brand = brand_card(slug) if slug else None
    me, visible = actor(), visible_brands()
    if brand:
        me.require(Permission.CALENDAR_SEE, brand.id)
    seen = [card for card in visible if me.may(Permission.CALENDAR_SEE, card.id)]
    if visible and not seen:
        raise ForbiddenError(Permission.CALENDAR_SEE)
    zone = brand.timezone if brand else current_agency_row().timezone
    today = today_in(zone)
    shown = _span(request.args, today)
    brands = [brand] if brand else seen
    scope = Scope(
        span=shown,
        brands=tuple(card.id for card in brands),
        writable=tuple(card.id for card in brands if me.may(Permission.CONTENT_WRITE, card.id)),
    )
    return Look(shown, brand, brands, zone, today, scope)


_NAMED: dict[str, Callable[[str], Span]] = {"day": day_named, "week": week_named, "month": month_named}


def _span(asked: Mapping[str, str], today: date) -> Span:
    """Return the days that the address names; this month for none. Raises NoSuchMonthError."""
    return next((read(asked[kind]) for kind, read in _NAMED.items() if asked.get(kind)), month_of(today))


def _around(day: date, kind: str) -> Span:
    if kind == "month":
        return month_of(day)
    return week_of(day) if kind == "week" else OneDay(day)
