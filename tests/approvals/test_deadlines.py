"""Until when each stage should answer: counted back from the date, one after the other, and anew where the date moves."""

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from support.desk import Desk, days_ahead

from tenants.permissions import StageRole
from unisson.approvals.chain import Approver, Chain, Condition, Stage, of_roles
from unisson.approvals.deadlines import deadlines_before
from unisson.approvals.models import RunStage, Wait
from unisson.approvals.working_time import WorkingTime
from unisson.editorial import writing

PARIS = WorkingTime(ZoneInfo("Europe/Paris"))
FRIDAY = datetime(2027, 3, 5, 17, tzinfo=UTC)  # 18 h in Paris, as the day of work ends


def of(*, hours: int | None = None, minutes: int | None = None) -> Stage:
    return Stage((Approver(StageRole.RP),), hours=hours, minutes=minutes)


def paris(day: int, hour: int) -> datetime:
    return datetime(2027, 3, day, hour, tzinfo=ZoneInfo("Europe/Paris")).astimezone(UTC)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([of()], [paris(5, 14)]),
        ([of(), of()], [paris(5, 10), paris(5, 14)]),
        ([of(), of(hours=18)], [paris(3, 14), paris(4, 9)]),
        ([of(hours=2), of(hours=18)], [paris(4, 9), paris(4, 9)]),
        ([of(), None, of(hours=9)], [paris(4, 14), None, paris(5, 9)]),
        ([of(), of(minutes=15), of(hours=9)], [paris(4, 14), None, paris(5, 9)]),
    ],
    ids=["one", "one leaves time to the next", "before one in days", "never after the next", "left out", "minutes"],
)
def test_each_stage_leaves_time_to_the_next(stages: list[Stage | None], expected: list[datetime | None]) -> None:
    assert deadlines_before(PARIS, FRIDAY, stages) == expected


def test_without_a_date_there_is_no_deadline() -> None:
    assert deadlines_before(PARIS, None, [of(), of(hours=9)]) == [None, None]


@pytest.mark.parametrize(
    ("day", "hour", "opens"), [(3, 8, paris(4, 9)), (3, 12, paris(4, 9)), (5, 12, paris(8, 9)), (6, 12, paris(8, 9))]
)
def test_the_next_day_of_work_begins_when_work_does(day: int, hour: int, opens: datetime) -> None:
    assert PARIS.next_opening(paris(day, hour)) == opens


def deadlines(desk: Desk, content_id: uuid.UUID) -> tuple[list[datetime | None], set[datetime | None]]:
    """What the stages say, and what everybody is told whom the content waits on."""
    with desk.session() as session:
        stages = session.scalars(select(RunStage.deadline_at).order_by(RunStage.position)).all()
        return list(stages), set(session.scalars(select(Wait.deadline_at).where(Wait.content_id == content_id)))


def move(desk: Desk, content_id: uuid.UUID, days: int) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        writing.move(session, actor, content_id, days_ahead(days), fold=None)


def test_deadlines_follow_a_date_that_is_not_approved(desk: Desk) -> None:
    desk.give_chain(Chain(stages=of_roles(StageRole.RP, StageRole.CLIENT_APPROVER).stages, date_approved=False))
    content_id = desk.write(wall_time=days_ahead(10))
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    before, told = deadlines(desk, content_id)
    assert told == {before[1]}
    with desk.session() as session:
        session.execute(update(Wait).values(escalated_at=before[0]))

    move(desk, content_id, 40)
    after, told = deadlines(desk, content_id)
    assert after[0] == before[0]  # answered: it stays as it was
    assert after[1] is not None
    assert before[1] is not None
    assert after[1] - before[1] > timedelta(days=25)
    assert told == {after[1]}
    with desk.session() as session:
        assert session.scalars(select(Wait.escalated_at)).all() == [None]  # late again is said again

    move(desk, content_id, 20)  # with enough working days before it, around any holidays
    sooner, told = deadlines(desk, content_id)
    assert sooner[1] is not None
    assert sooner[1] < min(after[1], desk.content(content_id).scheduled_at)
    assert told == {sooner[1]}
    with desk.session() as session:
        look = session.execute(text("select due_at from app.dispatch where kind = 'stage'")).scalar_one()
    assert look <= sooner[1]


def test_a_stage_that_is_left_out_leaves_its_time_to_nobody(desk: Desk) -> None:
    legal = Stage((Approver(StageRole.LEGAL),), hours=90, only_if=Condition(risks=("price",)))
    rp, client = of_roles(StageRole.RP, StageRole.CLIENT_APPROVER).stages
    desk.give_chain(Chain(stages=(rp, legal, client)))
    content_id = desk.write(wall_time=days_ahead(60))
    desk.submit(content_id)
    first, left_out, last = deadlines(desk, content_id)[0]
    assert left_out is None
    assert first is not None
    assert last is not None
    assert last - first < timedelta(days=6)


def test_nobody_is_asked_for_an_answer_by_yesterday(desk: Desk) -> None:
    """What leaves within the hour had its deadline before it was submitted: people answer before it leaves."""
    soon = datetime.now(PARIS.zone).replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=40)
    desk.give_chain(Chain(stages=of_roles(StageRole.RP, StageRole.CLIENT_APPROVER).stages, date_approved=False))
    content_id = desk.write(wall_time=soon)
    desk.submit(content_id)
    (first, _), told = deadlines(desk, content_id)
    leaves = desk.content(content_id).scheduled_at
    assert first == leaves
    assert told == {leaves}

    move(desk, content_id, 10)
    assert deadlines(desk, content_id)[0][0] > leaves
    with desk.session() as session:
        writing.move(session, desk.actor("cm"), content_id, soon + timedelta(minutes=5), fold=None)
    assert deadlines(desk, content_id)[1] == {leaves + timedelta(minutes=5)}
