# ruff: noqa: DTZ001 - wall times are naive by definition
"""A month that is made anew before the application is woken is the one that the application makes."""

import itertools
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask, request_started
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from support.calendar import Desk, spread
from werkzeug.test import TestResponse

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.identities import Identity, SignIn
from tenants.members import BrandAssignment, Membership
from unisson.app import create_app
from unisson.approvals.models import Absence
from unisson.calendars import months
from unisson.calendars.models import CalendarNote
from unisson.calendars.reading import TRAY_LIMIT
from unisson.editorial.models import ContentState
from unisson.runtime import Runtime
from unisson.web.repeats import Repeats

OCTOBER = datetime(2026, 10, 14, 18, 30)
Change = Callable[[Desk, uuid.UUID], object]
PARTIAL = {"HX-Request": "true"}


def _sql(statement: str) -> Change:
    def change(desk: Desk, content_id: uuid.UUID) -> None:
        with desk.runtime.database.agency(desk.world.agency_id) as session:
            session.execute(text(statement), {"id": content_id} if ":id" in statement else {})

    return change


def _set(table: type, **values: object) -> Change:
    def change(desk: Desk, _content_id: uuid.UUID) -> None:
        with desk.runtime.database.agency(desk.world.agency_id) as session:
            session.execute(update(table).values(**values))

    return change


def _add(desk: Desk, row: object) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.add(row)


def _note(desk: Desk, _content_id: uuid.UUID) -> None:
    day = date(2026, 10, 13)
    _add(desk, CalendarNote(brand_id=desk.world.brand_id, kind="note", starts_on=day, ends_on=day, title="Salon & co",
                            created_by=desk.world.people["cm"].membership_id))  # fmt: skip


def _absence(desk: Desk, _content_id: uuid.UUID) -> None:
    who = desk.world.people["rp"].membership_id
    _add(desk, Absence(membership_id=who, starts_on=date(2026, 10, 5), ends_on=date(2026, 10, 8)))


def _sibling(desk: Desk, _content_id: uuid.UUID) -> None:
    desk.write(OCTOBER, "De l'autre marque", brand_id=desk.world.sibling_id)


CONTENTS: dict[str, Change] = {
    "an edit": _sql("update app.contents set title = '<i>Autre</i> & ' || clock_timestamp() where id = :id"),
    "no title": _sql("update app.contents set title = '', body = 'Le corps' where id = :id"),
    "a move": _sql("update app.contents set scheduled_at = scheduled_at + interval '1 day' where id = :id"),
    "a move out": _sql("update app.contents set scheduled_at = '2027-03-01', wall_time = '2027-03-01' where id = :id"),
    "a date taken": _sql("update app.contents set scheduled_at = null, wall_time = null where id = :id"),
    "a state": _sql("update app.contents set state = 'cancelled' where id = :id"),
    "a live address": _sql("update app.contents set live_url = 'https://example.org/?a=1&b=2' where id = :id"),
    "an address that is none": _sql("update app.contents set live_url = 'javascript:x' where id = :id"),
    "channels": _sql("update app.contents set channel_kinds = 'bluesky email' where id = :id"),
    "a new one": lambda desk, _content: desk.write(OCTOBER, "Nouveau"),
    "a new one in review": lambda desk, _content: desk.write(OCTOBER, "En relecture", state=ContentState.IN_REVIEW),
    "a full tray": lambda desk, _c: desk.write_many([(None, f"Brouillon {n}") for n in range(TRAY_LIMIT)]),
    "one of another brand": _sibling,
    "nothing": lambda _desk, _content: None,
}
BEYOND: dict[str, Change] = {
    "a note": _note,
    "an absence": _absence,
    "a brand's name": _set(Brand, name="Nouveau nom"),
    "a brand's zone": _set(Brand, timezone="Asia/Tokyo"),
    "the agency's name": _set(Agency, name="Nouveau nom"),
    "the agency's zone": _set(Agency, timezone="America/New_York"),
    "a member's name": _set(Membership, name="Nouveau nom"),
    "a role": _set(BrandAssignment, role="client_contact"),
    "white label": _set(Agency, white_label=True),
}
QUERIES = ("month=2026-10", "month=2026-11", "week=2026-W42", "day=2026-10-14", "month=2026-10&brand=marque",
           "month=2026-10&clock=mine", "month=2026-10&state=draft", "month=2026-10&brand=marque&q=Autre")  # fmt: skip
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([*CONTENTS, *CONTENTS, *BEYOND]), st.integers(0, 2)),
        st.tuples(st.sampled_from(QUERIES), st.sampled_from(["cm", "rp", "client_approver", "owner"]), st.booleans()),
    ),
    min_size=4,
    max_size=16,
)


