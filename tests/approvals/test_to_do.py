"""What a person goes on with themselves."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from support.desk import Desk, days_ahead
from support.statements import recorded

from tenants.base import utcnow
from unisson.approvals.to_do import to_do_of
from unisson.editorial.models import Content


def to_do(desk: Desk, role: str) -> list[object]:
    actor = desk.actor(role)
    with desk.session() as session:
        return [row.content_id for row in to_do_of(session, actor, [desk.world.brand_id, desk.world.sibling_id])]


def test_it(desk: Desk) -> None:
    asked, near = desk.in_state("changes_requested"), desk.write(wall_time=days_ahead(2))
    desk.write(wall_time=days_ahead(20))
    stuck = desk.in_state("failed")
    assert to_do(desk, "cm") == sorted([asked, near, stuck], key=lambda each: desk.content(each).scheduled_at)
    assert to_do(desk, "rp") == [stuck], "who has not written it is not asked to go on with it, but decides on it"
    assert to_do(desk, "client_approver") == to_do(desk, "client_contact") == []
    desk.speak_english()
    page = desk.get("cm", "/approvals").text
    assert "Yours to go on with" in page
    assert page.count(f"/contents/{near}") == 1
    assert "Yours to go on with" not in desk.get("client_approver", "/approvals").text


@pytest.mark.parametrize(("days", "stands"), [(-1, True), (-29, True), (-31, False)])
def test_what_is_long_past_is_left_to_the_calendar(desk: Desk, days: int, stands: bool) -> None:
    content_id = desk.write()
    with desk.session() as session:
        session.execute(
            update(Content).where(Content.id == content_id).values(scheduled_at=utcnow() + timedelta(days=days))
        )
    assert to_do(desk, "cm") == [content_id] * stands


def test_however_much_it_is_it_is_one_question(desk: Desk) -> None:
    for _each in range(4):
        desk.write(wall_time=days_ahead(1))
    actor = desk.actor("cm")
    with desk.session() as session, recorded(desk.runtime) as said:
        assert len(to_do_of(session, actor, [desk.world.brand_id])) == 4
    assert len([each for each in said if "contents" in each]) == 1
