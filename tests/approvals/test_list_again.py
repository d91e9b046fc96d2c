"""The client's list asked for again: sent as it was while nothing changed, and never a moment longer."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import request_started
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from support.desk import HTTPS, Desk
from support.statements import recorded
from werkzeug.test import TestResponse

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from unisson.approvals.models import ApprovalLink, ApprovalRun, RunStage, Wait
from unisson.editorial.models import Content
from unisson.portal import repeating
from unisson.portal.models import LinkDevice

NEVER_WRITTEN_AGAIN = {"revisions", "policy_versions"}


@dataclass
class Open:
    """A client's list that is open on a browser that is known as theirs."""

    desk: Desk
    browser: FlaskClient
    address: str
    first: uuid.UUID

    def read(self, **more: Any) -> TestResponse:
        return self.browser.get(self.address, base_url=HTTPS, **more)

    def again(self) -> tuple[TestResponse, bool]:
        """The answer, and whether the application was woken for it."""
        woken: list[int] = []
        with request_started.connected_to(lambda *_about, **_more: woken.append(1), self.desk.app):
            answer = self.read()
        return answer, bool(woken)

    def set(self, table: type, **values: object) -> None:
        with self.desk.session() as session:
            session.execute(update(table).values(**values))


@pytest.fixture
def listed(desk: Desk) -> Open:
    first = desk.in_state("client_turn", title="Le premier")
    desk.in_state("client_turn", title="Le second")
    decided = desk.in_state("client_turn", title="Le troisième")
    desk.approve(decided, "client_approver")
    token = desk.known(desk.link(first)[1])
    found = Open(desk, desk.browser(None), desk.path(f"/approve/{token}"), first)
    for _time in range(2):  # the first sets the cookie and notes that the link was opened, the second is kept
        assert found.read().status_code == 200
    return found


def test_what_did_not_change_is_sent_without_waking_the_application(listed: Open) -> None:
    before = listed.read()
    answer, woken = listed.again()
    assert (answer.status_code, answer.data, woken) == (200, before.data, False)
    assert "Le premier" in answer.text
    assert dict(answer.headers) == dict(before.headers)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_change_of_one_content_writes_one_piece(listed: Open) -> None:
    pieces = listed.desk.app.extensions["unisson.portal_pieces"]
    known = len(pieces)
    with listed.desk.session() as session:
        later = utcnow().replace(microsecond=0) + timedelta(days=2)
        session.execute(update(Wait).where(Wait.content_id == listed.first).values(deadline_at=later))
    before = listed.read()
    assert len(pieces) == known + 1
    token = listed.desk.known(listed.desk.link(listed.first)[1])
    theirs = listed.browser.get(listed.desk.path(f"/approve/{token}"), base_url=HTTPS)
    assert token in theirs.text
    assert listed.address not in theirs.text  # no piece leads through another door
    assert listed.address in before.text


def _approve_by_link(listed: Open) -> None:
    digest, stage = listed.desk.asked(listed.first)
    page = listed.read().text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    answer = listed.browser.post(
        f"{listed.address}/approvals",
        data={"csrf_token": token[1], "item": f"{listed.first}.{digest}.{stage}", "typed_name": "Claire"},
        base_url=HTTPS,
        headers={"Referer": f"{HTTPS}/"},
    )
    assert answer.status_code == 303


