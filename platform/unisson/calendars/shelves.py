"""The month as it was read last, brought up to now: what was changed since is read and written, the rest stands.

One shelf is for all persons who see the same: what tells them apart is in its key, as is everything else that the
markup shows and that is not read here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import func, select

from tenants.asking import Asked, Asks
from tenants.marks import Moment, changed_since
from tenants.wire import Question
from unisson.calendars.grid import Pieces
from unisson.calendars.marks import STANDING, Marks, standing
from unisson.calendars.reading import EntryRow, Scope, entries_told, rows_with
from unisson.calendars.reading import rows as rows_of
from unisson.calendars.writing import Clock
from unisson.web.fragments import digest


@dataclass(frozen=True, slots=True)
class Read:
    """What was read at a moment. `stamp` tells it from what was read of the same scope at others."""

    moment: Moment
    rows: list[EntryRow]
    beside: Marks
    stamp: str


class Shelf:
    """What is kept of one look."""

    def __init__(self) -> None:
        self.pieces = Pieces()
        self.clocks: Mapping[str, Clock] | None = None
        self._read: Read | None = None
        self._part: tuple[str, Sequence[bytes]] = ("", ())
        self._marked: tuple[Marks | None, int, list[bytes]] = (None, 0, [])

    @property
    def moment(self) -> Moment | None:
        """Return when it was read last; None before."""
        return self._read.moment if self._read else None

    def read(self, asks: Asks, scope: Scope, moment: Moment) -> Read:
        """Return what stands in the scope now. `moment` is from before: of what is read for the first time."""
        self._read = found = _brought_up(asks, scope, moment, self._read)
        return found

    def part(self, stamp: str, make: Callable[[], Sequence[bytes]]) -> Sequence[bytes]:
        """Return what was written under this stamp, made now if it was not the last."""
        known, part = self._part
        if known != stamp:
            part = make()
            self._part = stamp, part
        return part

    def marked(self, beside: Marks, to_come: int, make: Callable[[], list[bytes]]) -> list[bytes]:
        """Return each day's marks as they were written, made now for others or when fewer beats are to come."""
        known, then, days = self._marked
        if known is not beside or then != to_come:
            days = make()
            self._marked = beside, to_come, days
        return days


def whole_of(scope: Scope) -> Asked:
    """Return what is asked for all that stands in a scope."""
    return _whole(scope.filters.shape), scope.parameters


@lru_cache(maxsize=256)
def _whole(shape: frozenset[str]) -> Question:
    """Return the question for all of a combination of filters, planned once."""
    entries = entries_told(shape).scalar_subquery()
    return Question(select(func.json_build_array(entries, *STANDING)), keeps_plan=True)


def _brought_up(asks: Asks, scope: Scope, moment: Moment, before: Read | None) -> Read:
    since = changed_since(asks, before.moment, scope.brands) if before else None
    if before and since and not since.contents:
        return before
    if before and since:
        rows = rows_with(asks, scope, before.rows, since.contents)
        if rows is not None:
            # Which beats are taken hangs on the contents; nothing else beside them does.
            beside = standing(asks, scope) if before.beside.beats else before.beside
            return _read(since.moment or moment, rows, beside)
    entries, *beside = asks.ask(*whole_of(scope))
    return _read(moment, rows_of(entries), Marks.told(beside))


def _read(moment: Moment, rows: list[EntryRow], beside: Marks) -> Read:
    """Return it with its stamp: a content's version grows with every write, a trigger sees to it."""
    return Read(moment, rows, beside, digest("".join([f"{row[0]}{row[7]}" for row in rows]), beside))
