"""Support reads where an agency lets it, until the hour, changes nothing, and everybody is told."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from support.desk import HTTPS, Desk

from tenants.base import utcnow
from tenants.identities import Identity, Seat, SignIn
from tenants.members import Membership
from tests.architecture.test_matrix import agency_calls, snapshot
from tests.support.estate import build_estate
from unisson.config import Settings
from unisson.runtime import Runtime
from unisson.trust import support
from unisson.trust.staffing import set_staff
from unisson.vault import new_token, token_hash


class Staff:
    """Somebody of support, signed in in a browser of theirs."""

    def __init__(self, app: Flask, runtime: Runtime, settings: Settings) -> None:
        self.email, token = f"support-{uuid.uuid4().hex[:8]}@example.org", new_token()
        with runtime.database.everywhere() as session:
            identity = Identity(email=self.email, name="Sam Support", language="en", email_verified_at=utcnow())
            session.add(identity)
            session.flush()
            self.id = identity.id
            session.add(
                SignIn(
                    identity_id=identity.id, token_hash=token_hash(token), ip="", user_agent="",
                    expires_at=utcnow() + timedelta(days=1),
                )
            )  # fmt: skip
        self.browser = app.test_client()
        with self.browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        assert set_staff(settings, self.email.upper(), is_staff=True)


@pytest.fixture
def staff(app: Flask, runtime: Runtime, settings: Settings) -> Iterator[Staff]:
    """One of support; nobody is, after the test."""
    made = Staff(app, runtime, settings)
    yield made
    set_staff(settings, made.email, is_staff=False)


def test_nobody_comes_in_before_they_are_let_in(desk: Desk, staff: Staff) -> None:
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404


def test_they_read_until_the_hour_and_everybody_is_told(desk: Desk, staff: Staff, worker: Runtime) -> None:
    desk.speak_english()
    shown = desk.write(title="Shown to clients")
    desk.submit(shown)
    assert desk.post("owner", "/settings/support", {"hours": "8"}).status_code == 303
    html = staff.browser.get(desk.path("/calendar"), base_url=HTTPS).text
    assert "You read as support until" in html
    assert staff.browser.get(desk.path(f"/contents/{shown}"), base_url=HTTPS).status_code == 200
    for kept in ("/settings", "/settings/security", "/activity", "/calendar.csv", "/calendar.xlsx", "/tokens"):
        assert staff.browser.get(desk.path(kept), base_url=HTTPS).status_code == 403, kept
    assert "Support reads here until" in desk.get("cm", "/calendar").text
    assert "Support reads here until" not in desk.get("client_contact", "/calendar").text
    told = desk.get("owner", "/activity").text
    assert "let support in" in told
    assert "Sam Support" in told  # their first page shows
    with desk.session() as session:
        session.execute(
            update(Membership).where(Membership.identity_id == staff.id).values(ends_at=utcnow() - timedelta(seconds=1))
        )
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404
    assert "Support reads here until" not in desk.get("cm", "/calendar").text
    with worker.database.agency(desk.world.agency_id) as session:
        support.show_out_due(session)
        assert session.scalars(select(Seat).where(Seat.identity_id == staff.id)).all() == []


def test_they_are_shown_out_at_once(desk: Desk, staff: Staff, settings: Settings) -> None:
    desk.post("owner", "/settings/support", {"hours": "1"})
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 200
    assert desk.post("owner", "/settings/support/end").status_code == 303
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404
    desk.post("owner", "/settings/support", {"hours": "1"})  # and in again
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 200
    set_staff(settings, staff.email, is_staff=False)
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404


def test_nothing_is_changed_whatever_they_ask(
    app: Flask, runtime: Runtime, worker: Runtime, settings: Settings, staff: Staff
) -> None:
    estate = build_estate(runtime, worker, "Lue")
    there = Desk(app, runtime, estate.world)
    there.post("owner", "/settings/support", {"hours": "1"})
    assert staff.browser.get(there.path("/calendar"), base_url=HTTPS).status_code == 200
    before = snapshot(settings, estate.world.agency_id)
    for call in agency_calls(app, estate.world.slug, estate.own):
        answer = staff.browser.open(call.path, method=call.method, base_url=HTTPS)
        if call.method != "GET":
            assert answer.status_code == 403, (call.method, call.path, answer.status_code)
        assert answer.status_code < 500, call.path
    after = snapshot(settings, estate.world.agency_id)
    # Openings of stored views and the like are of their own; nothing of what they would be is there.
    assert {table for table in after if after[table] != before[table]} <= {"calendar_openings"}


@pytest.mark.parametrize("hours", ["", "0", "9999", "-1", "x", "٣"])
def test_for_how_long_is_one_of_the_choices(desk: Desk, staff: Staff, hours: str) -> None:
    assert desk.post("owner", "/settings/support", {"hours": hours}).status_code == 303
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404


def test_who_may_not_lets_nobody_in(desk: Desk, staff: Staff) -> None:
    for role in ("account_manager", "cm", "client_approver"):
        assert desk.post(role, "/settings/support", {"hours": "1"}).status_code == 403
    assert staff.browser.get(desk.path("/calendar"), base_url=HTTPS).status_code == 404


def test_where_there_is_no_support_it_is_said(desk: Desk) -> None:
    desk.speak_english()
    desk.post("owner", "/settings/support", {"hours": "1"})
    assert "nobody for support" in desk.get("owner", "/settings/security").text


def test_no_role_of_the_product_makes_somebody_support(desk: Desk, worker: Runtime, settings: Settings) -> None:
    for held in (desk.runtime, worker):
        with pytest.raises(ProgrammingError, match="permission denied"), held.database.everywhere() as session:
            session.execute(text("insert into app.support_staff (identity_id) select id from app.identities"))
    assert not set_staff(settings, "nobody@example.org", is_staff=True)
    person = desk.world.people["cm"].membership_id
    assert desk.post("owner", f"/team/{person}/role", {"agency_role": "support"}).status_code in {404, 422}
    with pytest.raises(IntegrityError), desk.session() as session:  # nor without an end
        session.execute(update(Membership).where(Membership.id == person).values(agency_role="support"))
