# ruff: noqa: DTZ001 - wall times are naive by definition
"""Private feeds: read without signing in, by two parsers; they show what their person may see, and die with that."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy import delete, text, update
from support.calendar import SECURE, Desk, spread
from support.desk import load_actor, today
from support.statements import recorded
from support.world import World

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import Identity
from tenants.members import BrandAssignment, Membership
from unisson.calendars import feed_reading, feeds
from unisson.calendars.feed_pages import READING
from unisson.calendars.feed_reading import Planned
from unisson.calendars.feeds import OpenFeed
from unisson.calendars.ics import written
from unisson.calendars.models import CalendarFeed
from unisson.editorial.models import Content, ContentState
from unisson.runtime import Runtime
from unisson.vault import token_hash
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard

SOON = datetime.combine(today() + timedelta(days=10), datetime.min.time()).replace(hour=18, minute=30)


def made(desk: Desk, role: str = "cm", brand_id: uuid.UUID | None = None, name: str = "Mon agenda") -> str:
    """The token of a new feed of this person."""
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        actor = load_actor(session, desk.world.people[role].membership_id)
        return feeds.make_feed(session, actor, name, brand_id)[1]


def got(desk: Desk, token: str, slug: str | None = None, **more: Any) -> Any:
    """What somebody without any cookie reads at the feed's address."""
    return desk.app.test_client().get(f"/{slug or desk.world.slug}/feeds/{token}.ics", base_url=SECURE, **more)


def events(answer: Any) -> list[Any]:
    assert answer.status_code == 200, answer.status_code
    return list(Calendar.from_ical(answer.data).events)


def titles(answer: Any) -> list[str]:
    return [str(event["SUMMARY"]).partition(" (")[0] for event in events(answer)]


def changed(desk: Desk, statement: Any) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(statement)


def post(desk: Desk, role: str, rest: str, data: dict[str, str] | None = None) -> Any:
    return desk.browser(role).post(f"/{desk.world.slug}/calendar/feeds{rest}", data=data or {}, base_url=SECURE)


def page(desk: Desk, role: str, rest: str = "") -> Any:
    return desk.browser(role).get(f"/{desk.world.slug}/calendar/feeds{rest}?lang=en", base_url=SECURE)


def test_an_event_says_when_what_and_where_it_stands(desk: Desk) -> None:
    content_id = desk.write(
        SOON, "Le lancement", state=ContentState.SCHEDULED, body="Sous embargo.", kind="press_release",
        channel_kinds="newsroom email",
    )  # fmt: skip
    answer = got(desk, made(desk))
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "Set-Cookie" not in answer.headers
    (event,) = events(answer)
    there = SOON.replace(tzinfo=ZoneInfo("Europe/Paris"))
    assert event.start == there
    assert str(event["DTSTART"].to_ical(), "ascii").endswith("Z")
    assert event.end - event.start == timedelta(minutes=15)
    assert event["UID"] == str(content_id)
    assert event["URL"] == f"http://localhost/{desk.world.slug}/contents/{content_id}"
    assert event["SUMMARY"] == "Marque · Le lancement (Programmé)"
    assert (event["STATUS"], event["TRANSP"], event["CLASS"]) == ("CONFIRMED", "TRANSPARENT", "PRIVATE")
    assert abs(event.stamp - utcnow()) < timedelta(minutes=5)
    told = event["DESCRIPTION"]
    assert "Communiqué" in told
    assert "18\u00a0h\u00a030" in told
    assert "Paris" in told
    assert "embargo" not in answer.text


def test_an_independent_parser_reads_the_same(desk: Desk) -> None:
    for number, title in enumerate(("Virgule, point-virgule ; barre \\ fin", "Ligne\nsuivante", "É" * 200, "😀 fête")):
        desk.write(
            SOON + timedelta(hours=number), title, state=ContentState.PUBLISHED, live_url="https://ici.example/1"
        )
    answer = got(desk, made(desk, brand_id=desk.world.brand_id))
    ours, theirs = events(answer), list(vobject.readOne(answer.data.decode()).vevent_list)
    assert len(ours) == len(theirs) == 4
    for one, other in zip(ours, theirs, strict=True):
        assert one["SUMMARY"] == other.summary.value
        assert one["DESCRIPTION"] == other.description.value
        assert one["UID"] == other.uid.value
        assert one.start == other.dtstart.value
        assert one.end == other.dtend.value
        assert str(one["SEQUENCE"]) == other.sequence.value
        assert one.stamp == other.dtstamp.value
    assert "É" * 200 in ours[2]["SUMMARY"]
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    assert b"\n" not in answer.data.replace(b"\r\n", b"")


