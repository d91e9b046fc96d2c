"""The month on paper for a client: what clients may see of one brand, as a grid, then content by content."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.calendars.exporting import Line, lines
from unisson.calendars.period import Month
from unisson.calendars.reading import Scope
from unisson.web.guards import BrandCard
from unisson.web.i18n import lazy

MOST_ON_PAPER = 300
LONGEST_TEXT = 1_500
"""Characters of a text that stand on paper; the page of the content holds all of it."""

TOO_MANY = lazy("This month holds more than 300 contents of the brand: too many for a PDF. Take it as a spreadsheet.")


@dataclass(slots=True)
class PaperDay:
    """One day of the grid, or of the list."""

    day: date
    is_other: bool
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Paper:
    """A month as it is printed."""

    weeks: Sequence[Sequence[PaperDay]]

    @property
    def days(self) -> list[PaperDay]:
        """Return the days that hold something."""
        return [day for week in self.weeks for day in week if day.lines]


def for_client(session: TenantSession, month: Month, brand: BrandCard) -> Paper:
    """Return the month of the brand as its clients see it, whoever asks. Raises RefusedError where it is too long."""
    shown = lines(session, Scope(month, brands=(brand.id,), writable=()), [brand], ())
    if len(shown) > MOST_ON_PAPER:
        raise RefusedError(TOO_MANY)
    days = [PaperDay(day, is_other=day.month != month.number) for day in month.days()]
    by_day = {day.day: day for day in days}
    for line in shown:
        by_day[line.day].lines.append(_short(line))
    return Paper([days[start : start + 7] for start in range(0, len(days), 7)])


def _short(line: Line) -> Line:
    if len(line.body) <= LONGEST_TEXT:
        return line
    return replace(line, body=line.body[:LONGEST_TEXT].rsplit(" ", 1)[0] + " …")
