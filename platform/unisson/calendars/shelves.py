"""The month as it was read last, brought up to now: what was changed since is read and written, the rest stands.

One shelf is for all persons who see the same: what tells them apart is in its key, as is everything else that the
markup shows and that is not read here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from tenants.marks import Moment, changed_since
from tenants.session import TenantSession
from unisson.calendars.grid import Pieces
from unisson.calendars.marks import Marks, standing
from unisson.calendars.reading import EntryRow, Scope, entries, entries_with
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
        self._read: Read | None = None
        self._part: tuple[str, bytes] = ("", b"")
        self._marked: tuple[Marks | None, int, list[bytes]] = (None, 0, [])

    def read(self, session: TenantSession, scope: Scope, moment: Moment) -> Read:
        """Return what stands in the scope now. `moment` is from before, of the same request."""
        self._read = found = _brought_up(session, scope, moment, self._read)
        return found

    def part(self, stamp: str, make: Callable[[], bytes]) -> bytes:
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


def _brought_up(session: TenantSession, scope: Scope, moment: Moment, before: Read | None) -> Read:
    changed = changed_since(session, before.moment, scope.brands) if before else None
    if before is None or changed is None:
        return _read(moment, entries(session, scope), standing(session, scope))
    if not changed:
        return replace(before, moment=moment)
    # Which beats are taken hangs on the contents; nothing else beside them does.
    beside = standing(session, scope) if before.beside.beats else before.beside
    return _read(moment, entries_with(session, scope, before.rows, changed), beside)


def _read(moment: Moment, rows: list[EntryRow], beside: Marks) -> Read:
    """Return it with its stamp: a content's version grows with every write, a trigger sees to it."""
    return Read(moment, rows, beside, digest("".join([f"{row[0]}{row[7]}" for row in rows]), beside))
