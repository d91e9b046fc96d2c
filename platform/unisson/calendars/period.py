"""A month as the calendar shows it: whole weeks from Monday on."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

FIRST_YEAR, LAST_YEAR = 2000, 2199
NO_SUCH_MONTH = lazy("There is no such month. Months are written as 2026-10.")

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_WIDEST_OFFSET = timedelta(hours=15)
"""No zone is further from UTC: within it of the grid's edges, only the brand's own clock tells what is inside."""


class NoSuchMonthError(RefusedError):
    """The address names no month (404)."""

    status = 404


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the calendar."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def first(self) -> date:
        """Return the first day."""
        return date(self.year, self.number, 1)

    @property
    def following(self) -> "Month":
        """Return the next month."""
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def previous(self) -> "Month":
        """Return the month before."""
        return Month(self.year - (self.number == 1), (self.number - 2) % 12 + 1)

    @property
    def is_within_reach(self) -> bool:
        """Whether the calendar can show it."""
        return FIRST_YEAR <= self.year <= LAST_YEAR

    def days(self) -> list[date]:
        """Return every day of the grid: the month's weeks, whole."""
        start = self.first - timedelta(days=self.first.weekday())
        end = self.following.first - timedelta(days=1)
        end += timedelta(days=6 - end.weekday())
        return [start + timedelta(days=n) for n in range((end - start).days + 1)]

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which the whole grid lies, on any clock of the world."""
        days = self.days()
        return _midnight(days[0]) - _WIDEST_OFFSET, _midnight(days[-1]) + timedelta(days=1) + _WIDEST_OFFSET


def month_named(text: str) -> Month:
    """Return the month written as YYYY-MM. Raises NoSuchMonthError."""
    found = _MONTH.fullmatch(text)
    month = Month(int(found[1]), int(found[2])) if found else None
    if month is None or not month.is_within_reach:
        raise NoSuchMonthError(NO_SUCH_MONTH)
    return month


def today_in(zone: str) -> date:
    """Return the day that it is in a zone."""
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()


def is_today(day: date, zone: str) -> bool:
    """Return whether it is `day` in a zone."""
    return today_in(zone) == day


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
