"""Views that people keep: under a name, for oneself or the team, and opened by whoever with what they see."""

import re
import uuid
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, update
from support.desk import PARIS, Desk
from support.statements import recorded
from support.topics import at
from support.world import World, build_world

from tenants.members import BrandAssignment
from unisson.calendars.keeping import MOST_VIEWS
from unisson.calendars.models import CalendarView
from unisson.runtime import Runtime

WEEK = "view=week&week=2026-W49&state=draft&tag=vrac"


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def keep(desk: Desk, name: str = "Mine", query: str = WEEK, role: str = "cm", **more: str):
    return desk.post(role, "/calendar/views", {"name": name, "from": query} | more)


def menu(desk: Desk, role: str = "cm") -> dict[str, str]:
    """Return the views of somebody's menu: their names, with their addresses."""
    html = desk.get(role, "/calendar/views", headers={"HX-Request": "true"}).text
    assert "<html" not in html
    found = re.findall(r'<a href="([^"]*)">([^<]*?)\s*(?:<|$)', html)
    return {name: path.replace("&amp;", "&") for path, name in found[:-2]}


def view_named(desk: Desk, name: str) -> CalendarView:
    with desk.session() as session:
        return session.scalars(select(CalendarView).where(CalendarView.name == name)).one()


def act(desk: Desk, called: str, what: str, role: str = "cm", /, **typed: str):
    return desk.post(role, f"/calendar/views/{view_named(desk, called).id}/{what}", typed)


def test_a_view_is_kept_under_a_name_and_opens_at_today_as_it_was_narrowed(desk: Desk) -> None:
    desk.write(title="T-vrac", tags=("vrac",), wall_time=at(3))
    desk.write(title="T-other", wall_time=at(3))
    answer = keep(desk, "Vrac", "view=list&since=2001-01-01&state=draft&tag=vrac")
    path = menu(desk)["Vrac"]
    assert (answer.status_code, answer.location) == (303, path)
    assert set(path.partition("?")[2].split("&")) == {"state=draft", "tag=vrac"}
    page = desk.get("cm", path.removeprefix(f"/{desk.world.slug}")).text
    assert "T-vrac" in page
    assert "T-other" not in page
    keep(desk, "Week")
    assert f"week={datetime.now(PARIS):%G-W%V}" in menu(desk)["Week"]


@pytest.mark.parametrize("view", ["month", "week", "day", "list", "board"])
def test_every_view_is_kept_as_itself(desk: Desk, view: str) -> None:
    keep(desk, view, f"view={view}&brand={desk.world.brand_slug}&undated=y")
    path = menu(desk)[view]
    home, _mark, query = path.partition("?")
    assert home.endswith(f"/calendar/{view}" if view in {"list", "board"} else "/calendar")
    assert f"brand={desk.world.brand_slug}" in query
    assert desk.get("cm", path.removeprefix(f"/{desk.world.slug}")).status_code == 200


def test_a_brand_is_called_as_it_is_called_now(desk: Desk) -> None:
    from tenants.brands import Brand

    keep(desk, "One", f"view=month&brand={desk.world.brand_slug}")
    with desk.session() as session:
        session.execute(update(Brand).where(Brand.id == desk.world.brand_id).values(slug="nouveau-nom"))
    assert "brand=nouveau-nom" in menu(desk)["One"]


def test_a_shared_view_leaves_out_what_its_reader_does_not_see(desk: Desk) -> None:
    both = f"view=month&brand={desk.world.brand_slug},{desk.world.sibling_slug}"
    keep(desk, "Both", both, "owner", shared="y")
    keep(desk, "Elsewhere", f"view=month&brand={desk.world.sibling_slug}", "owner", shared="y")
    keep(desk, "All", "view=board&state=draft", "owner", shared="y")
    assert menu(desk, "owner").keys() == {"Both", "Elsewhere", "All"}
    seen = menu(desk)
    assert seen.keys() == {"Both", "All"}
    assert f"brand={desk.world.brand_slug}" in seen["Both"]
    assert desk.world.sibling_slug not in seen["Both"]
    page = desk.get("cm", "/calendar/views").text
    assert "Autre marque" not in page
    assert "kept by" in page


