"""Reminders, lateness and silence: what the clock of a waiting stage does, and what it never does."""

import uuid
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select, text, update
from support.desk import Desk, today
from support.gate import would_leave

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment
from tenants.permissions import StageRole
from unisson.agency import team
from unisson.approvals.asking import ask_again
from unisson.approvals.chain import Approver, Chain, Need, Stage
from unisson.approvals.models import Absence, ApprovalRun, Decision, RunStage, Wait
from unisson.approvals.tending import tend_due
from unisson.approvals.working_time import WorkingTime, public_holidays
from unisson.editorial.models import Content
from unisson.notifications.models import Letter
from unisson.runtime import Runtime

CLAUSE = "Article 7 : sans réponse sous 24 h ouvrées, la publication est réputée validée."
PARIS = WorkingTime(ZoneInfo("Europe/Paris"), off=public_holidays("FR"))


@pytest.fixture(autouse=True)
def alone(worker: Runtime) -> None:
    """What other tests left waiting is not tended here."""
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue = 'approvals'"))


def silent(**more: object) -> Chain:
    return Chain(
        stages=(Stage(approvers=(Approver(role=StageRole.CLIENT_APPROVER),), hours=8, tacit_clause=CLAUSE),),
        **more,  # type: ignore[arg-type]  # a chain's own fields
    )


def wait_long(desk: Desk, content_id: uuid.UUID, *, hours: float = 200.0) -> None:
    """Put everything about what waits so many hours back, and have it looked at now."""
    back = timedelta(hours=hours)
    with desk.session() as session:
        for model, column in ((Wait, Wait.asked_at), (RunStage, RunStage.opened_at), (RunStage, RunStage.deadline_at)):
            session.execute(update(model).values({column: column - back}))
        session.execute(update(Wait).values(reminded_at=Wait.reminded_at - back))
    look_now(desk)


