"""What the calendar shows at once: a month of whole weeks from Monday on, a week, a day, or a year."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

FIRST_YEAR, LAST_YEAR = 2000, 2199
NO_SUCH_MONTH = lazy("There is no such month. Months are written as 2026-10.")
NO_SUCH_WEEK = lazy("There is no such week. Weeks are written as 2026-W41.")
NO_SUCH_YEAR = lazy("There is no such year. Years are written as 2026.")
NO_SUCH_DAY = lazy("There is no such day. Days are written as 2026-10-14.")

_YEAR = re.compile(r"\d{4}", re.ASCII)
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_WIDEST_OFFSET = timedelta(hours=15)
"""No zone is further from UTC: within it of the grid's edges, only the brand's own clock tells what is inside."""


class NoSuchMonthError(RefusedError):
    """The address names no month, week or day (404)."""

    status = 404


class Span(Protocol):
    """The days that a page shows."""

    @property
    def kind(self) -> str:
        """Return `month`, `week`, `day` or `year`: the parameter of the address that names it, as `str` writes it."""

    @property
    def first(self) -> date:
        """Return the first day."""

    @property
    def following(self) -> "Span":
        """Return the one after."""

    @property
    def previous(self) -> "Span":
        """Return the one before."""

    @property
    def is_within_reach(self) -> bool:
        """Whether the calendar can show it."""

    def holds(self, day: date) -> bool:
        """Whether a day is in it; a month's page shows the days around it too."""

    def days(self) -> list[date]:
        """Return every day that is shown."""

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which all of it lies, on any clock of the world."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of the calendar."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02}"

    @property
    def kind(self) -> str:
        """Return `month`."""
        return "month"

    def holds(self, day: date) -> bool:
        """Whether a day is in the month itself."""
        return (day.year, day.month) == (self.year, self.number)

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
        start, end = self._ends()
        return [*_days(start, (end - start).days + 1)]

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which the whole grid lies, on any clock of the world."""
        return _reach(*self._ends())

    def _ends(self) -> tuple[date, date]:
        """Return the first day of the grid and its last."""
        start, end = self.first, self.following.first - timedelta(days=1)
        return start - timedelta(days=start.weekday()), end + timedelta(days=6 - end.weekday())


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One week of the calendar, from its Monday on."""

    first: date

    def __str__(self) -> str:
        year, number, _day = self.first.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def kind(self) -> str:
        """Return `week`."""
        return "week"

    @property
    def following(self) -> "Week":
        """Return the next week."""
        return Week(self.first + timedelta(days=7))

    @property
    def previous(self) -> "Week":
        """Return the week before."""
        return Week(self.first - timedelta(days=7))

    @property
    def is_within_reach(self) -> bool:
        """Whether the calendar can show it."""
        return FIRST_YEAR <= self.first.year <= LAST_YEAR

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.first <= day < self.following.first

    def days(self) -> list[date]:
        """Return its seven days."""
        return [*_days(self.first, 7)]

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which it lies, on any clock of the world."""
        return _reach(self.first, self.first + timedelta(days=6))


@dataclass(frozen=True, slots=True, order=True)
class OneDay:
    """One day of the calendar."""

    first: date

    def __str__(self) -> str:
        return self.first.isoformat()

    @property
    def kind(self) -> str:
        """Return `day`."""
        return "day"

    @property
    def following(self) -> "OneDay":
        """Return the next day."""
        return OneDay(self.first + timedelta(days=1))

    @property
    def previous(self) -> "OneDay":
        """Return the day before."""
        return OneDay(self.first - timedelta(days=1))

    @property
    def is_within_reach(self) -> bool:
        """Whether the calendar can show it."""
        return FIRST_YEAR <= self.first.year <= LAST_YEAR

    def holds(self, day: date) -> bool:
        """Whether it is that day."""
        return day == self.first

    def days(self) -> list[date]:
        """Return the day."""
        return [self.first]

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which it lies, on any clock of the world."""
        return _reach(self.first, self.first)


@dataclass(frozen=True, slots=True, order=True)
class Year:
    """One year of the calendar, from its first of January on."""

    number: int

    def __str__(self) -> str:
        return f"{self.number:04}"

    @property
    def kind(self) -> str:
        """Return `year`."""
        return "year"

    @property
    def first(self) -> date:
        """Return the first of January."""
        return date(self.number, 1, 1)

    @property
    def last(self) -> date:
        """Return the last of December."""
        return date(self.number, 12, 31)

    @property
    def months(self) -> list[Month]:
        """Return its twelve months."""
        return [Month(self.number, n) for n in range(1, 13)]

    @property
    def following(self) -> "Year":
        """Return the next year."""
        return Year(self.number + 1)

    @property
    def previous(self) -> "Year":
        """Return the year before."""
        return Year(self.number - 1)

    @property
    def is_within_reach(self) -> bool:
        """Whether the calendar can show it."""
        return FIRST_YEAR <= self.number <= LAST_YEAR

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return day.year == self.number

    def days(self) -> list[date]:
        """Return all of its days."""
        return [*_days(self.first, (self.last - self.first).days + 1)]

    def reach(self) -> tuple[datetime, datetime]:
        """Return the instants between which it lies, on any clock of the world."""
        return _reach(self.first, self.last)


def year_named(text: str) -> Year:
    """Return the year written as YYYY. Raises NoSuchMonthError."""
    year = Year(int(text)) if _YEAR.fullmatch(text) else None
    if year is None or not year.is_within_reach:
        raise NoSuchMonthError(NO_SUCH_YEAR)
    return year


def month_named(text: str) -> Month:
    """Return the month written as YYYY-MM. Raises NoSuchMonthError."""
    found = _MONTH.fullmatch(text)
    month = Month(int(found[1]), int(found[2])) if found else None
    if month is None or not month.is_within_reach:
        raise NoSuchMonthError(NO_SUCH_MONTH)
    return month


def week_named(text: str) -> Week:
    """Return the week written as YYYY-Www (ISO 8601). Raises NoSuchMonthError."""
    found = _WEEK.fullmatch(text)
    try:
        week = Week(date.fromisocalendar(int(found[1]), int(found[2]), 1)) if found else None
    except ValueError:
        raise NoSuchMonthError(NO_SUCH_WEEK) from None
    if week is None or not week.is_within_reach:
        raise NoSuchMonthError(NO_SUCH_WEEK)
    return week


def day_named(text: str) -> OneDay:
    """Return the day written as YYYY-MM-DD. Raises NoSuchMonthError."""
    try:
        day = OneDay(date.fromisoformat(text))
    except ValueError:
        raise NoSuchMonthError(NO_SUCH_DAY) from None
    if str(day) != text or not day.is_within_reach:
        raise NoSuchMonthError(NO_SUCH_DAY)
    return day


def month_of(day: date) -> Month:
    """Return the month of a day."""
    return Month(day.year, day.month)


def week_of(day: date) -> Week:
    """Return the week of a day."""
    return Week(day - timedelta(days=day.weekday()))


def today_in(zone: str) -> date:
    """Return the day that it is in a zone."""
    return datetime.now(UTC).astimezone(ZoneInfo(zone)).date()


def is_today(day: date, zone: str) -> bool:
    """Return whether it is `day` in a zone."""
    return today_in(zone) == day


def _reach(first: date, last: date) -> tuple[datetime, datetime]:
    return _midnight(first) - _WIDEST_OFFSET, _midnight(last) + timedelta(days=1) + _WIDEST_OFFSET


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


@lru_cache(maxsize=256)
def _days(first: date, many: int) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range(many)]
