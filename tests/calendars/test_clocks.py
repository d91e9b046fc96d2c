# ruff: noqa: DTZ001 - wall times are naive by definition
"""On whose clock the calendar is: each brand's, or the reader's own, and always both in words."""

import re
import uuid
from datetime import datetime, time, timedelta
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update
from support.desk import Desk, today
from support.topics import at
from support.world import World

from tenants.brands import Brand
from tenants.identities import Identity
from unisson.runtime import Runtime
from unisson.strategy.rhythm import set_beats

NEXT = today().year + 1
LATE = datetime(NEXT, 7, 14, 23, 30)
"""In Paris; in New York it is half past five in the afternoon, in Nouméa half past eight of the next day."""


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def lives_in(desk: Desk, zone: str | None, role: str = "cm") -> None:
    with desk.runtime.database.everywhere() as session:
        person = desk.world.people[role].identity_id
        session.execute(update(Identity).where(Identity.id == person).values(timezone=zone))


def month(desk: Desk, query: str = "", role: str = "cm") -> str:
    answer = desk.get(role, f"/calendar?month={NEXT}-07&{query}")
    assert answer.status_code == 200
    return answer.text


def entry(html: str, title: str) -> tuple[str, str]:
    """Return the day on which an entry stands, and its markup."""
    found = re.search(rf'<a class="entry"(?:(?!</a>).)*{title}.*?</a>', html, re.DOTALL)
    assert found
    day = re.findall(r'data-date="([0-9-]+)"', html[: found.start()])[-1]
    return day, found[0]