def look_now(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(text("update app.dispatch set due_at = clock_timestamp() where kind = 'stage'"))


def kinds(desk: Desk, kind: str) -> int:
    with desk.session() as session:
        return len(session.scalars(select(Letter).where(Letter.kind == kind)).all())


def verdicts(desk: Desk, content_id: uuid.UUID) -> list[str]:
    with desk.session() as session:
        return list(session.scalars(select(Decision.verdict).join(ApprovalRun, ApprovalRun.id == Decision.run_id)))


def test_nobody_is_reminded_at_once(desk: Desk, worker: Runtime) -> None:
    desk.in_state("in_review")
    look_now(desk)
    assert tend_due(worker, 5.0) == 1
    assert (kinds(desk, "approval_reminder"), kinds(desk, "approval_escalated")) == (0, 0)


def test_a_day_of_work_later_there_is_one_reminder_and_no_second(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("in_review")
    wait_long(desk, content_id)
    tend_due(worker, 5.0)
    assert kinds(desk, "approval_reminder") == 1
    look_now(desk)
    tend_due(worker, 5.0)
    assert kinds(desk, "approval_reminder") == 1


def test_a_late_stage_is_told_to_the_account_manager_once(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("in_review")
    wait_long(desk, content_id, hours=2_000)
    for _turn in range(2):
        look_now(desk)
        tend_due(worker, 5.0)
    assert kinds(desk, "approval_escalated") == 1
    assert desk.content(content_id).state == "in_review"


def test_silence_is_a_yes_by_the_clause_after_a_reminder(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(silent())
    content_id = desk.write()
    desk.submit(content_id)
    wait_long(desk, content_id, hours=2_000)
    tend_due(worker, 5.0)
    assert desk.content(content_id).state == "in_review"  # reminded only now: silence has to follow a reminder
    look_now(desk)
    tend_due(worker, 5.0)
    assert desk.content(content_id).state == "scheduled"
    assert verdicts(desk, content_id) == ["tacit"]
    assert would_leave(desk, worker, content_id) is None


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "press_release"},
        {"kind": "reply"},
        {"risks": ("crisis",)},
        {"risks": ("legal",)},
        {"risks": ("quote",)},
    ],
    ids=str,
)
def test_silence_is_never_a_yes_for_press_crisis_law_or_quotes(desk: Desk, worker: Runtime, more) -> None:
    desk.give_chain(silent())
    content_id = desk.write(**more)
    desk.submit(content_id)
    for _turn in range(3):
        wait_long(desk, content_id, hours=2_000)
        tend_due(worker, 5.0)
    assert desk.content(content_id).state == "in_review"
    assert verdicts(desk, content_id) == []


def test_the_gate_refuses_a_silence_that_the_kind_forbids(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(silent())
    content_id = desk.write()
    desk.submit(content_id)
    wait_long(desk, content_id, hours=2_000)
    for _turn in range(2):
        look_now(desk)
        tend_due(worker, 5.0)
    with desk.session() as session:
        session.execute(update(Content).where(Content.id == content_id).values(kind="press_release"))
    assert would_leave(desk, worker, content_id) == "UN014"


def test_in_an_archived_brand_nobody_is_written_to_and_silence_is_nothing(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(silent())
    content_id = desk.write()
    desk.submit(content_id)
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    for _turn in range(3):
        wait_long(desk, content_id, hours=2_000)
        tend_due(worker, 5.0)
    assert desk.content(content_id).state == "in_review"
    assert (kinds(desk, "approval_reminder"), kinds(desk, "approval_escalated")) == (0, 0)
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=None))
    look_now(desk)
    tend_due(worker, 5.0)
    assert kinds(desk, "approval_reminder") == 1


def test_in_an_archived_brand_nobody_decides(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    digest, stage = desk.asked(content_id)
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    form = {"digest": digest, "stage": stage}
    assert desk.post("rp", f"/contents/{content_id}/approval", form).status_code == 404
    assert desk.post("cm", f"/contents/{content_id}/withdrawal").status_code == 404
    assert desk.content(content_id).state == "in_review"
    assert verdicts(desk, content_id) == []


def test_without_a_clause_silence_is_nothing(desk: Desk, worker: Runtime) -> None:
    desk.chain("client_approver")
    content_id = desk.write()
    desk.submit(content_id)
    for _turn in range(3):
        wait_long(desk, content_id, hours=2_000)
        tend_due(worker, 5.0)
    assert desk.content(content_id).state == "in_review"


FAST = Chain(stages=(Stage((Approver(StageRole.RP), Approver(StageRole.ACCOUNT_MANAGER)), minutes=15),))


def due_in(desk: Desk) -> float:
    """In how many minutes what waits is looked at next."""
    with desk.session() as session:
        wanted = (
            "select extract(epoch from min(due_at) - clock_timestamp()) / 60 from app.dispatch where kind = 'stage'"
        )
        return float(session.scalar(text(wanted)))


def test_minutes_are_minutes_at_any_hour(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(FAST)
    content_id = desk.write(kind="reply")
    desk.submit(content_id)
    with desk.session() as session:
        stage, wait = session.scalars(select(RunStage)).one(), session.scalars(select(Wait)).first()
        assert stage.deadline_at - stage.opened_at == timedelta(minutes=15)
        assert wait.deadline_at == stage.deadline_at
    assert due_in(desk) == pytest.approx(7.5, abs=0.5)
    wait_long(desk, content_id, hours=8 / 60)
    tend_due(worker, 5.0)
    asked = kinds(desk, "approval_reminder")
    assert asked >= 1
    assert kinds(desk, "approval_escalated") == 0
    assert due_in(desk) == pytest.approx(7, abs=0.5)
    wait_long(desk, content_id, hours=8 / 60)
    tend_due(worker, 5.0)
    assert kinds(desk, "approval_escalated") >= 1
    assert kinds(desk, "approval_reminder") == asked
    assert due_in(desk) > 30  # once it is late, in working hours
    desk.approve(content_id, "rp")
    assert desk.content(content_id).state == "scheduled"


def test_a_later_stage_s_minutes_count_from_when_it_opens(desk: Desk) -> None:
    second = Stage((Approver(StageRole.CLIENT_APPROVER),), minutes=30)
    desk.give_chain(Chain(stages=(Stage((Approver(StageRole.RP),)), second)))
    content_id = desk.write()
    desk.submit(content_id)
    with desk.session() as session:
        assert session.scalars(select(RunStage.deadline_at).where(RunStage.position == 2)).one() is None
    desk.approve(content_id, "rp")
    with desk.session() as session:
        stage = session.scalars(select(RunStage).where(RunStage.position == 2)).one()
        assert stage.deadline_at - stage.opened_at == timedelta(minutes=30)


def test_what_waits_no_more_is_left_alone(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("scheduled")
    look_now(desk)
    assert tend_due(worker, 5.0) == 0
    assert desk.content(content_id).state == "scheduled"


def test_when_nobody_can_answer_any_more_it_waits_on_the_account_manager(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    owner = desk.actor("owner")
    with desk.session() as session:
        team.remove(session, owner, desk.world.people["client_approver"].membership_id)
    with desk.session() as session:
        waits = session.scalars(select(Wait).where(Wait.content_id == content_id)).all()
        assert {(row.purpose, row.membership_id) for row in waits} == {
            ("steer", desk.world.people["account_manager"].membership_id)
        }
    new = desk.another("client_approver")
    with desk.session() as session:
        team.ask_again(session, {desk.world.brand_id})
        waits = session.scalars(select(Wait).where(Wait.content_id == content_id)).all()
        assert {(row.purpose, row.membership_id) for row in waits} == {("decide", new.membership_id)}


def test_who_is_asked_to_decide_is_still_told_to_find_somebody(desk: Desk) -> None:
    """Found by the chain machine: the account manager of the stage was not told that its other seat had nobody left."""
    manager = Approver(StageRole.ACCOUNT_MANAGER)
    desk.give_chain(Chain(stages=(Stage((Approver(StageRole.LEGAL), manager), need=Need.ALL),)))
    content_id = desk.write()
    desk.submit(content_id)
    before = kinds(desk, "approval_steer")
    with desk.session() as session:
        legal = desk.world.people["legal"].membership_id
        session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == legal))
        ask_again(session, {desk.world.brand_id})
    with desk.session() as session:
        managers = set(session.scalars(select(Wait.membership_id).where(Wait.purpose == "steer")))
    assert managers
    assert kinds(desk, "approval_steer") - before == len(managers)


def test_a_stand_in_is_asked_while_somebody_is_away(desk: Desk) -> None:
    away, second = desk.world.people["rp"].membership_id, desk.another("client_contact").membership_id
    with desk.session() as session:
        session.add(Absence(membership_id=away, starts_on=today(), ends_on=today(), stand_in_id=second))
    content_id = desk.in_state("in_review")
    with desk.session() as session:
        asked = session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id)).all()
    assert asked == [second]


@pytest.mark.parametrize(
    ("at", "hours", "expected"),
    [
        (datetime(2026, 11, 25, 12, tzinfo=UTC), 4, datetime(2026, 11, 25, 8, tzinfo=UTC)),
        (datetime(2026, 11, 30, 9, tzinfo=UTC), 9, datetime(2026, 11, 27, 9, tzinfo=UTC)),
        (datetime(2026, 11, 29, 12, tzinfo=UTC), 1, datetime(2026, 11, 27, 16, tzinfo=UTC)),
        (datetime(2026, 5, 4, 7, tzinfo=UTC), 1, datetime(2026, 4, 30, 15, tzinfo=UTC)),
        (datetime(2026, 3, 30, 7, tzinfo=UTC), 1, datetime(2026, 3, 27, 16, tzinfo=UTC)),
        (datetime(2026, 10, 26, 8, tzinfo=UTC), 10, datetime(2026, 10, 22, 15, tzinfo=UTC)),
    ],
    ids=["the same day", "over a weekend", "from a Sunday", "over the 1st of May", "into summer time", "out of it"],
)
def test_working_hours_are_counted_back(at: datetime, hours: float, expected: datetime) -> None:
    assert PARIS.before(at, hours) == expected


@pytest.mark.parametrize("hours", [0.5, 1, 9, 26, 100])
def test_counting_on_undoes_counting_back(hours: float) -> None:
    at = datetime(2026, 12, 28, 10, tzinfo=UTC)
    assert PARIS.after(PARIS.before(at, hours), hours) == at


def test_an_agency_where_nobody_works_does_not_count_for_ever() -> None:
    nobody = WorkingTime(ZoneInfo("Europe/Paris"), days=frozenset())
    assert nobody.before(datetime(2026, 1, 1, tzinfo=UTC), 1) < datetime(2025, 1, 1, tzinfo=UTC)


def test_a_country_without_a_calendar_has_no_holidays() -> None:
    assert date(2026, 1, 1) not in public_holidays("XX")
    assert date(2026, 7, 14) in public_holidays("FR")
