"""The board of what waits on whom: who sees it, what it counts, and its two verbs."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update
from support.desk import Desk
from support.statements import recorded
from support.world import build_world

from tenants.base import utcnow
from tenants.errors import ForbiddenError, NotFoundError, RefusedError, StaleError
from tenants.members import BrandAssignment
from tenants.permissions import StageRole
from unisson.activity.models import Event
from unisson.approvals import board, steering
from unisson.approvals.asking import ask_again
from unisson.approvals.chain import Approver, Chain, Need, Stage
from unisson.approvals.models import Decision, RunStage, Verdict, Wait
from unisson.editorial.models import Content
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter
from unisson.runtime import Runtime


def wait_of(desk: Desk, content_id: uuid.UUID) -> uuid.UUID:
    with desk.session() as session:
        return session.scalars(select(Wait.id).where(Wait.content_id == content_id)).first() or uuid.uuid4()


def asked(desk: Desk, content_id: uuid.UUID) -> set[uuid.UUID]:
    with desk.session() as session:
        return set(session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id)))


def letters(desk: Desk, kind: str) -> list[Letter]:
    with desk.session() as session:
        return list(session.scalars(select(Letter).where(Letter.kind == kind)))


def member(desk: Desk, role: str) -> uuid.UUID:
    return desk.world.people[role].membership_id


def read(desk: Desk, **more: str) -> board.Board:
    with desk.session() as session, desk.app.test_request_context():
        return board.read(session, board.Lens([desk.world.brand_id], **more))


def leaves_in(desk: Desk, content_id: uuid.UUID, hours: int) -> None:
    with desk.session() as session:
        at = utcnow() + timedelta(hours=hours)
        session.execute(update(Content).where(Content.id == content_id).values(scheduled_at=at))


def test_it(desk: Desk) -> None:
    assert "Nothing waits on anybody" in desk.get("account_manager", "/approvals/board?lang=en").text
    desk.in_state("in_review")
    page = desk.get("account_manager", "/approvals/board?lang=en")
    assert page.status_code == 200
    for words in ("La saison ouvre", "Rp", "Marque", "Paris", "Waiting since", "No reminder yet", "Hand over"):
        assert words in page.text
    assert " style=" not in page.text


@pytest.mark.parametrize("role", ["owner", "admin", "account_manager", "cm", "rp"])
def test_those_who_steer_see_it(desk: Desk, role: str) -> None:
    assert desk.get(role, "/approvals/board").status_code == 200
    assert "/approvals/board" in desk.get(role, "/approvals").text


@pytest.mark.parametrize("role", ["client_approver", "client_contact", "legal", "expert", "member"])
def test_others_do_not(desk: Desk, role: str) -> None:
    assert desk.get(role, "/approvals/board").status_code == 403
    assert "/approvals/board" not in desk.get(role, "/approvals").text


def test_it_shows_only_brands_that_one_steers(desk: Desk) -> None:
    desk.in_state("in_review")
    assert desk.get("cm", f"/approvals/board?brand={desk.world.brand_slug}").status_code == 200
    assert desk.get("cm", f"/approvals/board?brand={desk.world.sibling_slug}").status_code == 404
    page = desk.get("owner", f"/approvals/board?lang=en&brand={desk.world.sibling_slug}").text
    assert "Nothing waits here" in page


def test_sides_are_counted_and_chosen(desk: Desk) -> None:
    inside, outside = desk.in_state("in_review"), desk.in_state("client_turn")
    figures = read(desk).figures
    assert figures.desks == {"cm": 0, "rp": 1, "account": 0, "client": 1, "steer": 0}
    assert figures.bar == [("rp", 0.0, 50.0), ("client", 50.0, 50.0)]
    assert [row.content_id for row in read(desk, side="rp").rows] == [inside]
    assert [row.content_id for row in read(desk, side="client").rows] == [outside]
    assert read(desk, side="cm").rows == []


def test_late_and_at_risk(desk: Desk) -> None:
    late, today, later = (desk.in_state("in_review") for _ in range(3))
    overdue = desk.in_state("client_turn")
    leaves_in(desk, late, -1)
    leaves_in(desk, today, 5)
    with desk.session() as session:
        session.execute(
            update(Wait).where(Wait.content_id == overdue).values(deadline_at=utcnow() - timedelta(minutes=1))
        )
        session.execute(update(Wait).where(Wait.content_id != overdue).values(deadline_at=None))
    assert {row.content_id for row in read(desk, when="late").rows} == {late, overdue}
    assert {row.content_id for row in read(desk, when="today").rows} == {today}
    everything = read(desk)
    assert (everything.figures.late, everything.figures.today) == (2, 1)
    assert later in {row.content_id for row in everything.rows}


MORE_SEATS = """
with seats as (
  insert into app.run_seats (agency_id, id, run_id, stage_id, position, role)
  select w.agency_id, uuidv7(), s.run_id, s.id, 100 + n, 'rp'
  from app.waits w join app.run_stages s on s.id = w.stage_id cross join generate_series(1, %(n)s) n
  where w.content_id = %(content)s returning agency_id, id, stage_id)
insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side)
select w.agency_id, uuidv7(), w.content_id, w.brand_id, w.stage_id, s.id, w.membership_id, w.side
from seats s join app.waits w on w.stage_id = s.stage_id
"""


def test_what_is_beyond_is_said(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    assert not read(desk).cut
    with desk.session() as session:
        session.connection().exec_driver_sql(MORE_SEATS, {"n": board.MOST, "content": content_id})
    assert read(desk).cut
    assert [row.content_id for row in read(desk).rows] == [content_id]
    assert f"Only the first {board.MOST} are shown" in desk.get("owner", "/approvals/board?lang=en").text


def test_it_takes_three_statements_however_much_waits(desk: Desk) -> None:
    def statements() -> int:
        with recorded(desk.runtime) as seen:
            assert read(desk).rows
        return sum(each.lstrip().lower().startswith("select") and "set_config" not in each for each in seen)

    desk.in_state("in_review")
    assert statements() <= 3
    for _ in range(4):
        desk.in_state("in_review")
        desk.in_state("client_turn")
    assert statements() <= 3


def test_one_reminds_once_in_four_hours(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    path = f"/waits/{wait_of(desk, content_id)}/nudge"
    answer = desk.post("cm", path, {"side": "rp", "content": str(content_id)})
    assert answer.status_code == 303
    assert answer.location.endswith("/approvals/board?side=rp")
    assert [letter.membership_id for letter in letters(desk, "approval_nudge")] == [member(desk, "rp")]
    again = desk.post("cm", path, {"content": str(content_id)}, headers={"Accept-Language": "en"})
    assert again.status_code == 422
    assert len(letters(desk, "approval_nudge")) == 1
    with desk.session() as session:
        assert session.scalars(select(Event.verb).where(Event.verb == "approval.nudged")).all() == ["approval.nudged"]
        session.execute(update(Wait).values(nudged_at=utcnow() - timedelta(hours=5)))
    assert desk.post("cm", path).status_code == 303


def test_the_mail_says_what_and_carries_the_client_s_link(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("client_turn")
    assert desk.post("rp", f"/waits/{wait_of(desk, content_id)}/nudge").status_code == 303
    (letter,) = letters(desk, "approval_nudge")
    with worker.database.agency(desk.world.agency_id) as session, desk.app.app_context():
        ready = compose(session, session.get_one(Letter, (session.agency_id, letter.id)), "https://u.example")
    assert ready is not None
    assert "/approve/" in ready.words.action_url
    assert "La saison ouvre" in ready.words.subject
    desk.approve(content_id, "client_approver")
    with worker.database.agency(desk.world.agency_id) as session, desk.app.app_context():
        assert compose(session, session.get_one(Letter, (session.agency_id, letter.id)), "https://u.example") is None


def test_a_silent_yes_is_said_in_the_mail(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("client_turn")
    desk.post("rp", f"/waits/{wait_of(desk, content_id)}/nudge")
    (letter,) = letters(desk, "approval_nudge")
    with desk.session() as session:
        session.execute(update(RunStage).values(tacit_clause="Article 7"))
    with worker.database.agency(desk.world.agency_id) as session, desk.app.app_context():
        ready = compose(session, session.get_one(Letter, (session.agency_id, letter.id)), "https://u.example")
    assert ready is not None
    assert "Article 7" in ready.words.paragraphs[0]


def test_handing_over_changes_who_decides(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    second = desk.another("rp")
    form = {"person": str(second.membership_id), "brand": desk.world.brand_slug, "content": str(content_id)}
    answer = desk.post("account_manager", f"/waits/{wait_of(desk, content_id)}/handover", form)
    assert answer.status_code == 303
    assert answer.location.endswith(f"/approvals/board?brand={desk.world.brand_slug}")
    assert asked(desk, content_id) == {second.membership_id}
    with desk.session() as session:
        said = session.scalars(select(Decision).where(Decision.verdict == Verdict.DELEGATED)).one()
        assert (said.membership_id, said.comment) == (member(desk, "account_manager"), "Second rp")
        assert session.scalars(select(Event).where(Event.verb == "approval.handed_over")).one()
    digest, stage = desk.asked(content_id)
    assert desk.post("rp", f"/contents/{content_id}/approval", {"digest": digest, "stage": stage}).status_code == 403
    desk.approve(content_id, second_role(desk, second.membership_id))
    assert desk.content(content_id).stages_done == 1


def second_role(desk: Desk, membership_id: uuid.UUID) -> str:
    """Let the desk call a second person by a role's name."""
    known = desk.world.people["rp"]
    desk.world.people["second"] = type(known)(known.identity_id, membership_id, known.email, known.token)
    return "second"


