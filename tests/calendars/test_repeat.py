# ruff: noqa: DTZ001 - wall times are naive by definition
"""A page that did not change is not sent again; one that did always is."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask, request_started
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from support.calendar import SECURE, Desk

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.errors import MissingAgencyError
from tenants.identities import Identity, SignIn
from tenants.members import BrandAssignment, Membership
from unisson.calendars.months import months_of
from unisson.calendars.shelves import Shelf
from unisson.editorial.models import Content, ContentState
from unisson.notifications.models import Notice
from unisson.web.fragments import Fragments
from unisson.web.repeats import _MOST_BYTES, Repeats, _Page

OCTOBER = datetime(2026, 10, 14, 18, 30)
Change = Callable[[Desk, FlaskClient, uuid.UUID], object]


def _set(desk: Desk, table: type, **values: object) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(table).values(**values))


def _edit(desk: Desk, content_id: uuid.UUID, **values: object) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Content).where(Content.id == content_id).values(**values))


def _rename_person(desk: Desk) -> None:
    with desk.runtime.database.everywhere() as session:
        session.execute(
            update(Identity).where(Identity.id == desk.world.people["cm"].identity_id).values(name="Autre nom")
        )


def _globally(desk: Desk, table: type[Identity] | type[SignIn], **values: object) -> None:
    column = Identity.id if table is Identity else SignIn.identity_id
    with desk.runtime.database.everywhere() as session:
        session.execute(update(table).where(column == desk.world.people["cm"].identity_id).values(**values))


def _drop_role(desk: Desk) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        membership_id = desk.world.people["cm"].membership_id
        session.execute(
            update(BrandAssignment).where(BrandAssignment.membership_id == membership_id).values(role="client_contact")
        )


def _flash(client: FlaskClient) -> None:
    with client.session_transaction(base_url=SECURE) as cookie:
        cookie["_flashes"] = [("success", "Enregistré")]


def _csrf(client: FlaskClient) -> None:
    with client.session_transaction(base_url=SECURE) as cookie:
        cookie["csrf_token"] = "another"


def _notify(desk: Desk) -> None:
    who = desk.world.people["cm"].membership_id
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.add(Notice(membership_id=who, event="stopped", kind="missed", about={}))


def _onboard(desk: Desk, client: FlaskClient) -> None:
    with client.session_transaction(base_url=SECURE) as cookie:
        cookie["onboarding"] = f"{desk.world.slug}/{desk.world.brand_slug}"


def _swap(desk: Desk, content_id: uuid.UUID) -> None:
    """One leaves the month and another comes: the count stays the same."""
    _edit(desk, content_id, scheduled_at=datetime(2027, 3, 1, 8, tzinfo=UTC), wall_time=datetime(2027, 3, 1, 9))
    desk.write(OCTOBER, "Un contenu")


CHANGES: dict[str, Change] = {
    "an edit": lambda desk, _c, content: _edit(desk, content, title="Autre titre"),
    "a state": lambda desk, _c, content: _edit(desk, content, state="cancelled"),
    "a write that changes nothing": lambda desk, _c, content: _edit(desk, content, body=""),
    "a new content": lambda desk, _c, _content: desk.write(OCTOBER, "Nouveau"),
    "a new draft without date": lambda desk, _c, _content: desk.write(None, "Nouveau"),
    "one out, one in": lambda desk, _c, content: _swap(desk, content),
    "a move out": lambda desk, _c, content: _edit(
        desk, content, scheduled_at=datetime(2027, 3, 1, 8, tzinfo=UTC), wall_time=datetime(2027, 3, 1, 9)
    ),
    "a date taken away": lambda desk, _c, content: _edit(desk, content, scheduled_at=None, wall_time=None),
    "a brand's name": lambda desk, _c, _content: _set(desk, Brand, name="Nouveau nom"),
    "a brand's accent": lambda desk, _c, _content: _set(desk, Brand, accent="plum"),
    "a brand's zone": lambda desk, _c, _content: _set(desk, Brand, timezone="Asia/Tokyo"),
    "the agency's name": lambda desk, _c, _content: _set(desk, Agency, name="Nouveau nom"),
    "the person's name": lambda desk, _c, _content: _rename_person(desk),
    "the member's name": lambda desk, _c, _content: _set(desk, Membership, name="Nouveau nom"),
    "the person's role": lambda desk, _c, _content: _drop_role(desk),
    "another session": lambda _d, client, _content: _csrf(client),
    "a message that waits": lambda _d, client, _content: _flash(client),
    "an address that is to be confirmed": lambda desk, _c, _content: _globally(desk, Identity, email_verified_at=None),
    "a notice": lambda desk, _c, _content: _notify(desk),
    "a checklist that is gone through": lambda desk, client, _content: _onboard(desk, client),
    "the theme": lambda _d, client, _content: client.set_cookie("theme", "dark", secure=True),
}


HOLDS = {"the browser holds it": True, "the browser does not": False}
"""Whether a repeat says which page it holds, and is told that, or does not, and is sent the bytes of before."""


@pytest.mark.parametrize("holds", HOLDS.values(), ids=HOLDS)
@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_seen(desk: Desk, name: str, holds: bool) -> None:
    content_id = desk.write(OCTOBER)
    client = desk.browser()
    held = desk.read(client).headers["ETag"]
    headers = {"If-None-Match": held} if holds else {}
    for _time in range(2):  # the second is answered before the application
        assert desk.read(client, headers=headers).status_code == (304 if holds else 200)
    CHANGES[name](desk, client, content_id)
    answer = desk.read(client, headers=headers)
    assert answer.status_code == 200
    assert answer.headers.get("ETag") != held


ENDS: dict[str, Callable[[Desk], object]] = {
    "the sign-in is revoked": lambda desk: _globally(desk, SignIn, revoked_at=datetime.now(UTC)),
    "the sign-in is over": lambda desk: _globally(desk, SignIn, expires_at=datetime.now(UTC)),
    "the browser idled for a day": lambda desk: _globally(
        desk, SignIn, last_seen_at=datetime.now(UTC) - timedelta(hours=25)
    ),
    "the person is disabled": lambda desk: _globally(desk, Identity, disabled_at=datetime.now(UTC)),
    "the member is removed": lambda desk: _set(desk, Membership, removed_at=datetime.now(UTC)),
    "the brand is archived": lambda desk: _set(desk, Brand, archived_at=datetime.now(UTC)),
}


@pytest.mark.parametrize("holds", HOLDS.values(), ids=HOLDS)
@pytest.mark.parametrize("name", ENDS)
def test_what_is_taken_ends_with_the_next_repeat(desk: Desk, name: str, holds: bool) -> None:
    desk.write(OCTOBER, "Discret")
    client = desk.browser()
    tag = desk.read(client).headers["ETag"]
    held = {"If-None-Match": tag} if holds else {}
    assert desk.read(client, headers=held).status_code == (304 if holds else 200)
    ENDS[name](desk)
    answer = desk.read(client, headers=held)
    assert answer.status_code != 304
    assert "Discret" not in answer.text


def test_a_repeat_does_not_wake_the_application(app: Flask, desk: Desk) -> None:
    desk.write(OCTOBER)
    client, woken = desk.browser(), []
    first = desk.read(client)
    held = {"If-None-Match": first.headers["ETag"]}
    with request_started.connected_to(lambda *_about, **_more: woken.append(1), app):
        again = desk.read(client, headers=held)
        assert (again.status_code, len(woken)) == (304, 0)
        said = {(name, value) for name, value in first.headers if name in {"ETag", "Cache-Control", "Vary"}}
        assert set(again.headers) == said
        for changed in ({"Accept-Language": "en"}, {"HX-Request": "true"}, {"Host": "elsewhere.example"}):
            desk.read(client, headers=held | changed)
        desk.read(client, "month=2026-11", headers=held)
        desk.read(desk.browser("rp"), headers=held)
        assert len(woken) == 5


def test_the_bytes_of_before_are_sent_without_waking_the_application(app: Flask, desk: Desk) -> None:
    desk.write(OCTOBER, "Discret")
    client, woken = desk.browser(), []
    for packed in ({}, {"Accept-Encoding": "gzip"}):
        first = desk.read(client, headers=packed)
        with request_started.connected_to(lambda *_about, **_more: woken.append(1), app):
            again = desk.read(client, headers=packed)
        assert (again.status_code, again.data, woken) == (200, first.data, [])
        assert dict(again.headers) == dict(first.headers)
        # What the browser did not hold it holds now, and is not sent again.
        held = packed | {"If-None-Match": first.headers["ETag"]}
        told = desk.read(client, headers=held)
        assert (told.status_code, told.data) == (304, b"")
        assert "Content-Encoding" not in told.headers
    assert b"Discret" not in again.data  # it is compressed


def test_as_much_is_kept_as_there_is_room_for(app: Flask, desk: Desk) -> None:
    desk.write(OCTOBER)
    repeats = Repeats(app.wsgi_app, desk.runtime.database)
    for number in range(300):
        page = _Page(desk.world.agency_id, (), lambda: True, f"{number}", [], bytes(40_000))
        repeats._keep((str(number),), page)
        repeats._keep((str(number),), page)
    assert len(repeats._kept) == _MOST_BYTES // 40_000
    assert repeats._size == len(repeats._kept) * 40_000
    assert ("299",) in repeats._kept


def test_somebody_who_reads_on_stays_signed_in(desk: Desk) -> None:
    client = desk.browser()
    held = {"If-None-Match": desk.read(client).headers["ETag"]}
    assert desk.read(client, headers=held).status_code == 304
    before = datetime.now(UTC) - timedelta(minutes=5)
    for _time in range(2):
        _globally(desk, SignIn, last_seen_at=before)
        assert desk.read(client, headers=held).status_code == 304
        with desk.runtime.database.everywhere() as session:
            identity_id = desk.world.people["cm"].identity_id
            seen = session.scalar(select(func.max(SignIn.last_seen_at)).where(SignIn.identity_id == identity_id))
        assert seen is not None
        assert seen > before + timedelta(minutes=4)


def test_a_repeat_works_over_new_connections(desk: Desk) -> None:
    desk.write(OCTOBER)
    client = desk.browser()
    held = {"If-None-Match": desk.read(client).headers["ETag"]}
    assert desk.read(client, headers=held).status_code == 304
    desk.runtime.database.engine.dispose()  # as after a restart of the server: every connection is a new one
    assert desk.read(client, headers=held).status_code == 304


def test_another_day_language_brand_month_or_part_is_another_page(desk: Desk) -> None:
    client = desk.browser("owner")
    queries = ("month=2026-10", "month=2026-11", "month=2026-10&brand=marque", "month=2026-10&lang=en")
    tags = [desk.read(client, query).headers["ETag"] for query in queries]
    tags.append(desk.read(client, headers={"HX-Request": "true"}).headers["ETag"])
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2), tick=False):
        tags.append(desk.read(client).headers["ETag"])
    assert len(set(tags)) == len(tags)


def test_a_repeat_is_short_private_and_reads_no_entries(
    desk: Desk, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    desk.write(OCTOBER, "Discret")
    client = desk.browser()
    first = desk.read(client)
    with statements() as sent:
        again = desk.read(client, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert len(sent) == 2  # the person, and the marks
    assert not any("union all" in statement.lower() for statement in sent)
    for answer in (first, again):
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Cookie" in answer.headers["Vary"]


def test_a_message_is_shown_once_and_never_kept(desk: Desk) -> None:
    client = desk.browser()
    held = desk.read(client).headers["ETag"]
    _flash(client)
    shown = desk.read(client, headers={"If-None-Match": held})
    assert "Enregistré" in shown.text
    assert "ETag" not in shown.headers
    assert "no-store" in shown.headers["Cache-Control"]
    assert desk.read(client, headers={"If-None-Match": held}).status_code == 304


def test_two_persons_hold_different_pages(desk: Desk) -> None:
    held = desk.open("cm").headers["ETag"]
    assert desk.open("rp", headers={"If-None-Match": held}).status_code == 200


def test_a_grid_is_kept_for_its_agency_alone(desk: Desk) -> None:
    kept: Fragments[str] = Fragments("month", 2)
    with pytest.raises(MissingAgencyError):
        kept.get_or_make("x", str)
    with acting_for(uuid.uuid4()):
        assert kept.get_or_make("x", lambda: "one") == "one"
        assert kept.get_or_make("x", lambda: "two") == "one"
    with acting_for(uuid.uuid4()):
        assert kept.get_or_make("x", lambda: "three") == "three"
        kept.get_or_make("y", lambda: "four")
    assert len(kept) == 2


def test_several_pieces_are_taken_at_once_and_what_is_not_known_is_made() -> None:
    kept: Fragments[str] = Fragments("month", 3)
    with acting_for(uuid.uuid4()):
        kept.get_or_make("b", lambda: "kept")
        kept.get_or_make("x", str)
        assert kept.get_or_make_each(["a", "b", "c"], lambda name: f"made {name}") == ["made a", "kept", "made c"]
        assert kept.get("x") is None  # of the three, used longest ago
        assert kept.get("b") == "kept"


def test_persons_of_one_role_share_a_grid_and_clients_have_their_own(app: Flask, desk: Desk) -> None:
    desk.write(OCTOBER, "Brouillon secret")
    assert "Brouillon secret" in desk.open("cm").text
    assert "Brouillon secret" not in desk.open("client_contact").text
    desk.write(OCTOBER, "Programmé", state=ContentState.SCHEDULED)
    assert "Brouillon secret" not in desk.open("client_approver").text


def test_a_change_of_one_content_writes_one_entry(app: Flask, desk: Desk) -> None:
    first = desk.write(OCTOBER, "Le premier")
    desk.write(OCTOBER, "Le second")
    client = desk.browser()
    assert "Le premier" in desk.read(client).text
    assert not [each for each in months_of(app)._shelves._kept.values() if str(first) in _written(each)]
    _edit(desk, first, title="Le premier encore")
    assert "Le premier encore" in desk.read(client).text
    (kept,) = [each for each in months_of(app)._shelves._kept.values() if str(first) in _written(each)]
    before = _written(kept)
    _edit(desk, first, title="Le nouveau")
    page = desk.read(client).text
    assert "Le nouveau" in page
    assert "Le premier" not in page
    assert len(_written(kept)) == len(before) == 2
    assert [name for name, piece in _written(kept).items() if before.get(name) is not piece] == [str(first)]
    _edit(desk, first, scheduled_at=datetime(2027, 3, 1, tzinfo=UTC))
    assert "Le nouveau" not in desk.read(client).text
    assert str(first) not in _written(kept)


def _written(shelf: Shelf) -> dict[str, bytes]:
    """Return the markup of what is kept on a shelf, by content."""
    assert shelf._read
    return {name: markup for _at, name, _version, _day, markup in shelf._read.entries or ()}


def test_what_the_repeat_asked_is_not_asked_again_for_the_page_that_changed(
    desk: Desk, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    first = desk.write(OCTOBER, "Le premier")
    client = desk.browser()
    for _time in range(2):
        desk.read(client)
    _edit(desk, first, title="Le nouveau")
    with statements() as sent:
        page = desk.read(client)
    assert "Le nouveau" in page.text
    assert len(sent) == 3  # the person, the marks, and the one entry
    _drop_role(desk)
    assert desk.read(client).status_code == 200
    assert "Le nouveau" not in desk.read(client).text


def test_what_is_taken_while_a_content_changes_ends_with_the_next_request(desk: Desk) -> None:
    """Who comes is not asked again where a content alone changed: here, more did."""
    first = desk.write(OCTOBER, "Le premier")
    client = desk.browser()
    for _time in range(2):
        desk.read(client)
    _edit(desk, first, title="Le nouveau")
    _drop_role(desk)
    assert "Le nouveau" not in desk.read(client).text
    _edit(desk, first, title="Le troisième")
    _globally(desk, SignIn, revoked_at=datetime.now(UTC))
    assert desk.read(client).status_code == 303
