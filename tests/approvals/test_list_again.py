"""The client's list asked for again: sent as it was while nothing changed, and never a moment longer."""

import random
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import request_started
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update
from support.desk import HTTPS, Desk
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole
from unisson.approvals.models import ApprovalLink, ApprovalRun, RunStage, Wait
from unisson.editorial import writing
from unisson.editorial.models import Content
from unisson.portal.models import LinkDevice
from unisson.topics.models import Topic
from unisson.web.joined import Joined


@dataclass
class Open:
    """A client's list that is open on a browser that is known as theirs."""

    desk: Desk
    browser: FlaskClient
    address: str
    first: uuid.UUID

    def read(self, rest: str = "") -> TestResponse:
        return self.browser.get(f"{self.address}{rest}", base_url=HTTPS)

    def again(self, rest: str = "") -> tuple[TestResponse, bool]:
        """The answer, and whether the application was woken for it."""
        woken: list[int] = []
        with request_started.connected_to(lambda *_about, **_more: woken.append(1), self.desk.app):
            answer = self.read(rest)
        return answer, bool(woken)

    def by_the_application(self, rest: str = "") -> str:
        """What the application says to the same request, with nothing kept before it, and no piece."""
        environ = EnvironBuilder(f"{self.address}{rest}", base_url=HTTPS).get_environ()
        self.browser._add_cookies_to_wsgi(environ)
        stores = [self.desk.app.extensions[each]._kept for each in ("unisson.portal_pieces", "unisson.portal_pages")]
        kept = [each.copy() for each in stores]
        for each in stores:
            each.clear()
        body, _status, _headers = run_wsgi_app(_joined(self.desk.app)._application, environ)
        for each, before in zip(stores, kept, strict=True):
            each.update(before)
        return _same(b"".join(body).decode())

    def set(self, table: type, **values: object) -> None:
        with self.desk.session() as session:
            session.execute(update(table).values(**values))


def _joined(app: Any) -> Joined:
    layer = app.wsgi_app
    while not isinstance(layer, Joined):
        layer = next(each for each in vars(layer).values() if callable(each))
    return layer


def _same(page: str) -> str:
    """A page with one proof of its forms, which is signed anew each time."""
    proof = re.search(r'name="csrf_token" value="([^"]+)"', page) or re.search(
        r'name="csrf-token" content="([^"]+)"', page
    )
    assert proof is not None
    return page.replace(proof[1], "PROOF")


@pytest.fixture
def listed(desk: Desk) -> Open:
    first = desk.in_state("client_turn", title="Le premier & l'unique <b>")
    desk.in_state("client_turn", title="Le second")
    decided = desk.in_state("client_turn", title="Le troisième")
    desk.approve(decided, "client_approver")
    token = desk.known(desk.link(first)[1])
    found = Open(desk, desk.browser(None), desk.path(f"/approve/{token}"), first)
    for _time in range(2):  # the first sets the cookie and notes that the link was opened, the second is joined
        assert found.read().status_code == 200
    return found


def test_what_did_not_change_is_sent_without_waking_the_application(listed: Open) -> None:
    before = listed.read()
    answer, woken = listed.again()
    assert (answer.status_code, answer.data, woken) == (200, before.data, False)
    assert "Le premier &amp; l&#39;unique &lt;b&gt;" in answer.text
    assert dict(answer.headers) == dict(before.headers)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("rest", ["?n=1", "?page=1", "?page=0", "?page=x", "?lang=de"])
def test_an_address_that_nobody_asked_for_is_joined_as_the_application_makes_it(listed: Open, rest: str) -> None:
    answer, woken = listed.again(rest)
    assert not woken
    assert _same(answer.text) == listed.by_the_application(rest)


@pytest.mark.parametrize("rest", ["?page=2", "?lang=en", "?n=%00", "?n=é"])
def test_what_it_is_not_sure_of_wakes_the_application(listed: Open, rest: str) -> None:
    answer, woken = listed.again(rest)
    assert woken
    assert _same(answer.text) == listed.by_the_application(rest)


def test_each_page_of_many_is_joined(listed: Open) -> None:
    for number in range(9):
        listed.desk.in_state("client_turn", title=f"Encore {number}")
    for number in (1, 2):
        listed.read(f"?page={number}")
        answer, woken = listed.again(f"?page={number}&n=1")
        assert not woken
        assert answer.text.count("desk-item") == (10 if number == 1 else 1)
        assert _same(answer.text) == listed.by_the_application(f"?page={number}")


