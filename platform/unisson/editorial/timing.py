"""Wall time to instant and back, by the IANA rules of a zone: what a person typed, and when it truly is.

A brand plans on its own clock. Where that clock skips an hour the time is refused; where it repeats one, a person
says which they mean (`fold`, PEP 495). The instant is what is stored and published at; the wall time, zone and fold
are kept beside it.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tenants.errors import RefusedError
from unisson.web.i18n import _, later, lazy, say_time

FIELD = "wall_time"
EARLIEST, LATEST = datetime(1990, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - bounds of wall times
MAX_AHEAD = timedelta(days=5 * 366)

UNREADABLE = lazy("This date and time could not be read. Write them as 2026-10-14 18:30.")
OUT_OF_BOUNDS = lazy("This year is out of the calendar's reach.")
PAST = lazy("This time has passed. Choose one that is still to come.")
TOO_FAR = lazy("This is more than five years ahead. Choose an earlier date.")

_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d{1,3})?)?", re.ASCII)


class GapError(RefusedError):
    """The clock skips this time. `next_valid` is the first wall time after the gap."""

    def __init__(self, wall_time: datetime, next_valid: datetime) -> None:
        super().__init__(later(_say_gap, wall_time, next_valid), field=FIELD)
        self.wall_time = wall_time
        self.next_valid = next_valid


class AmbiguousError(RefusedError):
    """The clock shows this time twice and nobody said which one is meant.

    `offsets` are the UTC offsets of the first and the second passage, such as `("UTC+02:00", "UTC+01:00")`, in the
    order of `fold` 0 and 1.
    """

    def __init__(self, wall_time: datetime, offsets: tuple[str, str]) -> None:
        super().__init__(later(_say_twice, wall_time, offsets), field=FIELD)
        self.wall_time = wall_time
        self.offsets = offsets


def parse_local(text: str) -> datetime:
    """Return the naive wall time of an HTML `datetime-local` value, to the minute.

    Raises RefusedError for what is no such value or lies out of the calendar's reach.
    """
    found = _LOCAL.fullmatch(text.strip())
    try:
        wall_time = datetime.fromisoformat(f"{found[1]}T{found[2]}") if found else None
    except ValueError:
        wall_time = None
    if wall_time is None:
        raise RefusedError(UNREADABLE, field=FIELD)
    _check_bounds(wall_time)
    return wall_time


def resolve(wall_time: datetime, zone: str, fold: int | None) -> datetime:
    """Return the instant, in UTC, at which the clocks of `zone` show `wall_time`.

    `fold` chooses the first (0) or second (1) passage of a repeated hour; it means nothing at any other time.
    Raises GapError, AmbiguousError, or RefusedError out of the calendar's reach; ValueError for an aware time.
    """
    if wall_time.tzinfo is not None:
        raise ValueError("a wall time has no zone of its own")
    _check_bounds(wall_time)
    first, second = (wall_time.replace(tzinfo=ZoneInfo(zone), fold=side) for side in (0, 1))
    if first.astimezone(UTC).astimezone(first.tzinfo).replace(tzinfo=None, fold=0) != wall_time.replace(fold=0):
        raise GapError(wall_time, _end_of_gap(second.astimezone(UTC), first.astimezone(UTC), ZoneInfo(zone)))
    if first.utcoffset() != second.utcoffset() and fold is None:
        raise AmbiguousError(wall_time, (offset_of(first), offset_of(second)))
    return (second if fold else first).astimezone(UTC)


def fold_of(instant: datetime, zone: str) -> int:
    """Return which passage of its wall time `instant` is on the clocks of `zone`: 0, or 1 in a repeated hour."""
    return instant.astimezone(ZoneInfo(zone)).fold


def wall_time_of(instant: datetime, zone: str) -> datetime:
    """Return what the clocks of `zone` show at `instant`, without a zone."""
    return instant.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)


def must_be_future(instant: datetime, now: datetime) -> None:
    """Pass if `instant` is after `now` (the database's clock) and less than five years ahead. Raises RefusedError."""
    if instant <= now:
        raise RefusedError(PAST, field=FIELD)
    if instant - now > MAX_AHEAD:
        raise RefusedError(TOO_FAR, field=FIELD)


def offset_of(moment: datetime) -> str:
    """Return the UTC offset of an aware moment, such as `UTC+02:00`. Raises ValueError for a naive one."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a moment without a zone has no offset")
    minutes = round(offset.total_seconds() / 60)
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _check_bounds(wall_time: datetime) -> None:
    if not EARLIEST <= wall_time < LATEST:
        raise RefusedError(OUT_OF_BOUNDS, field=FIELD)


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the wall time just after the one transition that lies between two instants."""
    old = before.astimezone(zone).utcoffset()
    while (seconds := int((after - before).total_seconds())) > 1:
        middle = before + timedelta(seconds=seconds // 2)
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    return after.astimezone(zone).replace(tzinfo=None, fold=0)


def _say(wall_time: datetime, shape: str) -> str:
    return say_time(wall_time.replace(tzinfo=UTC), UTC, shape)


def _say_gap(wall_time: datetime, next_valid: datetime) -> str:
    return _(
        "%(time)s does not exist there: the clocks go forward. The next time that does is %(next)s.",
        time=_say(wall_time, "moment_year"),
        next=_say(next_valid, "moment_year"),
    )


def _say_twice(wall_time: datetime, offsets: tuple[str, str]) -> str:
    return _(
        "%(time)s comes twice there, as the clocks go back. Choose the first (%(first)s) or the second (%(second)s).",
        time=_say(wall_time, "moment_year"),
        first=offsets[0],
        second=offsets[1],
    )