def hand(desk: Desk, by: str, content_id: uuid.UUID, to: uuid.UUID | None, wait_id: uuid.UUID | None = None) -> None:
    actor, wait_id = desk.actor(by), wait_id or wait_of(desk, content_id)
    with desk.session() as session:
        steering.hand_over(session, actor, wait_id, to, content_id)


def test_nobody_is_handed_their_own_work(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    with pytest.raises(RefusedError) as refused:
        hand(desk, "account_manager", content_id, member(desk, "cm"))
    assert refused.value.sentence is steering.OWN_WORK
    form = {"person": str(member(desk, "cm"))}
    answer = desk.post("account_manager", f"/waits/{wait_of(desk, content_id)}/handover", form)
    assert answer.status_code == 422
    assert asked(desk, content_id) == {member(desk, "rp")}


def test_a_seat_stays_on_its_side(desk: Desk) -> None:
    inside, outside = desk.in_state("in_review"), desk.in_state("client_turn")
    for content_id, to in ((inside, "client_contact"), (outside, "account_manager")):
        with pytest.raises(RefusedError) as refused:
            hand(desk, "owner", content_id, member(desk, to))
        assert refused.value.sentence is steering.OTHER_SIDE


@pytest.mark.parametrize("to", ["expert", "member", None])
def test_people_who_do_not_open_the_content_are_unknown(desk: Desk, to: str | None) -> None:
    content_id = desk.in_state("in_review")
    with pytest.raises(NotFoundError):
        hand(desk, "owner", content_id, member(desk, to) if to else uuid.uuid4())


def test_the_person_asked_hands_over_their_own(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    wait_id, contact = wait_of(desk, content_id), member(desk, "client_contact")
    with pytest.raises(ForbiddenError):
        hand(desk, "client_contact", content_id, contact)
    answer = desk.post("client_approver", f"/waits/{wait_id}/handover", {"person": str(contact)})
    assert answer.status_code == 303
    assert answer.location.endswith("/approvals")
    assert asked(desk, content_id) == {contact}
    again = desk.post("client_contact", f"/waits/{wait_of(desk, content_id)}/handover", {"person": str(contact)})
    assert again.status_code == 422


def test_the_content_s_page_offers_it_to_whoever_is_asked(desk: Desk) -> None:
    desk.chain("cm", "client_approver")
    content_id = desk.write("rp")
    desk.submit(content_id, "rp")
    page = desk.get("cm", f"/contents/{content_id}").text
    assert f"/waits/{wait_of(desk, content_id)}/handover" in page
    offered = re.findall(r'<option value="([0-9a-f-]{36})"', page[page.index("hand-to") :].split("</select>")[0])
    assert str(member(desk, "account_manager")) in offered
    assert not {str(member(desk, role)) for role in ("cm", "rp", "client_approver")} & set(offered)
    assert "handover" not in desk.get("rp", f"/contents/{content_id}").text
    form = {"person": offered[0], "content": str(content_id)}
    assert desk.post("cm", f"/waits/{wait_of(desk, content_id)}/handover", form).status_code == 303
    assert asked(desk, content_id) == {uuid.UUID(offered[0])}


def test_who_answered_a_quorum_is_not_handed_another_seat(desk: Desk) -> None:
    second, third = desk.another("rp"), desk.another("rp")
    both = (Approver(person=member(desk, "rp")), Approver(person=second.membership_id))
    desk.give_chain(Chain(stages=(Stage(approvers=both, need=Need.QUORUM, quorum=2),)))
    content_id = desk.in_state("in_review")
    desk.approve(content_id, "rp")
    with pytest.raises(RefusedError) as refused:
        hand(desk, "owner", content_id, member(desk, "rp"))
    assert refused.value.sentence is steering.HAS_ANSWERED
    hand(desk, "owner", content_id, third.membership_id)
    assert asked(desk, content_id) == {third.membership_id}


def test_where_nobody_can_answer_another_is_found(desk: Desk) -> None:
    desk.chain(StageRole.LEGAL.value)
    content_id = desk.in_state("in_review")
    with desk.session() as session:
        session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == member(desk, "legal")))
        ask_again(session, [desk.world.brand_id])
    assert read(desk).figures.desks["steer"] == 1
    hand(desk, "account_manager", content_id, member(desk, "client_contact"))
    assert asked(desk, content_id) == {member(desk, "client_contact")}


