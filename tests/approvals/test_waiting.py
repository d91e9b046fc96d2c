"""What waits on whom, and the circuit's own rules seen from the desk."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from support.desk import Desk, days_ahead
from support.statements import recorded

from tenants.base import utcnow
from tenants.permissions import StageRole
from unisson.approvals import deciding
from unisson.approvals.chain import Approver, Chain, Need, Stage
from unisson.approvals.models import ApprovalRun, Wait
from unisson.approvals.waiting import count_waiting, waiting_for
from unisson.editorial.models import Content


def mine(desk: Desk, role: str) -> list[object]:
    actor = desk.actor(role)
    with desk.session() as session:
        return [row.content_id for row in waiting_for(session, actor).mine]


def test_it(desk: Desk) -> None:
    assert "Nothing waits on you" in desk.get("rp", "/approvals?lang=en").text
    later, sooner = desk.write(wall_time=days_ahead(12)), desk.write(wall_time=days_ahead(3))
    desk.submit(later)
    desk.submit(sooner)
    assert mine(desk, "rp") == [sooner, later]
    assert mine(desk, "cm") == mine(desk, "client_approver") == []
    desk.approve(sooner, "rp")
    assert mine(desk, "rp") == [later]
    assert mine(desk, "client_approver") == [sooner]
    page = desk.get("cm", "/approvals?lang=en").text
    assert "Waiting on others" in page
    assert "Client Approver" in page
    with desk.session() as session:
        assert count_waiting(session, desk.actor("rp")) == 1


def test_own_work_does_not_wait_on_its_author(desk: Desk) -> None:
    desk.another("rp")
    content_id = desk.write("rp")
    desk.submit(content_id, "rp")
    assert mine(desk, "rp") == []
    digest, stage = desk.asked(content_id)
    answer = desk.post("rp", f"/contents/{content_id}/approval", {"digest": digest, "stage": stage})
    assert answer.status_code == 422
    assert desk.content(content_id).stages_done == 0


def test_where_the_press_officer_writes_the_cm_checks(desk: Desk) -> None:
    content_id = desk.write("rp")
    desk.submit(content_id, "rp")
    assert mine(desk, "cm") == [content_id]
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage}
    assert desk.post("cm", f"/contents/{content_id}/approval", form).status_code == 303


def test_a_late_one_is_marked(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    with desk.session() as session:
        past = utcnow() - timedelta(hours=1)
        session.execute(update(Content).where(Content.id == content_id).values(scheduled_at=past))
    assert "Late" in desk.get("rp", "/approvals?lang=en").text


def test_the_client_s_people_are_led_to_their_portal(desk: Desk) -> None:
    portal = desk.path(f"/portal/{desk.world.brand_slug}")
    page = desk.get("client_approver", "/approvals?lang=en").text
    assert "Portal of Marque" in page
    assert f'href="{portal}"' in page
    assert desk.get("client_approver", f"/portal/{desk.world.brand_slug}").status_code == 200
    assert portal not in desk.get("rp", "/approvals").text


@pytest.mark.parametrize("role", ["expert", "member", "client_contact"])
def test_others_see_nothing(desk: Desk, role: str) -> None:
    desk.in_state("in_review")
    page = desk.get(role, "/approvals")
    assert page.status_code == 200
    assert "La saison ouvre" not in page.text


@pytest.mark.parametrize("path", ["/approvals", "/contents/{one}"])
def test_more_rows_cost_no_more_queries(desk: Desk, path: str) -> None:
    def queries() -> int:
        with recorded(desk.runtime) as seen:
            assert desk.get("rp", path.format(one=one)).status_code == 200
        return len(seen)

    one = desk.in_state("in_review")
    desk.get("rp", "/approvals")
    few = queries()
    for _ in range(6):
        desk.in_state("in_review")
        desk.in_state("client_turn")
    assert queries() == few


def test_an_open_run_of_an_old_revision_does_not_wait(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    desk.edit(content_id)
    assert mine(desk, "rp") == []
    with desk.session() as session:
        assert session.query(ApprovalRun).filter_by(content_id=content_id, state="approved").count() == 0


def test_two_of_one_role_are_two_seats(desk: Desk) -> None:
    second = desk.another("client_approver")
    quorum = Stage((Approver(StageRole.CLIENT_APPROVER),), need=Need.QUORUM, quorum=2)
    desk.give_chain(Chain(stages=(quorum,)))
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "client_approver")
    assert desk.content(content_id).state == "in_review"
    with desk.session() as session:
        waiting = session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id)).all()
        assert set(waiting) == {second.membership_id}
        deciding.approve(session, second, content_id, desk.asked(content_id)[0])
    assert desk.content(content_id).state == "scheduled"
