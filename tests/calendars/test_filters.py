"""What narrows the calendar: the same filters on every view, in the address, and for nobody more than they see."""

import csv
import io
import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import update
from support.desk import Desk
from support.statements import recorded
from support.topics import at, opened
from support.world import World, build_world

from tenants.members import Membership
from unisson.calendars.filters import NAMES, Filters, narrowed_by
from unisson.editorial.models import Content
from unisson.runtime import Runtime

DAY = at(6)
VIEWS = {
    "month": f"/calendar?month={DAY:%Y-%m}",
    "week": f"/calendar?week={DAY.isocalendar().year}-W{DAY.isocalendar().week:02}",
    "day": f"/calendar?day={DAY:%Y-%m-%d}",
    "list": "/calendar/list?",
    "board": "/calendar/board?",
}


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def shown(desk: Desk, view: str, query: str = "", role: str = "cm") -> set[str]:
    answer = desk.get(role, f"{VIEWS[view]}&{query}")
    assert answer.status_code == 200
    return set(re.findall(r">(T-[a-z ]+)<", answer.text))


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    """Three contents of one day, each unlike the others."""
    topic_id = opened(desk)
    desk.write(title="T-draft", body="Un secret bien gardé", wall_time=DAY)
    desk.in_state("in_review", title="T-review", wall_time=DAY, topic_id=topic_id)
    desk.write("rp", title="T-release", kind="press_release", tags=("vrac",), wall_time=DAY)
    with desk.session() as session:
        session.execute(update(Content).where(Content.title == "T-release").values(channel_kinds="email newsroom"))
    return topic_id


NARROWED = {
    "": {"T-draft", "T-review", "T-release"},
    "state=in_review": {"T-review"},
    "state=draft&state=in_review": {"T-draft", "T-review", "T-release"},
    "kind=press_release": {"T-release"},
    "kind=post&state=draft": {"T-draft"},
    "channel=email": {"T-release"},
    "channel=mail": set(),
    "tag=VRAC": {"T-release"},
    "q=SECRET": {"T-draft"},
    "q=%25": set(),
    "pole=rp": {"T-release"},
    "pole=cm": {"T-draft", "T-review"},
    "topic={topic}": {"T-review"},
    "who={rp}": {"T-release"},
    "who={rp}&pole=cm": set(),
    "state=nonsense&kind=x&topic=x&who=x&pole=x": {"T-draft", "T-review", "T-release"},
}


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_is_narrowed_alike(desk: Desk, topic_id: uuid.UUID, view: str) -> None:
    values = {"topic": topic_id, "rp": desk.world.people["rp"].membership_id}
    found = {query: shown(desk, view, query.format(**values)) for query in NARROWED}
    assert found == NARROWED


