"""Until when a stage should have answered, from when it is late, and when its people are reminded."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.approvals.asking import look_again, waits_in
from unisson.approvals.chain import Stage
from unisson.approvals.models import ApprovalRun, RunStage, RunState
from unisson.approvals.working_time import WorkingTime, working_time
from unisson.editorial.contents import brand_of
from unisson.editorial.models import Content, ContentState

REMIND_HOURS = 9
"""Working hours between reminders where a stage says nothing: about once a working day."""

DEADLINE_HOURS = 4
"""Working hours that a stage without a deadline of its own leaves to the one that follows, or before the date."""


def deadlines_before(
    hours: WorkingTime, leaves: datetime | None, stages: Sequence[Stage | None]
) -> list[datetime | None]:
    """Return until when each of a chain's stages should have answered for what leaves then; None is one left out.

    Working hours are counted back from the date. Where a stage says none they are counted from the deadline of the
    stage that follows, and no stage has until later than that one: in time, everybody can be.
    None for what has no date, for a stage that is left out, and for one with minutes.
    """
    counted: list[datetime | None] = []
    following = leaves
    for stage in reversed(stages):
        if stage is None or stage.minutes or leaves is None or following is None:
            counted.append(None)
            continue
        until = hours.before(leaves, stage.hours) if stage.hours else hours.before(following, DEADLINE_HOURS)
        following = min(until, following)
        counted.append(following)
    return counted[::-1]


def open_stage(session: TenantSession, content: Content, row: RunStage) -> None:
    """Note that a stage waits from now on, and until when: from now where it counts minutes, or where that is past."""
    opened = row.opened_at or utcnow()
    minutes = Stage.from_json(row.settings).minutes
    deadline = opened + timedelta(minutes=minutes) if minutes else row.deadline_at
    if deadline is not None and deadline <= opened:
        deadline = working_time(session, brand_of(session, content)).at_once(opened, content.scheduled_at)
    if (row.opened_at, row.deadline_at) != (opened, deadline):
        session.change(row, opened_at=opened, deadline_at=deadline)


def reminder_after(hours: WorkingTime, stage: Stage, since: datetime, *, is_late: bool) -> datetime:
    """Return when somebody who was asked (or reminded) at `since` is reminded.

    A stage with minutes reminds at half of them where it says nothing else, and once it is late in working hours, as
    all others do: whoever did not answer in minutes is not written to all night.
    """
    if stage.minutes and not is_late:
        return since + timedelta(minutes=stage.remind_minutes or max(stage.minutes / 2, 1))
    return hours.after(since, stage.remind_hours or REMIND_HOURS)


def time_stage(session: TenantSession, content: Content, stage: RunStage) -> None:
    """Set the clock of a stage that opens: its first reminder, its deadline or the next day of work, whichever first.

    With each day somebody may be away who was not the day before, or back.
    """
    chosen = Stage.from_json(stage.settings)
    hours = working_time(session, brand_of(session, content))
    opened = stage.opened_at or utcnow()
    remind = min(reminder_after(hours, chosen, opened, is_late=False), hours.next_opening(opened))
    look_again(session, stage, min(remind, late_from(hours, stage, chosen) or remind))


def late_from(hours: WorkingTime, row: RunStage, stage: Stage) -> datetime | None:
    """Return from when a stage is late: its deadline, or an hour of work after it opened if that came past it.

    None for a stage without a deadline.
    """
    if row.deadline_at is None or row.opened_at is None or stage.minutes:
        return row.deadline_at
    return max(row.deadline_at, hours.after(row.opened_at, 1))


def count_again(session: TenantSession, content: Content) -> None:
    """Count the deadlines of a content that waits from its new date, and set its clock; nothing where none waits."""
    if content.state != ContentState.IN_REVIEW:
        return
    rows = session.scalars(_STAGES, {"revision": content.revision_id}).all()
    waiting = next((row for row in rows if row.opened_at is not None and row.done_at is None), None)
    if waiting is None:
        return
    chosen = [None if row.skipped else Stage.from_json(row.settings) for row in rows]
    hours = working_time(session, brand_of(session, content))
    counted = deadlines_before(hours, content.scheduled_at, chosen)
    for row, stage, until in zip(rows, chosen, counted, strict=True):
        if stage is not None and not stage.minutes and row.done_at is None:
            session.change(row, deadline_at=_once_asked(hours, until, row.opened_at, content.scheduled_at))
    for wait in waits_in(session, waiting.id):
        wait.deadline_at = waiting.deadline_at
        if waiting.deadline_at is not None and waiting.deadline_at > session.now():
            wait.escalated_at = None
    time_stage(session, content, waiting)
    session.flush()


def _once_asked(
    hours: WorkingTime, until: datetime | None, asked: datetime | None, leaves: datetime | None
) -> datetime | None:
    is_past = until is not None and asked is not None and until <= asked
    return hours.at_once(asked, leaves) if asked is not None and is_past else until


_STAGES = (
    select(RunStage)
    .join(ApprovalRun, (ApprovalRun.agency_id == RunStage.agency_id) & (ApprovalRun.id == RunStage.run_id))
    .where(ApprovalRun.revision_id == bindparam("revision"), ApprovalRun.state == RunState.OPEN.value)
    .order_by(RunStage.position)
)