class Pair:
    """The application as it is, and one that keeps nothing and stands alone; both are asked the same."""

    def __init__(self, desk: Desk, alone: Flask) -> None:
        self.desk, self.woken, self._alone = desk, 0, alone
        self._clients: dict[str, tuple[FlaskClient, FlaskClient]] = {}

    def compare(self, query: str, role: str = "cm", **more: object) -> TestResponse:
        """Return what the application answers, which is what the other one answers too."""
        if role not in self._clients:
            alone = Desk(self._alone, self.desk.runtime, self.desk.world)
            self._clients[role] = self.desk.browser(role), alone.browser(role)
        here, there = self._clients[role]
        with request_started.connected_to(self._count, self.desk.app):
            answer = self.desk.read(here, query, **more)
        months.init_app(self._alone)
        expected = self.desk.read(there, query, **more)
        assert (answer.status_code, _said(answer)) == (expected.status_code, _said(expected))
        assert _headers(answer) == _headers(expected)
        return answer

    def _count(self, *_about: object, **_more: object) -> None:
        self.woken += 1


def _said(answer: TestResponse) -> str:
    """Return a page without the proofs in it, which are signed anew by each application."""
    return re.sub(r"\bInRoZS1zYW1l[\w.-]+", "", answer.text)


def _headers(answer: TestResponse) -> list[tuple[str, str]]:
    return sorted((name, value) for name, value in answer.headers if name not in {"Content-Length", "Set-Cookie"})


def _forget(app: Flask) -> None:
    """Let go of what stands in months, and of pages as they were sent; not of frames, and of who was let in."""
    months.months_of(app)._shelves._kept.clear()
    repeats = app.wsgi_app
    assert isinstance(repeats, Repeats)
    for key in list(repeats._kept):
        repeats._forget(key)


@pytest.fixture(scope="module")
def alone(runtime: Runtime) -> Flask:
    made = create_app(runtime=runtime)
    made.config["WTF_CSRF_ENABLED"] = False
    made.wsgi_app = Flask.wsgi_app.__get__(made)  # type: ignore[method-assign]  # without our layers
    return made


@pytest.fixture
def pair(desk: Desk, alone: Flask) -> Pair:
    return Pair(desk, alone)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_it_is_what_the_application_would_answer(pair: Pair, steps: list[tuple[object, ...]]) -> None:
    contents = pair.desk.write_many([(OCTOBER + timedelta(days=n), f"Contenu {n}") for n in range(3)])
    for step in steps:
        if len(step) == 2:
            name, which = step
            (CONTENTS | BEYOND)[str(name)](pair.desk, contents[int(str(which))])
        else:
            query, role, is_partial = step
            pair.compare(str(query), str(role), headers=PARTIAL if is_partial else {})


PARTS = ({}, PARTIAL, {"Accept-Language": "en"})


@pytest.mark.parametrize("name", [*CONTENTS, *BEYOND])
def test_after_each_change_it_is_made_anew(pair: Pair, name: str) -> None:
    content_id = pair.desk.write(OCTOBER)
    for query, headers in itertools.product(QUERIES[:3], PARTS):
        pair.compare(query, headers=headers)
    CONTENTS["an edit"](pair.desk, content_id)  # since when entries are kept, each by itself
    for query in QUERIES[:3]:
        pair.compare(query)
    (CONTENTS | BEYOND)[name](pair.desk, content_id)
    pair.woken = 0
    for query, headers in itertools.product(QUERIES[:3], PARTS):
        pair.compare(query, headers=headers)
    assert (pair.woken == 0) == (name in CONTENTS or name == "a note")