TYPED = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


def _is_written(typed: str) -> bool:
    """Whether icalendar writes it as it is: of a backslash before a capital N it makes an end of line."""
    return "\\N" not in typed


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(TYPED, max_size=300).filter(_is_written),
    name=st.text(TYPED, min_size=1, max_size=100).filter(_is_written),
    at=st.datetimes(datetime(2026, 1, 1), datetime(2038, 1, 1), timezones=st.just(UTC)),
)
def test_whatever_is_typed_two_parsers_read_it_alike(app: Flask, title: str, name: str, at: datetime) -> None:
    card = BrandCard(uuid.uuid4(), "marque", name, "ocean", "Europe/Paris", "fr", "food")
    feed = CalendarFeed(id=uuid.uuid4(), name=name, brand_id=card.id)
    content = Planned(uuid.uuid4(), card.id, at, title, "scheduled", "post", "email", f"https://{title}", 3)
    with app.test_request_context("/?lang=en", base_url=SECURE):
        made_of = written(OpenFeed(feed, None, "en", [card]), [content], "https://ici.example/agence")
    (ours,) = Calendar.from_ical(made_of).events
    (theirs,) = vobject.readOne(made_of.decode()).vevent_list
    assert str(ours["SUMMARY"]) == theirs.summary.value == f"{one_line(title) or 'Post'} (Scheduled)"
    assert str(ours["DESCRIPTION"]) == theirs.description.value
    assert ours.start == theirs.dtstart.value == at.replace(microsecond=0)
    assert str(content.id) == ours["UID"] == theirs.uid.value


@pytest.mark.parametrize("title", ["Un\rBEGIN:VEVENT", "Un\r\nEND:VCALENDAR", "Un\nX-LEURS:1", "Un\u2028ATTACH:x"])
def test_nothing_that_was_typed_begins_a_line(desk: Desk, title: str) -> None:
    desk.write(SOON, title, live_url=title)
    answer = got(desk, made(desk, name=title))
    assert len(events(answer)) == 1
    assert not re.search(rb"[\r\n](X-LEURS|ATTACH)", answer.data)
    assert answer.data.count(b"\nBEGIN:VEVENT") == 1
    assert answer.data.count(b"\nEND:VCALENDAR") == 1


def test_the_calendar_has_a_name_and_says_when_to_come_again(desk: Desk) -> None:
    answer = got(desk, made(desk, name="Agenda, de ; Gwenaëlle"))
    calendar = Calendar.from_ical(answer.data)
    for name in ("NAME", "X-WR-CALNAME"):
        assert f"\r\n{name}:Agenda\\, de \\; Gwenaëlle\r\n" in answer.text
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in answer.data
    assert b"X-PUBLISHED-TTL:PT1H" in answer.data
    assert len(calendar.subcomponents) == 1  # nothing planned, and still a calendar (RFC 5545, 3.6)


@pytest.mark.parametrize(
    ("wall", "fold", "utc"),
    [
        (datetime(2027, 3, 28, 1, 59), 0, "00:59"),
        (datetime(2027, 3, 28, 3, 0), 0, "01:00"),
        (datetime(2027, 10, 31, 2, 30), 0, "00:30"),
        (datetime(2027, 10, 31, 2, 30), 1, "01:30"),
        (datetime(2027, 10, 31, 3, 0), 0, "02:00"),
    ],
)
def test_instants_are_right_where_the_clocks_change(desk: Desk, wall: datetime, fold: int, utc: str) -> None:
    desk.write(wall, "Au bord", fold=fold)
    (event,) = events(got(desk, made(desk)))
    assert f"{event.start.astimezone(UTC):%H:%M}" == utc
    assert event.start.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None) == wall