def test_the_nearest_days_on_either_side_are_shown_in_their_order(listed: Open) -> None:
    """Of four weeks in which more than enough stands on both sides of what waits."""
    desk, person = listed.desk, listed.desk.world.people["client_approver"].membership_id
    beside, cm = range(-38, 61, 3), desk.actor("cm")
    with desk.session() as session:
        first = desk.content(listed.first, session).scheduled_at
        assert first is not None
        session.execute(update(Content).values(scheduled_at=first))
        # Who writes sees drafts, too.
        session.execute(update(BrandAssignment).where(BrandAssignment.membership_id == person).values(role="cm"))
        for hours in beside:
            content = writing.write(session, cm, desk.world.brand_id, desk.draft(title=f"À {hours} h"))
            content.scheduled_at = first + timedelta(hours=hours)
    listed.read("?n=1")
    answer, woken = listed.again("?n=2")
    around = answer.text.split('<ol class="around">')[1].split("</ol>")[0]
    nearest = sorted(beside, key=abs)[:17]
    assert [int(each) for each in re.findall(r"À (-?\d+) h<", around)] == sorted(nearest)
    assert around.count("<li>") == 20  # with the two that wait and the one that did
    assert not woken


def test_its_proof_is_good_and_of_this_session(listed: Open) -> None:
    _approve_by_link(listed)
    assert listed.desk.content(listed.first).state == "scheduled"


def test_a_change_of_one_content_writes_one_piece(listed: Open) -> None:
    pieces = listed.desk.app.extensions["unisson.portal_pieces"]
    known = len(pieces)
    with listed.desk.session() as session:
        later = utcnow().replace(microsecond=0) + timedelta(days=2)
        session.execute(update(Wait).where(Wait.content_id == listed.first).values(deadline_at=later))
    before, woken = listed.again()
    assert not woken
    assert len(pieces) == known + 1
    token = listed.desk.known(listed.desk.link(listed.first)[1])
    address = listed.desk.path(f"/approve/{token}")
    for _time in range(3):
        theirs = listed.browser.get(address, base_url=HTTPS)
        assert token in theirs.text
        assert listed.address not in theirs.text  # no piece leads through another door
    assert len(pieces) == known + 1  # and all doors share them
    assert listed.address in before.text


def test_the_first_opening_of_a_link_is_noted_and_joined(listed: Open) -> None:
    link, token = listed.desk.link(listed.first)
    listed.address = listed.desk.path(f"/approve/{token}")
    answer, woken = listed.again()
    assert not woken
    with listed.desk.session() as session:
        seen = session.scalars(select(ApprovalLink.first_seen_at).where(ApprovalLink.id == link.id)).one()
        assert seen is not None
    assert _same(answer.text) == listed.by_the_application()
    listed.again()
    assert not listed.again()[1]
    with listed.desk.session() as session:
        assert session.scalars(select(ApprovalLink.first_seen_at).where(ApprovalLink.id == link.id)).one() == seen


def test_a_frame_holds_nothing_of_anybody(listed: Open) -> None:
    frames = _joined(listed.desk.app)._frames._kept.values()
    world = listed.desk.world
    with listed.desk.session() as session:
        names = [
            *session.scalars(select(Membership.name)),
            *session.scalars(select(Brand.name)),
            session.scalar(select(Agency.name)),
        ]
    ours = [*names, "Le premier", str(world.brand_id), listed.address, listed.address.rpartition("/")[2]]
    held = [b"".join(frame.parts).decode() for frame in frames]
    assert held
    for each in held:
        assert not [name for name in ours if name and name in each]


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
    "the agency's mark": lambda listed: listed.set(Agency, white_label=False),
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


MADE_ONCE = {"one is approved here", "one is approved elsewhere", "the agency's mark", "the person's language"}
"""After which the page has another frame, which the application makes for all that come after."""


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(listed: Open, name: str) -> None:
    assert listed.again()[1] is False
    CHANGES[name](listed)
    answer, woken = listed.again()
    assert woken is (name in MADE_ONCE)
    for number in range(3):
        assert answer.status_code == 200
        if number == 0 and name == "one is approved here":
            assert "toast-text" in answer.text  # said once, and to nobody else
        else:
            assert "toast-text" not in answer.text
            assert _same(answer.text) == listed.by_the_application()
        answer, woken = listed.again()
    assert not woken


@pytest.mark.parametrize("name", ENDS)
def test_what_is_taken_ends_at_once(listed: Open, name: str) -> None:
    assert listed.again()[1] is False
    ENDS[name](listed)
    for rest in ("", "?n=1"):
        answer, woken = listed.again(rest)
        assert woken
        assert "Le premier" not in answer.text


@pytest.mark.parametrize("role", ["expert", "client_contact", "cm"])
def test_a_role_that_is_taken_ends_at_once(listed: Open, role: str) -> None:
    listed.desk.write(title="Un brouillon")
    person = listed.desk.world.people["client_approver"].membership_id
    with listed.desk.session() as session:
        session.execute(update(BrandAssignment).where(BrandAssignment.membership_id == person).values(role=role))
    for _time in range(2):
        told = listed.read().text
        assert ("Un brouillon" in told) is (role == "cm")
        assert _same(told) == listed.by_the_application()