def test_what_is_not_shared_and_what_is_shared_with_the_team_stay_with_them(desk: Desk) -> None:
    keep(desk, "Alone", role="rp")
    keep(desk, "Crew", role="rp", shared="y")
    assert menu(desk, "rp").keys() == {"Alone", "Crew"}
    assert menu(desk).keys() == {"Crew"}
    for role in ("client_approver", "client_contact"):
        assert menu(desk, role) == {}
        assert "Crew" not in desk.get(role, "/calendar/views").text


def test_clients_keep_views_for_themselves_and_share_none(desk: Desk) -> None:
    assert keep(desk, "Chez moi", "view=list&state=in_review", "client_approver").status_code == 303
    assert menu(desk, "client_approver").keys() == {"Chez moi"}
    answer = keep(desk, "À tous", "view=list", "client_approver", shared="y")
    assert answer.status_code == 422
    assert "Only those who plan" in answer.text
    assert menu(desk) == {}


def test_sharing_ends_with_the_role_of_the_reader(desk: Desk) -> None:
    keep(desk, "Crew", role="rp", shared="y")
    assert act(desk, "Crew", "opening", opens="y").status_code == 303
    assert desk.get("cm", "/calendar").status_code == 302
    with desk.session() as session:
        session.execute(
            update(BrandAssignment)
            .where(BrandAssignment.membership_id == desk.world.people["cm"].membership_id)
            .values(role="client_contact")
        )
    assert menu(desk) == {}
    assert desk.get("cm", "/calendar").status_code == 200
    assert act(desk, "Crew", "opening", opens="y").status_code == 404


def test_the_calendar_opens_with_the_one_that_was_chosen_and_only_when_asked_for_nothing(desk: Desk) -> None:
    keep(desk, "First", "view=list&state=draft", opens="y")
    keep(desk, "Second", "view=week&kind=post")
    opened = desk.get("cm", "/calendar")
    assert (opened.status_code, opened.location) == (302, menu(desk)["First"])
    assert act(desk, "Second", "opening", opens="y").status_code == 303
    assert desk.get("cm", "/calendar").location == menu(desk)["Second"]
    assert desk.get("cm", menu(desk)["Second"].removeprefix(f"/{desk.world.slug}")).status_code == 200
    for query in ("month=", "month=2026-10", f"brand={desk.world.brand_slug}"):
        assert desk.get("cm", f"/calendar?{query}").status_code == 200
    assert desk.get("rp", "/calendar").status_code == 200
    assert act(desk, "Second", "opening").status_code == 303
    assert desk.get("cm", "/calendar").status_code == 200


def test_a_page_that_is_held_is_not_repeated_once_a_view_opens_first(desk: Desk) -> None:
    keep(desk, "First", "view=list&state=draft")
    desk.get("cm", "/calendar")  # shows the message of keeping, which is not kept
    held = {"If-None-Match": desk.get("cm", "/calendar").headers["ETag"]}
    for _time in range(2):
        assert desk.get("cm", "/calendar", headers=held).status_code == 304
    act(desk, "First", "opening", opens="y")
    assert desk.get("cm", "/calendar", headers=held).status_code == 302


def test_a_view_is_renamed_shared_and_kept_back(desk: Desk) -> None:
    keep(desk)
    assert act(desk, "Mine", "name", name="Ours", shared="y").status_code == 303
    assert "Ours" in menu(desk, "rp")
    assert act(desk, "Ours", "name", name="Mine again").status_code == 303
    assert menu(desk, "rp") == {}
    assert menu(desk).keys() == {"Mine again"}


def test_what_is_removed_comes_back_by_undo(desk: Desk) -> None:
    keep(desk, opens="y")
    answer = act(desk, "Mine", "removal")
    assert answer.status_code == 303
    page = desk.get("cm", answer.location.removeprefix(f"/{desk.world.slug}")).text
    assert f"/calendar/views/{view_named(desk, 'Mine').id}/restoration" in page
    assert menu(desk) == {}
    assert desk.get("cm", "/calendar").status_code == 200
    assert act(desk, "Mine", "restoration").status_code == 303
    assert menu(desk).keys() == {"Mine"}
    assert desk.get("cm", "/calendar").status_code == 302