def words(markup: str) -> str:
    """Return what somebody hears who has the page read to them."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def test_on_the_brand_s_clock_the_reader_s_own_is_said_beside_it(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "America/New_York")
    day, markup = entry(month(desk), "T-late")
    assert day == f"{NEXT}-07-14"
    assert 'title="23:30 Paris, 17:30 New York"' in markup
    assert "23:30 , 17:30 New York" in words(markup)
    assert "data-movable" in markup


def test_on_one_s_own_clock_an_entry_stands_on_one_s_own_day_and_is_not_moved(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "Pacific/Noumea")
    html = month(desk, "clock=mine")
    day, markup = entry(html, "T-late")
    assert day == f"{NEXT}-07-15"
    assert 'title="08:30 Noumea, ' in markup
    assert "23:30 Paris" in words(markup)
    assert "data-movable" not in html
    assert "can’t be moved on your own clock: go back to its brand’s." in html
    assert "Times are on your own clock: Noumea" in html


def test_a_day_that_differs_is_named(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "Pacific/Noumea")
    weekday = (LATE + timedelta(days=1)).strftime("%a")
    assert f"{weekday} 08:30 Noumea" in words(entry(month(desk), "T-late")[1])


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_nothing_is_said_twice_where_the_clocks_are_one(desk: Desk, zone: str | None) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, zone)
    for query in ("", "clock=mine"):
        day, markup = entry(month(desk, query), "T-late")
        assert day == f"{NEXT}-07-14"
        assert "title=" not in markup
    assert "On my clock" not in month(desk)


def test_the_switch_leads_there_and_back_with_all_that_is_set(desk: Desk) -> None:
    lives_in(desk, "America/New_York")
    path = f"/calendar?month={NEXT}-07&brand={desk.world.brand_slug}&state=draft"
    for _time in range(2):
        page = desk.get("cm", path).text
        link = re.search(r'id="month-clock" href="([^"]*)"', page)
        assert link
        switched = unescape(link[1]).removeprefix(f"/{desk.world.slug}")
        assert {"state=draft", f"brand={desk.world.brand_slug}", f"month={NEXT}-07"} <= set(
            switched.partition("?")[2].split("&")
        )
        assert ("clock=mine" in switched) is ("clock=mine" not in path)
        path = switched
    mine = desk.get("cm", f"/calendar?month={NEXT}-07&clock=mine").text
    for target in (f"month={NEXT}-06", f"month={NEXT}-08", "week=", "/list?", "/board?", "/filters?", "/views?"):
        assert re.search(rf'href="[^"]*{re.escape(target)}[^"]*clock=mine', mine), target


def test_two_persons_who_see_alike_each_have_their_own_clock(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "America/New_York", "owner")
    lives_in(desk, "Asia/Tokyo", "admin")
    first = entry(month(desk, "clock=mine", "owner"), "T-late")[1]
    assert "17:30" in first
    assert "06:30" in entry(month(desk, "clock=mine", "admin"), "T-late")[1]
    assert "17:30" in entry(month(desk, "clock=mine", "owner"), "T-late")[1]


def test_a_zone_that_changes_is_another_page(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "America/New_York")
    path = f"/calendar?month={NEXT}-07"
    held = {"If-None-Match": desk.get("cm", path).headers["ETag"]}
    assert desk.get("cm", path, headers=held).status_code == 304
    lives_in(desk, "Asia/Tokyo")
    again = desk.get("cm", path, headers=held)
    assert again.status_code == 200
    assert "06:30 Tokyo" in again.text


@pytest.mark.parametrize("view", ["list", "board"])
def test_lists_say_both_clocks_too(desk: Desk, view: str) -> None:
    desk.write(title="T-late", wall_time=at(3, hour=23))
    lives_in(desk, "America/New_York")
    page = desk.get("cm", f"/calendar/{view}?").text
    mine = desk.get("cm", f"/calendar/{view}?clock=mine").text
    assert re.search(r'<time [^>]*title="[^"]*23:00 Paris, [^"]*New York"', page)
    assert re.search(r'<time [^>]*title="[^"]*New York, [^"]*23:00 Paris"', mine)
    assert "On my clock (New York)" in page
    link = re.search(r'id="month-clock" href="([^"]*)"', mine)
    assert link
    assert "clock" not in link[1]


def test_a_view_keeps_the_clock(desk: Desk) -> None:
    lives_in(desk, "America/New_York")
    desk.post("cm", "/calendar/views", {"name": "Chez moi", "from": "view=week&clock=mine"})
    menu = desk.get("cm", "/calendar/views", headers={"HX-Request": "true"}).text
    assert re.search(r'href="[^"]*week=[^"]*clock=mine', menu)


def test_a_free_slot_stands_where_its_reader_s_clock_has_it_and_begins_on_the_brand_s(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(update(Brand).values(country="ZZ"))
        channel: uuid.UUID = desk.world.newsroom_id
        set_beats(session, desk.actor("cm"), desk.world.brand_id, channel, weekdays=[2], clock=time(23, 30))
    lives_in(desk, "Pacific/Noumea")
    html = month(desk, "clock=mine")
    found = re.findall(r'data-date="([0-9-]+)"[^>]*>\s*<a class="day-mark" data-kind="slot" href="([^"]*)"', html)
    assert len(found) >= 4
    for day, path in found:
        wall = re.search(r"date=([0-9T:-]+)", path)
        assert wall
        begins = datetime.fromisoformat(wall[1])
        assert begins.time() == time(23, 30)
        assert day == f"{begins + timedelta(days=1):%Y-%m-%d}"


def test_who_chose_no_zone_is_led_to_where_it_is_chosen(desk: Desk) -> None:
    lives_in(desk, None, "owner")
    assert "Choose my own time zone" not in month(desk, role="owner")
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.sibling_id).values(timezone="Asia/Tokyo"))
    assert re.search(r'<a href="/me">Choose my own time zone', month(desk, role="owner"))


def test_zones_are_text(desk: Desk) -> None:
    desk.write(title="T-late", wall_time=LATE)
    lives_in(desk, "America/Port-au-Prince")
    assert "Port-au-Prince" in entry(month(desk), "T-late")[1]
