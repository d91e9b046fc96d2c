"""When the beats of a weekly rhythm fall, and which of them are free: pure time, right through changes of clocks."""

import uuid
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from unisson.editorial.clashes import CLOSE
from unisson.editorial.timing import AmbiguousError, GapError, resolve

FARTHEST = timedelta(days=184)
"""So far ahead a free beat is looked for."""


class Beat(NamedTuple):
    """One beat of a rhythm: a weekday (Monday is 0), a time on the brand's clock, a channel."""

    channel_id: uuid.UUID
    weekday: int
    clock: time


class Occurrence(NamedTuple):
    """A beat on a day: the instant, in UTC, and what the brand's clock shows then.

    `comes_twice` where that clock shows it twice: it is the first of the two.
    """

    at: datetime
    wall_time: datetime
    channel_id: uuid.UUID
    comes_twice: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What beats keep clear of: the instants of each channel that are `taken`, in order, and closed days."""

    zone: str
    taken: Mapping[uuid.UUID, Sequence[datetime]]
    is_closed: Callable[[date], bool]

    def is_free(self, at: datetime, channel_ids: Collection[uuid.UUID]) -> bool:
        """Whether nothing else goes out on any of the channels within a quarter of an hour."""
        return not any(_is_near(at, self.taken.get(each, ())) for each in channel_ids)


def _is_near(at: datetime, taken: Sequence[datetime]) -> bool:
    place = bisect_left(taken, at - CLOSE)
    return place < len(taken) and taken[place] <= at + CLOSE


def falls_on(beats: Sequence[Beat], zone: str, day: date) -> list[Occurrence]:
    """Return when the beats of a day fall, in order."""
    return sorted(_on(beat, zone, day) for beat in beats if beat.weekday == day.weekday())


def occurrences(beats: Sequence[Beat], zone: str, after: datetime, until: datetime) -> Iterator[Occurrence]:
    """Yield when beats fall after one instant and up to another, in order."""
    if not beats:
        return
    day, last = (each.astimezone(ZoneInfo(zone)).date() for each in (after, until))
    while day <= last:
        yield from (each for each in falls_on(beats, zone, day) if after < each.at <= until)
        day += timedelta(days=1)


def first_free(
    beats: Sequence[Beat], ground: Ground, channel_ids: Collection[uuid.UUID], after: datetime
) -> Occurrence | None:
    """Return the first beat after an instant at which all of the channels are free, on a day that is not closed.

    A beat of any of the channels counts. None where there is none within half a year.
    """
    mine = [beat for beat in beats if beat.channel_id in channel_ids]
    for each in occurrences(mine, ground.zone, after, after + FARTHEST):
        if not ground.is_closed(each.wall_time.date()) and ground.is_free(each.at, channel_ids):
            return each
    return None


def _on(beat: Beat, zone: str, day: date) -> Occurrence:
    """Return a beat on a day: where the clock skips its time, the first time after; where it comes twice, the first."""
    wall_time = datetime.combine(day, beat.clock)
    try:
        return Occurrence(resolve(wall_time, zone, None), wall_time, beat.channel_id)
    except AmbiguousError:
        return Occurrence(resolve(wall_time, zone, 0), wall_time, beat.channel_id, comes_twice=True)
    except GapError as gap:
        return Occurrence(resolve(gap.next_valid, zone, 0), gap.next_valid, beat.channel_id)