def test_the_file_holds_what_the_page_shows(desk: Desk, topic_id: uuid.UUID) -> None:
    answer = desk.get("cm", f"/calendar.csv?month={DAY:%Y-%m}&kind=press_release")
    assert [row["Title"] for row in csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")))] == ["T-release"]
    page = desk.get("cm", f"{VIEWS['month']}&kind=press_release").text
    assert f"calendar.csv?month={DAY:%Y-%m}&amp;kind=press_release" in page


def test_the_tray_is_narrowed_too(desk: Desk) -> None:
    desk.write(title="T-idea", wall_time=None, tags=("été",))
    desk.write(title="T-other", wall_time=None)
    assert shown(desk, "month", "tag=été") == {"T-idea"}


def test_what_is_set_goes_along_to_every_other_view_and_month(desk: Desk, topic_id: uuid.UUID) -> None:
    page = desk.get("cm", f"{VIEWS['month']}&state=draft&q=secret").text
    links = re.findall(r'href="([^"]*/calendar[^"]*state=draft[^"]*)"', page)
    for kind in ("week=", "day=", "/list?", "/board?", "/filters?"):
        assert any(kind in link for link in links), kind
    assert len({link for link in links if "month=" in link}) >= 3  # before, after, today
    assert 'aria-label="Without Draft"' in page
    assert 'aria-label="Without Words: secret"' in page


def test_chips_say_what_is_set_and_lead_to_the_view_without_it(desk: Desk, topic_id: uuid.UUID) -> None:
    query = f"topic={topic_id}&who={desk.world.people['cm'].membership_id}&state=draft&state=in_review"
    page = desk.get("cm", f"{VIEWS['month']}&{query}").text
    chips = dict(re.findall(r'class="filter-chip" href="([^"]*)" aria-label="Without ([^"]*)"', page))
    labels = {label: path.replace("&amp;", "&") for path, label in chips.items()}
    assert {"Topic: Résultats", "Draft", "In review"} <= labels.keys()
    assert "topic=" not in labels["Topic: Résultats"]
    assert "state=in_review" in labels["Draft"]
    assert "state=draft" not in labels["Draft"]
    assert "Filters (4)" in page


def test_a_name_that_changes_is_a_new_page(desk: Desk, topic_id: uuid.UUID) -> None:
    person = desk.world.people["rp"].membership_id
    path = f"{VIEWS['month']}&who={person}"
    first = desk.get("cm", path)
    held = {"If-None-Match": first.headers["ETag"]}
    for _time in range(2):
        assert desk.get("cm", path, headers=held).status_code == 304
    with desk.session() as session:
        session.execute(update(Membership).where(Membership.id == person).values(name="Un autre nom"))
    again = desk.get("cm", path, headers=held)
    assert again.status_code == 200
    assert "By: Un autre nom" in again.text


def test_several_brands_are_looked_at_together_and_what_one_does_not_see_is_left_out(desk: Desk) -> None:
    own, sibling = desk.world.brand_slug, desk.world.sibling_slug
    desk.write(title="T-ours", wall_time=DAY)
    with desk.session() as session:
        session.add(
            Content(
                brand_id=desk.world.sibling_id, author_id=desk.world.people["owner"].membership_id, title="T-theirs",
                zone="Europe/Paris", wall_time=DAY, scheduled_at=DAY.astimezone(),
            )
        )  # fmt: skip
    for view, path in VIEWS.items():
        for query in (f"brand={own},{sibling}", f"brand={own}&brand={sibling}"):
            assert shown(desk, view, query, "owner") == {"T-ours", "T-theirs"}, view
            assert shown(desk, view, query) == {"T-ours"}, view
        assert shown(desk, view, f"brand={sibling}", "owner") == {"T-theirs"}, view
        for query in (f"brand={sibling}", f"brand={sibling},nulle-part", "brand=a&brand=b"):
            assert desk.get("cm", f"{path}&{query}").status_code == 404, (view, query)


def test_clients_learn_nothing_of_topics_tags_and_poles(desk: Desk, topic_id: uuid.UUID) -> None:
    for view in VIEWS:
        assert shown(desk, view, "", "client_approver") == {"T-review"}
        for query in (f"topic={topic_id}", "tag=vrac", "pole=cm"):
            assert shown(desk, view, query, "client_approver") == set(), (view, query)
    for path in (f"{VIEWS['month']}&topic={topic_id}", f"/calendar/filters?topic={topic_id}"):
        page = desk.get("client_approver", path).text
        assert "Résultats" not in page
        assert desk.world.people["rp"].email not in page
    assert 'name="who"' not in desk.get("client_approver", "/calendar/filters").text


def test_the_form_keeps_what_is_set_and_leads_back_to_its_view(desk: Desk, topic_id: uuid.UUID) -> None:
    who = desk.world.people["rp"].membership_id
    query = (
        f"view=week&week=2026-W49&state=draft&kind=article&channel=email&pole=rp&tag=x&q=y&topic={topic_id}&who={who}"
    )
    page = desk.get("cm", f"/calendar/filters?{query}").text
    for ticked in ("draft", "article"):
        assert re.search(rf'value="{ticked}" checked', page)
    for chosen in ("email", "rp", str(topic_id), str(who)):
        assert f'<option value="{chosen}" selected>' in page
    assert '<input type="hidden" name="week" value="2026-W49">' in page
    assert f'action="/{desk.world.slug}/calendar"' in page
    assert f'action="/{desk.world.slug}/calendar/board"' in desk.get("cm", "/calendar/filters?view=board").text
    assert f'action="/{desk.world.slug}/calendar"' in desk.get("cm", "/calendar/filters?view=//evil").text


@pytest.mark.parametrize("typed", ["\0", "' or 1=1 --", "%", "\\", "😀" * 500, "{a,b}"])
def test_whatever_is_typed_narrows_and_breaks_nothing(desk: Desk, topic_id: uuid.UUID, typed: str) -> None:
    for name in NAMES:
        for view in VIEWS:
            answer = desk.browser("cm").get(
                desk.path(VIEWS[view].partition("?")[0]), query_string={name: typed}, base_url="https://localhost"
            )
            assert answer.status_code == 200, (name, view)


def test_a_filtered_month_asks_as_much_for_many_as_for_one(desk: Desk, topic_id: uuid.UUID) -> None:
    query = f"topic={topic_id}&state=in_review&brand={desk.world.brand_slug}"

    def asked(view: str, more: int) -> int:
        for _number in range(more):
            desk.in_state("in_review", title="T-more", wall_time=DAY, topic_id=topic_id)
            opened(desk)
        desk.browsers.clear()  # a browser of its own, for which nothing is kept
        with recorded(desk.runtime) as statements:
            shown(desk, view, query)
        return len(statements)

    for view in VIEWS:
        asked(view, 0)  # the first visit notes that somebody is there
    few = [asked(view, 1) for view in VIEWS]
    assert [asked(view, 4) for view in VIEWS] == few
    assert few == [4] * len(VIEWS)


def test_another_agency_s_topics_and_people_are_not_named(desk: Desk, runtime: Runtime, topic_id: uuid.UUID) -> None:
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    neighbour.speak_english()
    who = desk.world.people["cm"].membership_id
    page = neighbour.get("cm", f"{VIEWS['month']}&topic={topic_id}&who={who}").text
    assert "Résultats" not in page
    assert "One topic" in page


def test_each_shape_has_one_condition_a_filter() -> None:
    assert len(narrowed_by(NAMES)) == len(NAMES)
    assert narrowed_by(()) == []
    assert Filters().pairs() == []
    assert Filters(states=("draft",), tag="a").shape == {"state", "tag"}
