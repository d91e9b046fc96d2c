"""Days away: who may enter them, who is asked meanwhile, and what is refused."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from support.desk import Desk, today

from tenants.brands import Brand
from tenants.members import Membership
from unisson.approvals.models import Absence, RunStage, Wait
from unisson.approvals.tending import tend_due
from unisson.approvals.working_time import working_time
from unisson.runtime import Runtime


def member(desk: Desk, role: str) -> str:
    return str(desk.world.people[role].membership_id)


def days(first: int = 0, last: int = 3, **more: str) -> dict[str, object]:
    return {"starts_on": str(today() + timedelta(days=first)), "ends_on": str(today() + timedelta(days=last)), **more}


def asked(desk: Desk, content_id: uuid.UUID) -> set[str]:
    with desk.session() as session:
        return {str(each) for each in session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id))}


def kept(desk: Desk) -> list[Absence]:
    with desk.session() as session:
        return list(session.scalars(select(Absence)))


def test_whoever_stands_in_is_asked_at_once_and_no_more_once_the_person_is_back(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    assert asked(desk, content_id) == {member(desk, "rp")}
    answer = desk.post("rp", "/absences", days(stand_in=member(desk, "account_manager")))
    assert answer.status_code == 303
    assert asked(desk, content_id) == {member(desk, "account_manager")}
    page = desk.get("rp", "/absences").text
    assert "Account Manager" in page
    (absence,) = kept(desk)
    assert desk.post("rp", f"/absences/{absence.id}/removal").status_code == 303
    assert asked(desk, content_id) == {member(desk, "rp")}


def test_a_content_s_page_names_whoever_is_asked(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    with desk.session() as session:
        names = {role: session.get_one(Membership, (session.agency_id, uuid.UUID(member(desk, role)))).name
                 for role in ("rp", "account_manager")}  # fmt: skip
    desk.post("rp", "/absences", days(stand_in=member(desk, "account_manager")))
    page = desk.get("cm", f"/contents/{content_id}").text
    waiting = page[page.index("#hourglass") :].split("</p>")[0]
    assert names["account_manager"] in waiting
    assert names["rp"] not in waiting


def test_those_who_steer_enter_them_for_others(desk: Desk) -> None:
    form = days(person=member(desk, "rp"), stand_in=member(desk, "cm"))
    assert desk.post("account_manager", "/absences", form).status_code == 303
    assert desk.post("cm", "/absences", form).status_code == 403
    assert desk.post("client_approver", "/absences", form).status_code == 403
    assert "Rp" in desk.get("account_manager", "/absences").text
    (absence,) = kept(desk)
    assert desk.post("cm", f"/absences/{absence.id}/removal").status_code == 403
    assert len(kept(desk)) == 1


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 422),
        (days(3, 1), 422),
        (days(0, 400), 422),
        (days(-9, -3), 422),  # whatever day it is in UTC
        ({"starts_on": "2026-02-30", "ends_on": "2026-03-01"}, 422),
        ({"starts_on": "demain", "ends_on": "x" * 10_000}, 422),
        (days(stand_in="nobody"), 404),
        (days(stand_in=str(uuid.uuid4())), 404),
        (days(person=str(uuid.uuid4())), 404),
    ],
)
def test_bad_input_keeps_nothing(desk: Desk, form: dict[str, object], status: int) -> None:
    assert desk.post("account_manager", "/absences", form).status_code == status
    assert kept(desk) == []


def test_nobody_stands_in_for_themselves_nor_for_the_other_side(desk: Desk) -> None:
    for stand_in in ("rp", "client_approver"):
        answer = desk.post("rp", "/absences", days(stand_in=member(desk, stand_in)))
        assert answer.status_code == 422
        assert str(today()) in answer.text
    assert desk.post("client_approver", "/absences", days(stand_in=member(desk, "client_contact"))).status_code == 303


def test_a_person_of_another_agency_stands_in_for_nobody(desk: Desk, new_world) -> None:
    stranger = str(new_world().people["rp"].membership_id)
    assert desk.post("rp", "/absences", days(stand_in=stranger)).status_code == 404
    assert kept(desk) == []


def test_a_client_sees_their_own_alone(desk: Desk) -> None:
    desk.post("rp", "/absences", days(stand_in=member(desk, "cm")))
    with desk.session() as session:
        name = session.get_one(Membership, (session.agency_id, uuid.UUID(member(desk, "rp")))).name
    assert f"<strong>{name}</strong>" in desk.get("owner", "/absences").text
    assert f"<strong>{name}</strong>" not in desk.get("client_approver", "/absences").text


def test_nobody_is_away_twice_on_one_day(desk: Desk) -> None:
    first = days(0, 5, person=member(desk, "rp"), stand_in=member(desk, "cm"))
    assert desk.post("account_manager", "/absences", first).status_code == 303
    for begins, ends in ((0, 5), (2, 3), (5, 9), (-1, 0), (-1, 20)):
        refused = desk.post("account_manager", "/absences", days(begins, ends, person=member(desk, "rp")))
        assert refused.status_code == 422, (begins, ends)
        assert str(today() + timedelta(days=ends)) in refused.text
    assert desk.post("account_manager", "/absences", days(6, 9, person=member(desk, "rp"))).status_code == 303
    assert desk.post("account_manager", "/absences", days(2, 3, person=member(desk, "cm"))).status_code == 303
    assert len(kept(desk)) == 3


def test_an_absence_that_begins_later_is_seen_on_its_day(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("in_review")
    assert desk.post("rp", "/absences", days(2, 9, stand_in=member(desk, "account_manager"))).status_code == 303
    assert asked(desk, content_id) == {member(desk, "rp")}
    with desk.session() as session:  # two days pass, and nobody is due a reminder
        session.execute(update(Absence).values(starts_on=Absence.starts_on - 2))
        clock = session.execute(text("select due_at from app.dispatch where kind = 'stage'")).scalar_one()
        opened = session.scalars(select(RunStage.opened_at).where(RunStage.opened_at.is_not(None))).one()
        brand = session.get_one(Brand, (session.agency_id, desk.world.brand_id))
        assert clock <= working_time(session, brand).next_opening(opened)
        session.execute(text("update app.dispatch set due_at = clock_timestamp() where kind = 'stage'"))
    tend_due(worker, 5.0)
    assert asked(desk, content_id) == {member(desk, "account_manager")}
