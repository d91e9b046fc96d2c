"""A draft that comes again: every so many days, weeks or months, at the same time on the brand's clock.

The clock is what counts: ten o'clock stays ten o'clock when summer time begins or ends. A time that the clock skips is
moved to the next one that exists, which is said; of one that comes twice, the first is taken.
"""

import enum
import itertools
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import NamedTuple

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule  # type: ignore[import-untyped]  # dateutil has no annotations
from sqlalchemy import insert, select, update

from tenants.access import Actor
from tenants.base import new_id
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.activity.trail import record
from unisson.editorial.contents import brand_of, load, pictures_of
from unisson.editorial.models import Content, ContentState, Illustration
from unisson.editorial.timing import GapError, resolve
from unisson.editorial.writing import again, clock_of
from unisson.editorial.writing_many import Desk, Made, write_many
from unisson.web.i18n import lazy

MOST = 60
LARGEST_STEP = 366
SHORTEST_MONTH = 28

NO_DATE = lazy("Give this draft a date first: the others repeat it.")
NOT_A_DRAFT = lazy("Only a draft can be repeated. Duplicate this content, then repeat the copy.")
BAD_STEP = lazy("Repeat it every 1 to 366 days, weeks or months.")
NO_END = lazy("Say until when, or how many times: sixty at most.")
BAD_COUNT = lazy("Repeat it 1 to 60 times.")
TOO_MANY = lazy("That is more than sixty contents. Choose an earlier end.")
NONE = lazy("No date falls before that end. Choose a later one.")
UNDONE = lazy("There is no repetition of yours to undo here.")


class Rhythm(enum.StrEnum):
    """In what a repetition counts."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


_FREQUENCY = {Rhythm.DAYS: DAILY, Rhythm.WEEKS: WEEKLY, Rhythm.MONTHS: MONTHLY}


@dataclass(frozen=True, slots=True)
class Repeat:
    """How often, and until a day or so many times. `weekdays` (Monday is 0) are of a weekly one."""

    rhythm: Rhythm
    every: int = 1
    weekdays: frozenset[int] = frozenset()
    until: date | None = None
    count: int | None = None


class Occurrence(NamedTuple):
    """One date of a series on the brand's clock; `skipped` is the time that the clock does not show that day."""

    wall_time: datetime
    skipped: datetime | None = None


def occurrences(repeat: Repeat, first: datetime, zone: str) -> list[Occurrence]:
    """Return the dates that follow `first`. A month without its day takes its last one. Raises RefusedError."""
    _check(repeat)
    month = repeat.rhythm is Rhythm.MONTHS and first.day > SHORTEST_MONTH
    rule = rrule(
        _FREQUENCY[repeat.rhythm],
        dtstart=first,
        interval=repeat.every,
        until=datetime.combine(repeat.until, time.max) if repeat.until else None,
        byweekday=sorted(repeat.weekdays) or None if repeat.rhythm is Rhythm.WEEKS else None,
        bymonthday=range(SHORTEST_MONTH, first.day + 1) if month else None,
        bysetpos=-1 if month else None,
    )
    dates = list(itertools.islice((each for each in rule if each > first), repeat.count or MOST + 1))
    if len(dates) > MOST:
        raise RefusedError(TOO_MANY, field="until")
    if not dates:
        raise RefusedError(NONE, field="until")
    return [_existing(each, zone) for each in dates]


def _check(repeat: Repeat) -> None:
    if not 1 <= repeat.every <= LARGEST_STEP:
        raise RefusedError(BAD_STEP, field="every")
    if repeat.until is None and repeat.count is None:
        raise RefusedError(NO_END, field="count")
    if repeat.count is not None and not 1 <= repeat.count <= MOST:
        raise RefusedError(BAD_COUNT, field="count")


def _existing(wall_time: datetime, zone: str) -> Occurrence:
    try:
        resolve(wall_time, zone, 0)
    except GapError as gap:
        return Occurrence(gap.next_valid, wall_time)
    return Occurrence(wall_time)


def dates_of(session: TenantSession, content: Content, repeat: Repeat) -> list[Occurrence]:
    """Return the dates at which a draft would come again. Raises RefusedError."""
    if content.state != ContentState.DRAFT:
        raise RefusedError(NOT_A_DRAFT)
    wall_time, _fold = clock_of(session, content)
    if wall_time is None:
        raise RefusedError(NO_DATE, field="every")
    return occurrences(repeat, wall_time, brand_of(session, content).timezone)


def repeat_draft(session: TenantSession, actor: Actor, content_id: uuid.UUID, repeat: Repeat) -> Sequence[uuid.UUID]:
    """Return the ids of new drafts that say the same at the dates of `repeat`, in a constant number of statements.

    Raises RefusedError, with nothing written, where one of the dates can't be.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    dates, draft = dates_of(session, content, repeat), again(session, content)
    desk = Desk.of(session, actor, content.brand_id)
    drafts = [replace(draft, wall_time=each.wall_time, fold=0) for each in dates]
    ids = write_many(session, desk, [Made(each, desk.made(each)) for each in drafts])
    pictures = pictures_of(session, content)
    placed = [
        {
            "agency_id": session.agency_id,
            "id": new_id(),
            "content_id": each,
            "media_id": picture.media.id,
            "position": position,
            "alt": picture.alt,
        }
        for each in ids
        for position, picture in enumerate(pictures)
    ]
    if placed:
        session.execute(insert(Illustration), placed)
    record(
        session, actor, "content.repeated", "content", content.id, brand_id=content.brand_id,
        drafts=[str(each) for each in ids],
    )  # fmt: skip
    return ids


def undo_repetition(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> tuple[int, int]:
    """Cancel the drafts of this person's last repetition that nobody touched; return how many, and how many stay.

    Raises StaleError where there is none.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    last = session.scalars(
        select(Event)
        .where(
            Event.subject_id == content.id,
            Event.verb == "content.repeated",
            Event.actor_id == actor.membership_id,
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).first()
    if last is None:
        raise StaleError(UNDONE)
    drafts = [uuid.UUID(each) for each in last.details["drafts"]]
    gone = session.scalars(
        update(Content)
        .where(Content.id.in_(drafts), Content.state == ContentState.DRAFT.value, Content.version == 1)
        .values(state=ContentState.CANCELLED.value)
        .returning(Content.id)
        .execution_options(synchronize_session=False)
    ).all()
    record(
        session, actor, "content.repetition_undone", "content", content.id, brand_id=content.brand_id, drafts=len(gone)
    )  # fmt: skip
    return len(gone), len(drafts) - len(gone)
