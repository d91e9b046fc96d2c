"""The month as it was read last, brought up to now: what was changed since is read and written, the rest stands.

One shelf is for all persons who see the same: what tells them apart is in its key, as is everything else that the
markup shows and that is not read here.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf

from sqlalchemy import func, select

from tenants.asking import Asked, Asks
from tenants.marks import Moment, changed_since
from tenants.wire import Question
from unisson.calendars.grid import Placed, placed
from unisson.calendars.marks import STANDING, Marks, standing
from unisson.calendars.reading import TRAY_LIMIT, Scope, Shape, Told, entries_told, some_of, told
from unisson.calendars.writing import Written
from unisson.web.fragments import digest

Write = Callable[[Told], Written]

Entry = tuple[float, str, int, int, bytes]
"""A content as it is kept: when in seconds of UTC (`NEVER` without a date), id, version, the day on which it stands,
markup. The version stands for all that the markup shows of it."""

NEVER = inf


@dataclass(frozen=True, slots=True)
class Read:
    """What was read at a moment, as it was written. `stamp` tells it from what stood in the same scope at others."""

    moment: Moment
    placed: Placed
    beside: Marks
    stamp: str
    entries: list[Entry] | None
    """What can be brought up to now; None where it was read once: most that is looked at is not changed meanwhile."""


class Shelf:
    """What is kept of one look; `write` says how its entries are written."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._read: Read | None = None
        self._part: tuple[str, Sequence[bytes]] = ("", ())
        self._marked: tuple[Marks | None, int, list[bytes]] = (None, 0, [])

    @property
    def moment(self) -> Moment | None:
        """Return when it was read last; None before."""
        return self._read.moment if self._read else None

    def read(self, asks: Asks, scope: Scope, moment: Moment) -> Read:
        """Return what stands in the scope now. `moment` is from before: of what is read for the first time."""
        self._read = found = self._brought_up(asks, scope, moment)
        return found

    def _brought_up(self, asks: Asks, scope: Scope, moment: Moment) -> Read:
        before = self._read
        since = changed_since(asks, before.moment, scope.brands) if before else None
        if before and since and not since.contents:
            return before
        if before and since and before.entries is not None:
            found = self._entries(told(asks.ask(*some_of(scope, since.contents))))
            entries = _with(before.entries, frozenset(since.contents), found)
            if entries is not None:
                # Which beats are taken hangs on the contents; nothing else beside them does.
                beside = standing(asks, scope) if before.beside.beats else before.beside
                return _kept(since.moment or moment, scope, entries, beside)
        columns, *beside_told = asks.ask(*whole_of(scope))
        contents, beside = told(columns), Marks.told(beside_told)
        if before:
            return _kept((since and since.moment) or moment, scope, self._entries(contents), beside)
        stamp = _stamp(contents.ids, contents.versions, beside)
        return Read(moment, placed(scope.span, self._write(contents)), beside, stamp, None)

    def _entries(self, contents: Told) -> list[Entry]:
        if not contents.versions:
            return []
        days, markups = self._write(contents)
        at = [NEVER if each is None else each for each in contents.seconds]
        whole = [b"".join(each) for each in markups]
        return list(zip(at, contents.ids.split(","), contents.versions, days, whole, strict=True))

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
    return _whole(scope.shape), scope.parameters


@lru_cache(maxsize=256)
def _whole(shape: Shape) -> Question:
    """Return the question for all of a combination of filters, planned once."""
    entries = entries_told(shape).scalar_subquery()
    return Question(select(func.json_build_array(entries, *STANDING)), keeps_plan=True)


def _with(known: Sequence[Entry], changed: frozenset[str], found: Sequence[Entry]) -> list[Entry] | None:
    """Return the entries of which those that were `changed` are as they were `found`, and the others as `known`.

    None where what stood behind the last of the tray may come in.
    """
    left = [entry for entry in known if entry[1] not in changed]
    is_full = len(known) - _planned(known) >= TRAY_LIMIT
    if is_full and (len(left) < len(known) or _planned(found) < len(found)):
        return None
    for entry in found:
        insort(left, entry)
    planned = _planned(left)
    return left[:planned] + left[planned:][-TRAY_LIMIT:]


def _planned(entries: Sequence[Entry]) -> int:
    """Return how many have a date: those come first."""
    return bisect_left(entries, (NEVER,))


def _kept(moment: Moment, scope: Scope, entries: list[Entry], beside: Marks) -> Read:
    """Return entries as they are kept, to be brought up to now."""
    _at, ids, versions, days, markups = map(list, zip(*entries, strict=True)) if entries else ([], [], [], [], [])
    stamp = _stamp(",".join(ids), versions, beside)
    return Read(moment, placed(scope.span, Written(days, [(each,) for each in markups])), beside, stamp, entries)


def _stamp(ids: str, versions: Sequence[int], beside: Marks) -> str:
    """Return what stands for all of it: a content's version grows with every write, a trigger sees to it."""
    return digest(ids, list(versions), beside)
