"""The year: campaigns from their first to their last date, density by week, for whom, and in how many statements."""

import re
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from support.desk import Desk, today
from support.statements import recorded
from support.topics import put_under
from support.world import World, build_world

from tenants.brands import Brand
from unisson.calendars.period import NoSuchMonthError, Year, year_named
from unisson.calendars.year_pages import WIDE, extent, place_of
from unisson.runtime import Runtime
from unisson.topics.planning import Plan, note_date, open_topic

NEXT = today().year + 1


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def wall(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(NEXT, month, day, hour)  # noqa: DTZ001 - wall times are naive by definition


def topic(desk: Desk, title: str, brand_id: uuid.UUID | None = None) -> uuid.UUID:
    with desk.session() as session:
        return open_topic(session, desk.actor("owner"), brand_id or desk.world.brand_id, Plan(title)).id


def noted(desk: Desk, topic_id: uuid.UUID, month: int, day: int, label: str) -> None:
    with desk.session() as session:
        note_date(session, desk.actor("owner"), topic_id, date(NEXT, month, day), label)


def page(desk: Desk, query: str = "", role: str = "cm", **more: Any) -> str:
    answer = desk.get(role, f"/calendar/year?year={NEXT}&{query}", **more)
    assert answer.status_code == 200
    return answer.text


def bars(html: str) -> dict[str, tuple[str, float, float]]:
    """Return the bars: what is said of each topic, where it begins and how wide it is."""
    rows = re.findall(r"<tr data-accent.*?</tr>", html, re.DOTALL)
    found = {}
    for row in rows:
        title = re.search(r'<a href="[^"]*/topics/[^"]*">([^<]*)</a>', row)
        said = re.search(r'role="img" aria-label="([^"]*)"', row)
        drawn = re.search(r'class="year-bar" x="([\d.]+)" y="9" width="([\d.]+)"', row)
        assert title
        assert said
        assert drawn
        found[title[1]] = (said[1], float(drawn[1]), float(drawn[2]))
    return found


def test_a_topic_goes_from_its_first_to_its_last_date(desk: Desk) -> None:
    topic_id = topic(desk, "Centenaire")
    desk.write(topic_id=topic_id, wall_time=wall(4, 1))
    desk.write(topic_id=topic_id, wall_time=wall(5, 15))
    noted(desk, topic_id, 3, 1, "Dépôt")
    put_under(desk, topic_id, wall(3, 16))
    topic(desk, "Sans date")
    html = page(desk)
    said, start, width = bars(html)["Centenaire"]
    assert bars(html).keys() == {"Centenaire"}
    assert "2 contents" in said
    assert "embargo until" in said
    assert "Dépôt" in said
    assert start == 200
    assert width == pytest.approx(200 + 100 * 15 / 31, abs=0.2)
    assert 'fill="url(#year-hatch)"' in html
    assert len(re.findall('class="year-mark"', html)) == 1


def test_what_only_touches_the_year_is_cut_at_its_edge_and_what_does_not_is_not_there(desk: Desk) -> None:
    long, past = topic(desk, "Long"), topic(desk, "Ailleurs")
    with desk.session() as session:
        for topic_id, day in (
            (long, date(NEXT - 1, 12, 1)), (long, date(NEXT + 1, 2, 1)), (past, date(NEXT + 1, 1, 1)),
        ):  # fmt: skip
            note_date(session, desk.actor("owner"), topic_id, day, "x")
    found = bars(page(desk))
    assert found.keys() == {"Long"}
    assert found["Long"][1:] == (0, WIDE)


def test_a_day_is_the_brand_s_own(desk: Desk) -> None:
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(timezone="Pacific/Auckland"))
    topic_id = topic(desk, "Minuit")
    desk.write(topic_id=topic_id, wall_time=wall(1, 1, 0))
    assert bars(page(desk))["Minuit"][1] == 0


def test_weeks_are_counted_and_said_in_a_table(desk: Desk) -> None:
    monday = date(NEXT, 6, 1) + timedelta(days=-date(NEXT, 6, 1).weekday() % 7)
    for days in (0, 6, 7):
        day = monday + timedelta(days=days)
        desk.write(wall_time=datetime(day.year, day.month, day.day, 23, 59))  # noqa: DTZ001 - as above
    desk.in_state("cancelled", wall_time=wall(6, 20))
    html = page(desk)
    assert "the most in one week is 2" in html
    table = html[html.index("Contents by week, as a table") :]
    assert re.findall(r'class="number">(\d+)</td>', table) == ["2", "1"]
    assert f"week={monday:%G-W%V}" in table
    assert len(re.findall('class="year-week"', html)) == 2


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", {"Un", "Deux", "Dates"}),
        ("state=draft", {"Un", "Deux"}),
        ("kind=press_release", {"Deux"}),
        ("tag=vrac", {"Un"}),
        ("topic={one}", {"Un"}),
        ("topic={dates}", {"Dates"}),
        ("topic={one}&kind=press_release", set()),
        ("pole=rp", {"Deux"}),
        ("q=nothing+like+it", set()),
    ],
)
def test_filters_apply(desk: Desk, query: str, titles: set[str]) -> None:
    one, two, dates = topic(desk, "Un"), topic(desk, "Deux"), topic(desk, "Dates")
    desk.write(topic_id=one, wall_time=wall(4, 1), tags=("vrac",))
    desk.write("rp", topic_id=two, wall_time=wall(5, 1), kind="press_release")
    noted(desk, dates, 7, 1, "Fête")
    html = page(desk, query.format(one=one, dates=dates))
    assert bars(html).keys() == titles
    assert not titles or "No campaign in this year" not in html


