"""What a page of the calendar looks at: a month, of which brands, and what the person who asks sees of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from flask import g, request

from tenants.errors import ForbiddenError
from tenants.permissions import Permission
from unisson.calendars.period import Month, month_named, today_in
from unisson.calendars.reading import Scope
from unisson.web.guards import BrandCard, actor, brand_card, current_agency_row, visible_brands


@dataclass(frozen=True, slots=True)
class Look:
    """What the address asks for: a month, of one brand or of all that the actor may see the calendar of."""

    month: Month
    brand: BrandCard | None
    brands: Sequence[BrandCard]
    zone: str
    today: date
    scope: Scope
    """What is to be read for it."""

    def path(self, month: Month | None = None) -> str:
        """Return the address of this look at another month (or at today's)."""
        return self._address("", month)

    def file(self, ending: str) -> str:
        """Return the address of this look as a file: `csv` or `xlsx`."""
        return self._address(f".{ending}", self.month)

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

    def _address(self, ending: str, month: Month | None) -> str:
        asked = {"month": str(month)} if month else {}
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
    named = request.args.get("month")
    shown = month_named(named) if named else Month(today.year, today.month)
    brands = [brand] if brand else seen
    scope = Scope(
        month=shown,
        brands=tuple(card.id for card in brands),
        writable=tuple(card.id for card in brands if me.may(Permission.CONTENT_WRITE, card.id)),
    )
    return Look(shown, brand, brands, zone, today, scope)