def test_somebody_without_a_role_sees_no_embargo(listed: Open) -> None:
    person = listed.desk.world.people["client_approver"].membership_id
    with listed.desk.session() as session:
        session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == person))
        topic = Topic(
            brand_id=listed.desk.world.brand_id,
            title="Secret",
            embargo_until=utcnow() + timedelta(days=1),
            embargo_wall_time=datetime.fromisoformat("2027-01-01T09:00"),
            embargo_zone="Europe/Paris",
            created_by=person,
        )
        session.add(topic)
        session.flush()
        session.execute(update(Content).where(Content.id == listed.first).values(topic_id=topic.id))
    for _time in range(3):
        told = listed.read().text
        assert "Le second" in told
        assert "Le premier" not in told
        assert _same(told) == listed.by_the_application()


@pytest.mark.parametrize("later", [timedelta(hours=2), timedelta(days=31)], ids=["2 h", "31 d"])
def test_the_clock_ends_it_too(listed: Open, later: timedelta) -> None:
    with time_machine.travel(utcnow() + later, tick=False):
        assert _same(listed.read().text) == listed.by_the_application()


def test_a_session_that_is_over_ends_it_however_often_the_list_changed(listed: Open) -> None:
    lasts = listed.desk.app.permanent_session_lifetime
    for early, same in ((timedelta(seconds=60), True), (timedelta(seconds=-60), False)):
        with time_machine.travel(utcnow() + lasts - early, tick=False):
            listed.set(ApprovalLink, expires_at=utcnow() + timedelta(days=1))
            listed.set(Wait, deadline_at=utcnow() + timedelta(days=2))
            answer, woken = listed.again()
            assert answer.status_code == 200
            assert woken is not same


def test_the_agency_s_name_is_looked_up_without_waking_the_application(listed: Open) -> None:
    listed.desk.app.extensions["unisson.directory"].clear()
    assert not listed.again("?n=1")[1]


def test_another_browser_is_asked_for_a_code(listed: Open) -> None:
    stranger = listed.desk.app.test_client()
    answer = stranger.get(listed.address, base_url=HTTPS)
    assert "Le premier" not in answer.text


def test_another_agency_joins_nothing_of_it(listed: Open, new_world: Any) -> None:
    """Neither by their address nor with their cookies, though both are kept by the same process."""
    there = Desk(listed.desk.app, listed.desk.runtime, new_world())
    address = there.path(f"/approve/{listed.address.rpartition('/')[2]}")
    there.get("cm", "/calendar")  # its name is known to the process
    assert listed.browser.get(address, base_url=HTTPS).status_code == 404


def test_somebody_signed_in_is_served_by_the_application(listed: Open) -> None:
    listed.desk.known(listed.address.rpartition("/")[2], "client_approver")
    browser = listed.desk.browser("client_approver")
    theirs = Open(listed.desk, browser, listed.address, listed.first)
    assert [theirs.again()[1] for _time in range(3)] == [True] * 3


def test_no_two_roles_are_called_alike() -> None:
    """The question looks for both kinds in one list."""
    assert not {each.value for each in AgencyRole} & {each.value for each in BrandRole}


def test_any_order_of_changes_shows_what_stands(listed: Open) -> None:
    chance = random.Random(20261128)
    names = ["Nouveau nom", "Autre", "<i>", "L'étal"]
    for _step in range(25):
        change = chance.choice(
            [
                lambda: listed.set(Wait, deadline_at=utcnow() + timedelta(minutes=chance.randrange(9000))),
                lambda: listed.set(Content, scheduled_at=utcnow() + timedelta(hours=chance.randrange(-50, 900))),
                lambda: listed.set(Content, zone=chance.choice(["Europe/Paris", "America/New_York"])),
                lambda: listed.set(Content, title=chance.choice(names)),
                lambda: listed.set(Brand, name=chance.choice(names), accent=chance.choice(["plum", "moss"])),
                lambda: listed.set(Membership, name=chance.choice(names)),
                lambda: listed.set(Agency, white_label=chance.choice([True, False])),
                lambda: listed.set(RunStage, tacit_clause=chance.choice(["", "Article 4"])),
                lambda: listed.set(LinkDevice, typed_name=chance.choice(["", "Claire"])),
            ]
        )
        change()
        rest = chance.choice(["", "?n=1", "?lang=en"])
        assert _same(listed.read(rest).text) == listed.by_the_application(rest)


def test_who_asks_after_a_change_was_committed_sees_it(listed: Open) -> None:
    """While others read all the time, and keep what they read."""
    done = threading.Event()

    def read_on() -> None:
        browser = listed.desk.app.test_client()
        browser._cookies.update(listed.browser._cookies)
        while not done.is_set():
            browser.get(listed.address, base_url=HTTPS)

    readers = [threading.Thread(target=read_on) for _number in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(20):
            listed.set(LinkDevice, typed_name=f"Claire {number}")
            assert f'value="Claire {number}"' in listed.read().text
    finally:
        done.set()
        for reader in readers:
            reader.join()