def test_only_the_last_that_was_removed_is_held(desk: Desk) -> None:
    for name in ("One", "Two"):
        keep(desk, name)
    gone = view_named(desk, "One").id
    act(desk, "One", "removal")
    act(desk, "Two", "removal")
    assert desk.post("cm", f"/calendar/views/{gone}/restoration").status_code == 404
    assert act(desk, "Two", "restoration").status_code == 303


def test_only_whose_it_is_changes_it_and_who_runs_the_team_a_shared_one(desk: Desk) -> None:
    keep(desk, "Alone")
    keep(desk, "Crew", shared="y")
    for name, role, status in (
        ("Alone", "rp", 404), ("Alone", "owner", 404), ("Crew", "rp", 404), ("Crew", "client_contact", 404),
        ("Crew", "owner", 303),
    ):  # fmt: skip
        for what in ("name", "removal", "restoration"):
            answer = act(desk, name, what, role, name=name, shared="y" if name == "Crew" else "")
            assert answer.status_code == status, (name, role, what)
    assert act(desk, "Alone", "opening", "rp", opens="y").status_code == 404


BAD = {
    "no name": ({"name": " "}, "Give the view a name"),
    "too long": ({"name": "x" * 61}, "Give the view a name"),
    "the same name": ({"name": "Mine"}, "a view of this name"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_on_the_form_with_what_was_typed(desk: Desk, case: str) -> None:
    keep(desk)
    keep(desk, "Other")
    typed, sentence = BAD[case]
    for answer in (keep(desk, typed["name"], opens="y"), act(desk, "Other", "name", **typed)):
        assert answer.status_code == 422
        assert sentence in answer.text
        assert not typed["name"].strip() or f'value="{typed["name"]}"' in answer.text
    assert menu(desk).keys() == {"Mine", "Other"}


@pytest.mark.parametrize(
    "query", ["", "view=nonsense", "x" * 5000, "view=week&brand=", "%00=%00&tag=%00", "view=list&who=x"]
)
def test_whatever_it_is_kept_from_it_opens(desk: Desk, query: str) -> None:
    assert keep(desk, "Odd", query).status_code == 303
    assert desk.get("cm", menu(desk)["Odd"].removeprefix(f"/{desk.world.slug}")).status_code == 200


def test_a_view_of_a_brand_one_does_not_see_is_not_kept(desk: Desk) -> None:
    assert keep(desk, "Theirs", f"view=month&brand={desk.world.sibling_slug}").status_code == 404
    assert menu(desk) == {}


def test_there_is_an_end_to_them(desk: Desk) -> None:
    for number in range(MOST_VIEWS):
        assert keep(desk, f"Nº {number}").status_code == 303
    answer = keep(desk, "Encore une")
    assert answer.status_code == 422
    assert "30 views already" in answer.text


def test_another_agency_finds_none(desk: Desk, runtime: Runtime) -> None:
    keep(desk, "Crew", shared="y")
    neighbour = Desk(desk.app, runtime, build_world(runtime))
    assert menu(neighbour, "owner") == {}
    view_id = view_named(desk, "Crew").id
    for what in ("name", "removal", "restoration", "opening"):
        assert neighbour.post("owner", f"/calendar/views/{view_id}/{what}", {"name": "x"}).status_code == 404
    assert neighbour.post("owner", f"/calendar/views/{uuid.uuid4()}/removal").status_code == 404


def test_many_views_are_read_with_as_few_statements(desk: Desk) -> None:
    def asked() -> int:
        with recorded(desk.runtime) as statements:
            menu(desk)
            desk.get("cm", "/calendar/views?view=list")
        return len(statements)

    keep(desk, "First")
    asked()
    few = asked()
    for number in range(9):
        keep(desk, f"Nº {number}", f"{WEEK}&brand={desk.world.brand_slug}")
    assert asked() == few