def test_a_brand_elsewhere_keeps_its_own_clock_in_words(desk: Desk) -> None:
    changed(desk, update(Brand).where(Brand.id == desk.world.sibling_id).values(timezone="America/New_York"))
    desk.write(SOON, "Là-bas", zone="America/New_York", brand_id=desk.world.sibling_id)
    (event,) = events(got(desk, made(desk, "owner")))
    assert event.start == SOON.replace(tzinfo=ZoneInfo("America/New_York"))
    assert "New York" in event["DESCRIPTION"]


def test_sequence_grows_with_the_content_and_the_uid_stays(desk: Desk) -> None:
    content_id, token = desk.write(SOON, "Avant"), made(desk)
    (before,) = events(got(desk, token))
    changed(desk, update(Content).where(Content.id == content_id).values(title="Après"))
    (after,) = events(got(desk, token))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert "Après" in after["SUMMARY"]


def test_a_cancelled_content_leaves(desk: Desk) -> None:
    content_id, token = desk.write(SOON, "Annulé bientôt", state=ContentState.SCHEDULED), made(desk)
    assert titles(got(desk, token)) == ["Marque · Annulé bientôt"]
    changed(desk, update(Content).where(Content.id == content_id).values(state="cancelled"))
    assert titles(got(desk, token)) == []