def test_a_wait_that_is_over_is_said(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    wait_id = wait_of(desk, content_id)
    desk.approve(content_id, "rp")
    with pytest.raises(StaleError):
        hand(desk, "owner", content_id, member(desk, "admin"), wait_id)
    assert desk.post("cm", f"/waits/{wait_id}/nudge", {"content": str(content_id)}).status_code == 409
    assert desk.post("cm", f"/waits/{wait_id}/nudge").status_code == 404


def test_another_agency_s_ids_do_not_exist(desk: Desk, runtime: Runtime) -> None:
    other = Desk(desk.app, runtime, build_world(runtime))
    content_id = other.in_state("in_review")
    form = {"content": str(content_id), "person": str(member(desk, "admin"))}
    for verb in ("nudge", "handover"):
        assert desk.post("owner", f"/waits/{wait_of(other, content_id)}/{verb}", form).status_code == 404
    here = desk.in_state("in_review")
    with pytest.raises(NotFoundError):
        hand(desk, "owner", here, member(other, "admin"))
    assert letters(other, "approval_nudge") == []


def test_forms_prove_where_they_come_from(desk: Desk, csrf_on: object) -> None:
    content_id = desk.in_state("in_review")
    assert desk.post("cm", f"/waits/{wait_of(desk, content_id)}/nudge").status_code == 400
