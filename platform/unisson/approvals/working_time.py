"""Working hours: the days and hours in which people answer, without the public holidays of their country."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import func, select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.session import TenantSession
from tenants.wire import Question

FARTHEST = timedelta(days=400)
"""A count that finds no working hour in so long stops there: an agency may have said that nobody ever works."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """One brand's working time. Days count from Monday, 0."""

    zone: ZoneInfo
    days: frozenset[int] = frozenset(range(5))
    starts: time = time(9)
    ends: time = time(18)
    off: Container[date] = field(default_factory=frozenset)

    def before(self, instant: datetime, hours: float) -> datetime:
        """Return the instant, in UTC, so many working hours before `instant`."""
        left, day = timedelta(hours=hours), instant.astimezone(self.zone).date()
        for _number in range(FARTHEST.days):
            opens, closes = self._hours_of(day)
            here = min(closes, instant) - opens
            if here >= left:
                return min(closes, instant) - left
            left, day = left - max(here, timedelta()), day - timedelta(days=1)
        return instant - FARTHEST

    def after(self, instant: datetime, hours: float) -> datetime:
        """Return the instant, in UTC, so many working hours after `instant`."""
        left, day = timedelta(hours=hours), instant.astimezone(self.zone).date()
        for _number in range(FARTHEST.days):
            opens, closes = self._hours_of(day)
            here = closes - max(opens, instant)
            if here >= left:
                return max(opens, instant) + left
            left, day = left - max(here, timedelta()), day + timedelta(days=1)
        return instant + FARTHEST

    def next_opening(self, instant: datetime) -> datetime:
        """Return when work begins, in UTC, on the next day of work after the day of `instant`."""
        day = instant.astimezone(self.zone).date()
        for _number in range(FARTHEST.days):
            day += timedelta(days=1)
            opens, closes = self._hours_of(day)
            if opens < closes:
                return opens
        return instant + FARTHEST

    def at_once(self, asked: datetime, leaves: datetime | None) -> datetime:
        """Return until when people answer whose deadline had passed before they were `asked`.

        An hour of work later, or when it `leaves` if that comes first: nobody is asked for an answer by yesterday.
        """
        soon = self.after(asked, 1)
        return min(soon, leaves) if leaves is not None and leaves > asked else soon

    def _hours_of(self, day: date) -> tuple[datetime, datetime]:
        """Return when a day's work begins and ends, in UTC; the same instant twice on a day off."""
        opens = datetime.combine(day, self.starts, self.zone).astimezone(UTC)
        if day.weekday() not in self.days or day in self.off:
            return opens, opens
        return opens, datetime.combine(day, self.ends, self.zone).astimezone(UTC)


def working_time(session: TenantSession, brand: Brand) -> WorkingTime:
    """Return the working time of those who answer for a brand: the agency's hours, the brand's clock and country."""
    days, starts, ends = session.ask(WORKING_HOURS, {})
    return WorkingTime(
        zone=ZoneInfo(brand.timezone),
        days=frozenset(days),
        starts=time.fromisoformat(starts),
        ends=time.fromisoformat(ends),
        off=public_holidays(brand.country),
    )


WORKING_HOURS = Question(select(func.json_build_array(Agency.work_days, Agency.work_starts, Agency.work_ends)))


@lru_cache(maxsize=64)
def public_holidays(country: str, spoken: str = "fr") -> Mapping[date, str]:
    """Return the public holidays of a country (ISO 3166-1 alpha-2), every year's, by name where it has one in `spoken`.

    A country that is not known has none.
    """
    try:
        return holidays.country_holidays(country, language={"en": "en_US"}.get(spoken, spoken))
    except NotImplementedError:
        return {}
