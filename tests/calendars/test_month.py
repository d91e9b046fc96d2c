# ruff: noqa: DTZ001 - wall times are naive by definition
"""The month: what stands in it, for whom, and on whose clock."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from html import unescape

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update
from support.calendar import Desk, spread
from support.world import World

from tenants.base import utcnow
from tenants.brands import Brand
from unisson.editorial.models import EDITABLE, ContentState
from unisson.runtime import Runtime

OCTOBER = datetime(2026, 10, 14, 18, 30)


def entry_of(html: str, title: str) -> str:
    """Return the markup of the entry called `title`."""
    found = next((a for a in re.findall(r'<a class="entry".*?</a>', html, re.DOTALL) if title in a), None)
    assert found is not None, f"no entry {title}"
    return found


def day_of(html: str, title: str) -> str:
    """Return the day on which the entry called `title` stands."""
    place = html.index(title)
    return re.findall(r'data-date="([0-9-]+)"', html[:place])[-1]


def test_it_shows_a_content_with_its_time_state_and_channel(desk: Desk) -> None:
    content_id = desk.write(OCTOBER, "Le lancement", state=ContentState.SCHEDULED)
    html = desk.open(query="month=2026-10&lang=en").text
    entry = entry_of(html, "Le lancement")
    assert f'href="contents/{content_id}"' in entry
    assert "data-movable" in entry
    assert ">18:30<" in entry
    assert "</svg>Scheduled</span>" in entry  # the word, beside an icon that says nothing more
    assert 'aria-label="Newsroom"' in entry
    assert "data-accent" not in entry  # one brand lends its accent to the whole month
    assert '<div id="month" data-accent="ocean"' in html
    assert day_of(html, "Le lancement") == "2026-10-14"


def test_french_times_are_said_the_french_way(desk: Desk) -> None:
    desk.write(OCTOBER, "Le lancement")
    assert ">18\u00a0h\u00a030<" in entry_of(desk.open(query="month=2026-10&lang=fr").text, "Le lancement")


@pytest.mark.parametrize(
    ("month", "first", "last"),
    [
        ("2026-10", "2026-09-28", "2026-11-01"),
        ("2027-02", "2027-02-01", "2027-02-28"),
        ("2024-02", "2024-01-29", "2024-03-03"),
        ("2026-12", "2026-11-30", "2027-01-03"),
    ],
)
def test_the_grid_is_whole_weeks_from_monday_on(desk: Desk, month: str, first: str, last: str) -> None:
    days = re.findall(r'data-date="([0-9-]+)"', desk.open(query=f"month={month}").text)
    assert (days[0], days[-1]) == (first, last)
    assert len(days) % 7 == 0
    assert date.fromisoformat(first).weekday() == 0


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
@pytest.mark.parametrize(
    "wall",
    [
        datetime(2026, 9, 28, 0, 0), datetime(2026, 10, 1, 0, 0), datetime(2026, 10, 25, 23, 59),
        datetime(2026, 10, 31, 23, 59), datetime(2026, 11, 1, 23, 59),
    ],
)  # fmt: skip
def test_edges_and_clock_changes_keep_their_day(
    app: Flask, runtime: Runtime, new_world: Callable[..., World], zone: str, wall: datetime
) -> None:
    desk = Desk(app, runtime, new_world(zone=zone))
    desk.write(wall, "Au bord", zone=zone)
    assert day_of(desk.open().text, "Au bord") == wall.date().isoformat()


def test_both_passages_of_a_repeated_hour_stand_on_their_day(desk: Desk) -> None:
    for fold in (0, 1):
        desk.write(datetime(2026, 10, 25, 2, 30), f"Passage {fold}", fold=fold)
    html = desk.open().text
    assert html.index("Passage 0") < html.index("Passage 1")
    assert day_of(html, "Passage 1") == "2026-10-25"


def test_what_lies_beyond_the_grid_is_not_shown(desk: Desk) -> None:
    desk.write(datetime(2026, 9, 27, 23, 59), "Trop tôt")
    desk.write(datetime(2026, 11, 2, 0, 0), "Trop tard")
    html = desk.open().text
    assert "Trop tôt" not in html
    assert "Trop tard" not in html


@pytest.mark.parametrize(("now", "shown"), [("2026-10-31T22:30", "2026-10"), ("2026-10-31T23:30", "2026-11")])
def test_the_month_of_today_is_that_of_the_clock_there(desk: Desk, now: str, shown: str) -> None:
    with time_machine.travel(datetime.fromisoformat(now).replace(tzinfo=UTC), tick=False):
        html = desk.open(query="brand=marque&lang=en").text
    assert f"?month={shown}&amp;brand=marque" in html
    assert html.count("data-today") == 1


def test_each_brand_keeps_its_own_clock_and_says_so(desk: Desk) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Brand).where(Brand.id == desk.world.sibling_id).values(timezone="America/New_York"))
    desk.write(datetime(2026, 10, 14, 20, 0), "Ici")
    desk.write(datetime(2026, 10, 14, 20, 0), "Là-bas", zone="America/New_York", brand_id=desk.world.sibling_id)
    html = desk.open("owner", "month=2026-10&lang=en").text
    assert day_of(html, "Là-bas") == "2026-10-14"
    assert 'data-accent="ocean"' in entry_of(html, "Ici")
    assert "20:00 New York" in entry_of(html, "Là-bas")
    assert ">20:00<" in entry_of(html, "Ici")
    assert "Autre marque (New York)" in html


def test_the_brand_chosen_is_the_only_one_shown(desk: Desk) -> None:
    desk.write(OCTOBER, "De la marque")
    desk.write(OCTOBER, "De l’autre", brand_id=desk.world.sibling_id)
    assert "De l’autre" not in desk.open("owner", "month=2026-10&brand=marque").text
    assert "De l’autre" in desk.open("owner").text


def test_another_brand_or_agency_is_never_shown(desk: Desk, new_world: Callable[..., World]) -> None:
    desk.write(OCTOBER, "De l’autre marque", brand_id=desk.world.sibling_id)
    Desk(desk.app, desk.runtime, new_world()).write(OCTOBER, "D’une autre agence")
    assert "De l’autre marque" not in desk.open("cm").text
    for role in ("owner", "cm"):
        assert "D’une autre agence" not in desk.open(role).text
    assert desk.open("cm", "month=2026-10&brand=autre").status_code == 404
    assert desk.open("owner", "month=2026-10&brand=nulle-part").status_code == 404


def test_a_stranger_does_not_learn_that_the_agency_exists(desk: Desk, new_world: Callable[..., World]) -> None:
    stranger = Desk(desk.app, desk.runtime, new_world()).browser("owner")
    assert desk.read(stranger).status_code == 404


@pytest.mark.parametrize("role", ["client_contact", "client_approver"])
def test_a_client_sees_what_was_submitted_and_moves_nothing(desk: Desk, role: str) -> None:
    desk.write(OCTOBER, "Brouillon daté")
    desk.write(None, "Brouillon sans date")
    desk.write(OCTOBER, "À relire", state=ContentState.IN_REVIEW)
    html = desk.open(role, "month=2026-10&lang=en").text
    assert "À relire" in html
    assert "Brouillon" not in html
    assert "data-movable" not in html
    assert "contents/new" not in html


def test_an_expert_has_no_calendar(desk: Desk) -> None:
    assert desk.open("expert").status_code == 403
    assert desk.open("expert", "month=2026-10&brand=marque").status_code == 403


def test_only_what_may_still_change_can_be_moved(desk: Desk) -> None:
    for state in ContentState:
        desk.write(OCTOBER, f"État {state}.", state=state)
    html = desk.open().text
    for state in ContentState:
        movable = "data-movable" in entry_of(html, f"État {state}.")
        assert movable is (state in EDITABLE), state


def test_why_one_can_t_be_moved_is_on_the_page_for_whoever_tries(desk: Desk) -> None:
    html = desk.open(query="month=2026-10&lang=en").text
    (typed,) = re.findall(r'data-month-fixed-value="([^"]*)"', html)
    sentences = json.loads(unescape(typed))
    assert sentences.keys() == set(ContentState) - EDITABLE
    assert all("{title}" in sentence for sentence in sentences.values())
    assert "you read this brand’s calendar" in html


def test_the_tray_holds_drafts_without_a_date(desk: Desk) -> None:
    desk.write(None, "Un jour peut-être")
    html = desk.open(query="month=2026-10&lang=en").text
    assert html.index('id="tray"') < html.index("Un jour peut-être")
    assert "Choose a date: Un jour peut-être" in html


def test_the_tray_is_bounded_and_says_so(desk: Desk) -> None:
    desk.write_many([(None, f"Idée {n:02}.") for n in range(60)])
    html = desk.open(query="month=2026-10&lang=en").text
    assert len(re.findall(r'<span class="entry-title">Idée \d\d\.', html)) == 50
    assert "the 50 newest are shown" in html


def test_a_published_content_links_to_where_it_is_live(desk: Desk) -> None:
    desk.write(OCTOBER, "Dehors", state=ContentState.PUBLISHED, live_url="https://example.org/p/1?a=1&b=2")
    desk.write(OCTOBER, "Piège", state=ContentState.PUBLISHED, live_url="javascript:alert(1)")
    html = desk.open().text
    assert 'href="https://example.org/p/1?a=1&amp;b=2"' in html
    assert "javascript:alert" not in html


def test_titles_are_text_never_markup(desk: Desk) -> None:
    attack = "<script>alert('x')</script>\"' onfocus=\"x"
    desk.write(OCTOBER, attack, state=ContentState.PUBLISHED, live_url='https://example.org/"onfocus="x')
    desk.write(None, attack)
    desk.write(OCTOBER, attack, channel_kinds="<b>")
    html = desk.open().text
    assert "<script>alert" not in html
    assert 'onfocus="x' not in html.replace("&#34;", "").replace("onfocus=&#34;x", "")
    assert "<b>" not in html


def test_a_post_without_a_title_shows_its_first_words(desk: Desk) -> None:
    desk.write(OCTOBER, "", body="Bonjour à tous, voici " + "la suite " * 40)
    assert "Bonjour à tous" in entry_of(desk.open().text, "Bonjour")


def test_an_empty_month_says_what_to_do_next(desk: Desk) -> None:
    html = desk.open(query="month=2026-10&lang=en").text
    assert "Nothing planned" in html
    assert 'href="brands/marque/contents/new"' in html


def test_an_agency_without_brands_is_led_to_its_first(desk: Desk) -> None:
    with desk.runtime.database.agency(desk.world.agency_id) as session:
        session.execute(update(Brand).values(archived_at=utcnow()))
    html = desk.open("owner", "month=2026-10&lang=en").text
    assert "No brand yet" in html
    assert 'href="brands/new"' in html
    assert 'href="brands/new"' not in desk.open("member", "month=2026-10&lang=en").text


@pytest.mark.parametrize(
    "month", ["2026-13", "9999999-01", "9999-01", "0001-01", "2026-1", "x", "2026-10-01", "٢٠٢٦-10"]
)
def test_a_month_that_is_none_is_refused_with_a_sentence(desk: Desk, month: str) -> None:
    answer = desk.open(query=f"month={month}&lang=en")
    assert answer.status_code == 404
    assert "There is no such month" in answer.text


@pytest.mark.parametrize("month", ["2000-01", "2199-12"])
def test_the_calendar_ends_somewhere(desk: Desk, month: str) -> None:
    answer = desk.open(query=f"month={month}&lang=en")
    assert answer.status_code == 200
    assert 'id="month-previous"' not in answer.text or 'id="month-next"' not in answer.text


def test_navigation_swaps_the_month_alone(desk: Desk) -> None:
    part = desk.open(headers={"HX-Request": "true"}).text
    assert part.partition("</title>")[0] in desk.open().text
    assert 'id="month"' in part
    assert "<html" not in part
    assert 'hx-trigger="calendar-changed from:body, month:moved"' in part


def test_two_hundred_entries_stay_light(desk: Desk) -> None:
    desk.write_many(spread(200, datetime(2026, 10, 1, 8, 0)), state=ContentState.SCHEDULED)
    html = desk.open(query="month=2026-10&brand=marque").text
    assert html.count('class="entry"') == 200
    assert (
        len(html.encode()) < 150_000
    )  # 450 bytes an entry: its address, its marks, its state in a word, two icons; a tenth on the way


def test_the_number_of_statements_does_not_grow(
    desk: Desk, statements: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    desk.read(desk.browser(), "month=2026-12")
    few, many = [], []
    for seen, month, number in ((few, 10, 6), (many, 11, 200)):
        desk.write_many(spread(number, datetime(2026, month, 1, 8, 0)))
        with statements() as sent:
            desk.read(desk.browser(), f"month=2026-{month}")
        seen.extend(sent)
    assert few == many
    assert len(many) == 2  # the person with their agency; the entries with what stands beside them