def test_the_same_is_not_sent_twice(desk: Desk) -> None:
    content_id, token = desk.write(SOON, "Une fois"), made(desk)
    tag = got(desk, token).headers["ETag"]
    again = got(desk, token, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == "private, no-cache"
    changed(desk, update(Content).where(Content.id == content_id).values(title="Deux fois"))
    fresh = got(desk, token, headers={"If-None-Match": tag})
    assert fresh.status_code == 200
    assert fresh.headers["ETag"] != tag
    changed(desk, update(Brand).where(Brand.id == desk.world.brand_id).values(name="Rebaptisée"))
    assert got(desk, token, headers={"If-None-Match": fresh.headers["ETag"]}).status_code == 200


def test_a_feed_shows_what_its_person_sees_and_no_more(desk: Desk) -> None:
    for state in ContentState:
        desk.write(SOON, state.value, state=state)
    desk.write(SOON, "ailleurs", state=ContentState.SCHEDULED, brand_id=desk.world.sibling_id)
    desk.write(None, "sans date")
    writers = set(ContentState) - {ContentState.CANCELLED}
    assert set(titles(got(desk, made(desk, "rp", desk.world.brand_id)))) == {s.value for s in writers}
    clients = writers - {ContentState.DRAFT, ContentState.CHANGES_REQUESTED}
    for role in ("client_approver", "client_contact", "legal"):
        assert set(titles(got(desk, made(desk, role, desk.world.brand_id)))) == {s.value for s in clients}
    assert "Autre marque · ailleurs" in titles(got(desk, made(desk, "owner")))
    assert titles(got(desk, made(desk, "owner", desk.world.sibling_id))) == ["ailleurs"]
    assert titles(got(desk, made(desk, "expert"))) == []


def test_without_a_title_the_kind_stands_there_and_never_the_text(desk: Desk) -> None:
    desk.write(SOON, "", body="Sous embargo jusqu’à lundi.")
    answer = got(desk, made(desk, brand_id=desk.world.brand_id))
    assert titles(answer) == ["Post"]
    assert "embargo" not in answer.text


def test_a_role_that_is_taken_away_empties_the_feed(desk: Desk) -> None:
    desk.write(SOON, "Le lancement", state=ContentState.SCHEDULED)
    one, all_brands = made(desk, "cm", desk.world.brand_id), made(desk, "cm")
    assert len(events(got(desk, one))) == len(events(got(desk, all_brands))) == 1
    tag = got(desk, one).headers["ETag"]
    person = desk.world.people["cm"].membership_id
    changed(desk, update(BrandAssignment).where(BrandAssignment.membership_id == person).values(role="client_contact"))
    desk.write(SOON, "Un brouillon")
    assert titles(got(desk, one)) == ["Le lancement"]
    changed(desk, delete(BrandAssignment).where(BrandAssignment.membership_id == person))
    for token in (one, all_brands):
        assert events(got(desk, token)) == []
        assert "Marque" not in got(desk, token).text
    assert got(desk, one, headers={"If-None-Match": tag}).status_code == 200


def test_an_archived_brand_empties_its_feed(desk: Desk) -> None:
    desk.write(SOON, "Le lancement")
    token = made(desk, "owner", desk.world.brand_id)
    changed(desk, update(Brand).where(Brand.id == desk.world.brand_id).values(archived_at=utcnow()))
    assert events(got(desk, token)) == []


def _removed(desk: Desk, role: str) -> None:
    person = desk.world.people[role].membership_id
    changed(desk, update(Membership).where(Membership.id == person).values(removed_at=utcnow()))


def _disabled(desk: Desk, role: str) -> None:
    with desk.runtime.database.everywhere() as session:
        person = desk.world.people[role].identity_id
        session.execute(update(Identity).where(Identity.id == person).values(disabled_at=utcnow()))


@pytest.mark.parametrize("gone", [_removed, _disabled])
def test_who_is_gone_has_no_feed(desk: Desk, gone: Callable[[Desk, str], None]) -> None:
    token = made(desk, "rp")
    tag = got(desk, token).headers["ETag"]
    gone(desk, "rp")
    for headers in ({}, {"If-None-Match": tag}):
        answer = got(desk, token, headers=headers)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_who_comes_back_makes_a_new_feed(desk: Desk) -> None:
    token = made(desk, "rp")
    _removed(desk, "rp")
    back = {"removed_at": None, "joined_at": utcnow() + timedelta(seconds=1)}
    changed(desk, update(Membership).where(Membership.id == desk.world.people["rp"].membership_id).values(**back))
    assert got(desk, token).status_code == 404


def test_an_address_of_nothing_and_one_of_elsewhere_open_nothing(
    desk: Desk, app: Flask, runtime: Runtime, new_world: Callable[..., World]
) -> None:
    other = Desk(app, runtime, new_world())
    token = made(other, "owner")
    assert got(other, token).status_code == 200
    assert got(desk, token).status_code == 404
    for nothing in ("x", "x" * 43, "x" * 3000, "%00", "%ff", token.lower()):
        assert got(other, nothing).status_code in {400, 404}
    assert other.browser("owner").get(f"/{desk.world.slug}/feeds/{token}.ics", base_url=SECURE).status_code == 404


def test_only_the_hash_of_a_token_is_kept(desk: Desk) -> None:
    token = made(desk)
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        row = session.execute(text("select t::text as whole, token_hash from app.calendar_feeds t")).one()
    assert token not in row.whole
    assert bytes(row.token_hash) == token_hash(token)


def test_a_person_makes_a_feed_sees_its_address_once_and_revokes_it(desk: Desk) -> None:
    assert "No feed yet" in page(desk, "client_contact").text
    form = page(desk, "client_contact", "/new").text
    assert "Autre marque" not in form
    data = {"name": "Mon agenda", "brand": "marque", "operation_id": str(uuid.uuid4())}
    answer = post(desk, "client_contact", "/new", data)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    (address,) = re.findall(r'value="(http://localhost/[^"]+\.ics)"', answer.text)
    assert f'href="webcal://{address.removeprefix("http://")}"' in answer.text
    token = address.rpartition("/")[2].removesuffix(".ics")
    assert got(desk, token).status_code == 200
    assert post(desk, "client_contact", "/new", data).location == f"/{desk.world.slug}/calendar/feeds"
    listed = page(desk, "client_contact").text
    assert token not in listed
    assert listed.count("/revocation") == 1
    assert "Mon agenda" in listed
    assert "Mon agenda" not in page(desk, "cm").text
    (path,) = re.findall(r'action="/[^/]+/calendar/feeds(/[^"]+/revocation)"', listed)
    assert post(desk, "owner", path).status_code == 404
    assert got(desk, token).status_code == 200
    assert post(desk, "client_contact", path).status_code == 303
    assert got(desk, token).status_code == 404
    assert post(desk, "client_contact", path).status_code == 303
    assert "/revocation" not in page(desk, "client_contact").text


@pytest.mark.parametrize(
    ("data", "field", "kept"),
    [
        ({"name": "  ", "brand": "marque"}, "name", '<option selected value="marque">'),
        ({"name": "x" * 101, "brand": ""}, "name", "x" * 101),
        ({"name": "Gardé", "brand": "autre"}, "brand", 'value="Gardé"'),
        ({"name": "Gardé", "brand": "no-such\x00"}, "brand", 'value="Gardé"'),
        ({}, "name", ""),
    ],
)
def test_what_cannot_be_made_is_said_on_the_form_with_what_was_typed(
    desk: Desk, data: dict[str, str], field: str, kept: str
) -> None:
    answer = post(desk, "cm", "/new", data)
    assert answer.status_code == 422
    if "\x00" not in data.get("brand", ""):
        assert f'id="{field}-error"' in answer.text
        assert kept in answer.text


def test_who_sees_no_calendar_makes_no_feed(desk: Desk) -> None:
    assert page(desk, "expert").status_code == 403
    assert post(desk, "expert", "/new", {"name": "x", "brand": ""}).status_code == 403
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        actor = load_actor(session, desk.world.people["cm"].membership_id)
        with pytest.raises(NotFoundError):
            feeds.make_feed(session, actor, "x", desk.world.sibling_id)


def test_there_is_an_end_to_feeds(desk: Desk) -> None:
    for _each in range(feeds.MOST_FEEDS):
        made(desk)
    with pytest.raises(RefusedError):
        made(desk)
    assert post(desk, "cm", "/new", {"name": "Un de trop", "brand": ""}).status_code == 422
    made(desk, "rp")


def test_reading_is_noted_once_an_hour(desk: Desk) -> None:
    token = made(desk)
    assert "never" in page(desk, "cm").text
    got(desk, token)
    with recorded(desk.runtime) as seen:
        got(desk, token)
    assert not any("update" in statement.lower().split()[:1] for statement in seen)
    assert "never" not in page(desk, "cm").text
    changed(desk, update(CalendarFeed).values(read_at=utcnow() - timedelta(hours=2)))
    with recorded(desk.runtime) as seen:
        got(desk, token)
    assert any("update" in statement.lower().split()[:1] for statement in seen)


def test_a_program_that_comes_too_often_is_told_when_to_come_again(desk: Desk) -> None:
    token, other = made(desk), made(desk)
    assert READING.by_account is not None
    for _each in range(READING.by_account.amount):
        got(desk, token, environ_base={"REMOTE_ADDR": "192.0.2.61"})
    refused = got(desk, token, environ_base={"REMOTE_ADDR": "192.0.2.62"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert got(desk, other, environ_base={"REMOTE_ADDR": "192.0.2.61"}).status_code == 200


def test_two_hundred_contents_take_as_many_queries_as_one(desk: Desk) -> None:
    token = made(desk)
    desk.write(SOON, "Le premier")
    got(desk, token)
    with recorded(desk.runtime) as few:
        assert len(events(got(desk, token))) == 1
    desk.write_many(spread(200, SOON))
    with recorded(desk.runtime) as many:
        assert len(events(got(desk, token))) == 201
    assert len(many) == len(few) <= 8


def test_only_a_month_behind_and_a_year_ahead_stand_in_it(desk: Desk) -> None:
    for days in (-40, -20, 300, 400):
        desk.write(SOON - timedelta(days=10) + timedelta(days=days), str(days))
    assert titles(got(desk, made(desk, brand_id=desk.world.brand_id))) == ["-20", "300"]
    desk.write_many(spread(feed_reading.MOST_EVENTS + 1, SOON))
    *shown, last = titles(got(desk, made(desk)))
    assert len(shown) == feed_reading.MOST_EVENTS
    assert re.search("2.?000", last)  # it says that there are more


def test_a_feed_speaks_its_person_s_language(desk: Desk) -> None:
    desk.write(SOON, "Le lancement")
    token = made(desk)
    assert "Brouillon" in got(desk, token, headers={"Accept-Language": "en"}).text
    with desk.runtime.database.everywhere() as session:
        person = desk.world.people["cm"].identity_id
        session.execute(update(Identity).where(Identity.id == person).values(language="en"))
    assert "Draft" in got(desk, token, headers={"Accept-Language": "fr"}).text


def test_the_calendar_s_menu_leads_to_the_feeds(desk: Desk) -> None:
    assert f'href="/{desk.world.slug}/calendar/feeds"' in desk.open("client_contact").text