def test_each_brand_has_its_colour_and_only_those_that_are_chosen_stand(desk: Desk) -> None:
    noted(desk, topic(desk, "Ici"), 2, 1, "x")
    noted(desk, topic(desk, "Là-bas", desk.world.sibling_id), 2, 1, "x")
    assert bars(page(desk, role="owner")).keys() == {"Ici", "Là-bas"}
    assert bars(page(desk)).keys() == {"Ici"}
    html = page(desk, f"brand={desk.world.sibling_slug}", "owner")
    assert bars(html).keys() == {"Là-bas"}
    assert desk.get("cm", f"/calendar/year?brand={desk.world.sibling_slug}").status_code == 404


def test_clients_see_how_much_of_what_they_see_and_no_topic(desk: Desk) -> None:
    topic_id = topic(desk, "Secret")
    noted(desk, topic_id, 2, 1, "Date intime")
    desk.write(topic_id=topic_id, wall_time=wall(4, 1))
    desk.in_state("in_review", topic_id=topic_id, wall_time=wall(4, 1))
    for role in ("client_approver", "client_contact"):
        html = page(desk, role=role)
        assert bars(html) == {}
        assert "the most in one week is 1" in html
        for word in ("Secret", "Date intime", "No campaign"):
            assert word not in html
    assert desk.get("expert", "/calendar/year").status_code == 403


def test_another_agency_s_campaigns_stand_nowhere(desk: Desk, runtime: Runtime) -> None:
    noted(desk, topic(desk, "Chez nous"), 2, 1, "x")
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert bars(page(neighbour, role="owner")) == {}


def test_titles_and_dates_are_text(desk: Desk) -> None:
    attack = "<b>\"'&"
    noted(desk, topic(desk, attack), 2, 1, attack)
    html = page(desk)
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_it_leads_to_topics_months_years_and_other_views(desk: Desk) -> None:
    topic_id = topic(desk, "Ici")
    noted(desk, topic_id, 2, 1, "x")
    html = page(desk, "topic=" + str(topic_id))
    assert f'href="/{desk.world.slug}/topics/{topic_id}"' in html
    for target in (f"month={NEXT}-01", f"month={NEXT}-12", f"year={NEXT - 1}", f"year={NEXT + 1}", "/calendar/list?"):
        assert re.search(rf'href="[^"]*{re.escape(target)}[^"]*topic={topic_id}', html), target
    assert f"/calendar/year?year={NEXT}" in desk.get("cm", f"/calendar?month={NEXT}-05").text
    assert (
        f'action="/{desk.world.slug}/calendar/year"' in desk.get("cm", f"/calendar/filters?view=year&year={NEXT}").text
    )


@pytest.mark.parametrize("typed", ["1999", "2200", "26", "20266", "x", "٢٠٢٦", "2026-10"])
def test_what_is_no_year_is_not_found(desk: Desk, typed: str) -> None:
    with pytest.raises(NoSuchMonthError):
        year_named(typed)
    answer = desk.get("cm", f"/calendar/year?year={typed}")
    assert answer.status_code == 404
    assert "There is no such year" in answer.text


def test_it_is_read_with_as_few_statements_however_much_it_holds(desk: Desk) -> None:
    def asked(more: int) -> int:
        for number in range(more):
            topic_id = topic(desk, f"Sujet {number}")
            desk.write(topic_id=topic_id, wall_time=wall(1 + number % 12, 3))
            noted(desk, topic_id, 1 + number % 12, 4, "x")
        with recorded(desk.runtime) as statements:
            page(desk)
        return len(statements)

    asked(1)
    assert asked(0) == asked(12)


@given(st.integers(2000, 2199), st.data())
def test_days_stand_in_their_month_s_column_in_order(number: int, data: st.DataObject) -> None:
    shown = Year(number)
    day = data.draw(st.dates(shown.first, shown.last))
    assert (day.month - 1) * 100 <= place_of(shown, day) < day.month * 100
    whole = extent(shown, day, day)
    assert 3.1 < whole.width < 3.7
    later = data.draw(st.dates(day, date(2200, 1, 1)))
    longer = extent(shown, day, later)
    assert longer.x == whole.x
    assert whole.width <= longer.width + 0.2
    assert longer.x + longer.width <= WIDE + 0.1
    assert year_named(str(shown)) == shown
    assert shown.following.previous == shown
    assert shown.holds(day)
    assert day in shown.days()