CHANGES: dict[str, Callable[[Open], object]] = {
    "another waits": lambda listed: listed.desk.in_state("client_turn", title="Nouveau"),
    "one is approved here": _approve_by_link,
    "one is approved elsewhere": lambda listed: listed.desk.approve(listed.first, "client_approver"),
    "a content's zone": lambda listed: listed.set(Content, zone="Europe/London"),
    "a deadline": lambda listed: listed.set(Wait, deadline_at=utcnow() + timedelta(hours=3)),
    "a clause": lambda listed: listed.set(RunStage, tacit_clause="Article 4"),
    "a run": lambda listed: listed.set(ApprovalRun, why={}),
    "a state": lambda listed: listed.set(Content, state="on_hold"),
    "the brand's name": lambda listed: listed.set(Brand, name="Nouveau nom"),
    "the brand's accent": lambda listed: listed.set(Brand, accent="plum"),
    "the agency's name": lambda listed: listed.set(Agency, name="Nouveau nom"),
    "the agency's mark": lambda listed: listed.set(Agency, white_label=True),
    "the person's name": lambda listed: listed.set(Membership, name="Nouveau nom"),
    "the person's language": lambda listed: listed.set(Membership, language="en"),
    "the name that they sign with": lambda listed: listed.set(LinkDevice, typed_name="Claire"),
}

ENDS: dict[str, Callable[[Open], object]] = {
    "the link is revoked": lambda listed: listed.set(ApprovalLink, revoked_at=utcnow()),
    "the link is over": lambda listed: listed.set(ApprovalLink, expires_at=utcnow()),
    "the browser is forgotten": lambda listed: listed.set(LinkDevice, revoked_at=utcnow()),
    "the browser is known no more": lambda listed: listed.set(LinkDevice, expires_at=utcnow()),
    "the person is removed": lambda listed: listed.set(Membership, removed_at=utcnow()),
    "the brand is archived": lambda listed: listed.set(Brand, archived_at=utcnow()),
}


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(listed: Open, name: str) -> None:
    assert listed.again()[1] is False
    CHANGES[name](listed)
    answer, woken = listed.again()
    assert answer.status_code == 200
    assert woken


@pytest.mark.parametrize("name", ENDS)
def test_what_is_taken_ends_at_once(listed: Open, name: str) -> None:
    assert listed.again()[1] is False
    ENDS[name](listed)
    answer, woken = listed.again()
    assert woken
    assert "Le premier" not in answer.text


def test_a_role_that_is_taken_ends_at_once(listed: Open) -> None:
    person = listed.desk.world.people["client_approver"].membership_id
    with listed.desk.session() as session:
        session.execute(update(BrandAssignment).where(BrandAssignment.membership_id == person).values(role="expert"))
    assert listed.again()[1]


@pytest.mark.parametrize(
    ("later", "what"),
    [(timedelta(hours=2), "addresses of pictures"), (timedelta(days=31), "link")],
    ids=["2 h", "31 d"],
)
def test_the_clock_ends_it_too(listed: Open, later: timedelta, what: str) -> None:
    with time_machine.travel(utcnow() + later, tick=False):
        assert listed.again()[1], what


def test_another_browser_is_asked_for_a_code(listed: Open) -> None:
    stranger = listed.desk.app.test_client()
    answer = stranger.get(listed.address, base_url=HTTPS)
    assert "Le premier" not in answer.text


def test_all_that_the_list_reads_is_asked_for_before(listed: Open) -> None:
    """What the page reads one day, and no question of `repeating` names, would be shown after it has changed."""
    listed.set(Brand, accent="plum")
    with recorded(listed.desk.runtime) as statements:
        assert listed.read().status_code == 200
    stamps = {question.sql.decode() for question in repeating._STAMPS}
    named = _tables(*stamps)
    read = _tables(*(each for each in statements if each not in stamps))
    assert {"waits", "contents", "decisions", "brands", "memberships", "link_devices"} <= read
    assert read - NEVER_WRITTEN_AGAIN <= named


def _tables(*statements: str) -> set[str]:
    return {name for each in statements for name in re.findall(r"\bapp\.([a-z_]+)\.", each)}


def test_what_is_frozen_cannot_be_written_again(listed: Open) -> None:
    with listed.desk.session() as session:
        told = session.execute(
            select(*(func.has_any_column_privilege(f"app.{table}", "update") for table in sorted(NEVER_WRITTEN_AGAIN)))
        ).one()
    assert not any(told)