def test_a_month_that_is_kept_no_longer_is_read_whole_and_wakes_nobody(
    pair: Pair, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    pair.desk.write_many(spread(60, datetime(2026, 10, 1, 8, 0)))
    pages = [f"month=2026-{number:02}" for number in (10, 11)]
    for page in pages:
        pair.compare(page)
    pair.woken, client = 0, pair._clients["cm"][0]
    _forget(pair.desk.app)
    with statements() as sent:
        pair.desk.read(client, pages[0])
    assert len(sent) == 3  # who comes, whether the agency stands as it stood, and all that stands in the month
    pair.compare(pages[1])
    assert pair.woken == 0


ENDS: dict[str, Callable[[Desk], object]] = {
    "revoked": lambda desk: _of_identity(desk, SignIn, revoked_at=datetime.now(UTC)),
    "over": lambda desk: _of_identity(desk, SignIn, expires_at=datetime.now(UTC)),
    "disabled": lambda desk: _of_identity(desk, Identity, disabled_at=datetime.now(UTC)),
    "removed": lambda desk: _set(Membership, removed_at=datetime.now(UTC))(desk, uuid.uuid4()),
    "archived": lambda desk: _set(Brand, archived_at=datetime.now(UTC))(desk, uuid.uuid4()),
    "out of the brand": lambda desk: _sql("delete from app.brand_assignments")(desk, uuid.uuid4()),
}


def _of_identity(desk: Desk, table: type[Identity] | type[SignIn], **values: object) -> None:
    column = Identity.id if table is Identity else SignIn.identity_id
    with desk.runtime.database.everywhere() as session:
        session.execute(update(table).where(column == desk.world.people["cm"].identity_id).values(**values))


@pytest.mark.parametrize("name", ENDS)
def test_what_is_taken_ends_with_the_next_request_for_another_month(desk: Desk, name: str) -> None:
    desk.write(OCTOBER, "Discret")
    client = desk.browser()
    for query in ("month=2026-10", "month=2026-11"):
        desk.read(client, query)
    _forget(desk.app)
    ENDS[name](desk)
    assert "Discret" not in desk.read(client, "week=2026-W42").text
    assert "Discret" not in desk.read(client, "month=2026-10").text


def test_a_brand_that_is_not_theirs_is_left_to_the_application(pair: Pair) -> None:
    pair.compare("month=2026-10")
    for query in ("month=2026-10&brand=autre", "month=2026-99", "month=2026-10&brand=sœur", "month=&week="):
        pair.compare(query)
    assert pair.woken == 5


def test_it_is_held_by_the_browser(desk: Desk) -> None:
    content_id = desk.write(OCTOBER, "Le premier")
    client = desk.browser()
    held = {"If-None-Match": desk.read(client).headers["ETag"]}
    _sql("update app.contents set title = title where id = :id")(desk, content_id)
    assert desk.read(client, headers=held).status_code == 200  # another version, which its entry names
    CONTENTS["one of another brand"](desk, content_id)
    held = {"If-None-Match": desk.read(client).headers["ETag"]}
    _forget(desk.app)
    told = desk.read(client, headers=held)
    assert (told.status_code, told.data) == (304, b"")
    assert "Content-Type" not in told.headers


def test_it_is_made_over_new_connections(pair: Pair) -> None:
    content_id = pair.desk.write(OCTOBER)
    pair.compare("month=2026-10")
    CONTENTS["an edit"](pair.desk, content_id)
    pair.desk.runtime.database.engine.dispose()  # as after a restart of the server: every connection is a new one
    pair.woken = 0
    pair.compare("month=2026-10")
    assert pair.woken == 0
