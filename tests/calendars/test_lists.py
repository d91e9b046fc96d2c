"""The calendar as a list and a board: what is found, what is done to many at once, and undoing that."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from support.desk import Desk, today
from support.statements import recorded
from support.topics import at, opened, put_under
from support.world import World

from unisson.calendars.models import CalendarAct
from unisson.editorial.models import Content
from unisson.runtime import Runtime


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def titles(desk: Desk, role: str = "cm", query: str = "", view: str = "list") -> list[str]:
    answer = desk.get(role, f"/calendar/{view}?lang=en&{query}")
    assert answer.status_code == 200
    return re.findall(r"<(?:a|strong)[^>]*>(T-[^<]+)</(?:a|strong)>", answer.text)


def act(desk: Desk, *content_ids: uuid.UUID, role: str = "cm", query: str = "", **order: str) -> Any:
    return desk.post(role, "/calendar/acts", {"content": [str(each) for each in content_ids], "from": query} | order)


def undo_last(desk: Desk, role: str = "cm") -> Any:
    with desk.session() as session:
        act_id = session.scalars(select(CalendarAct.id).order_by(CalendarAct.created_at.desc())).first()
    return desk.post(role, f"/calendar/acts/{act_id}/undo")


def test_it_lists_what_has_a_date_in_the_days_by_time(desk: Desk) -> None:
    for days, title in ((10, "T-second"), (3, "T-first"), (90, "T-far")):
        desk.write(title=title, wall_time=at(days))
    desk.write(title="T-undated", wall_time=None)
    assert titles(desk) == ["T-first", "T-second"]
    assert titles(desk, query=f"until={today() + timedelta(days=120)}") == ["T-first", "T-second", "T-far"]
    assert titles(desk, query="undated=y") == ["T-undated"]


NARROWED = {
    "state=in_review": {"T-review"},
    "state=draft&state=in_review": {"T-draft", "T-review", "T-release"},
    "kind=press_release": {"T-release"},
    "channel=newsroom": {"T-draft", "T-review", "T-release"},
    "channel=bluesky": set(),
    "tag=VRAC": {"T-release"},
    "q=SECRET": {"T-draft"},
    "q=%25": set(),
    "pole=rp": {"T-release"},
    "pole=cm": {"T-draft", "T-review"},
    "state=nonsense&kind=x&topic=x&who=x&since=x&pole=x": {"T-draft", "T-review", "T-release"},
}


@pytest.mark.parametrize("query", NARROWED)
def test_it_is_narrowed_by_what_one_looks_for(desk: Desk, query: str) -> None:
    desk.write(title="T-draft", body="Un secret bien gardé")
    desk.in_state("in_review", title="T-review")
    desk.write("rp", title="T-release", kind="press_release", tags=("vrac",))
    assert set(titles(desk, query=query)) == NARROWED[query]


def test_by_topic_and_person(desk: Desk) -> None:
    topic_id = opened(desk)
    desk.write(title="T-one", topic_id=topic_id)
    desk.write("rp", title="T-two")
    assert titles(desk, query=f"topic={topic_id}&brand={desk.world.brand_slug}") == ["T-one"]
    assert titles(desk, query=f"who={desk.world.people['rp'].membership_id}") == ["T-two"]


def test_a_client_lists_what_clients_see_and_learns_nothing_of_the_agency_s_planning(desk: Desk) -> None:
    topic_id = opened(desk)
    desk.write(title="T-draft")
    shown = desk.write(title="T-shown", topic_id=topic_id, tags=("interne",))
    desk.submit(shown)
    assert titles(desk, "client_approver") == ["T-shown"]
    page = desk.get("client_approver", "/calendar/list").text
    assert "Résultats" not in page
    assert "interne" not in page
    assert titles(desk, "client_approver", "tag=interne") == []
    assert titles(desk, "client_approver", f"topic={topic_id}") == []
    assert titles(desk, "client_approver", "undated=y") == []
    assert titles(desk, "client_approver", view="board") == ["T-shown"]
    assert "With those that are chosen" not in page


def test_a_long_list_goes_on_and_misses_none(desk: Desk) -> None:
    for number in range(205):
        desk.write(title=f"T-{number:03}", wall_time=at(3))
    seen: list[str] = []
    query = ""
    for _page in range(5):
        html = desk.get("cm", f"/calendar/list?{query}").text
        seen += re.findall(r">(T-\d+)</a>", html)
        found = re.search(r'href="[^"]*after=([^"&]+)"', html)
        if found is None:
            break
        query = f"after={found[1]}"
    assert len(seen) == len(set(seen)) == 205
    for strange in ("x", "_", "2026-01-01_", "9" * 400, "2026-01-01T00:00_" + "0" * 32):
        assert desk.get("cm", f"/calendar/list?after={strange}").status_code == 200


def test_the_board_has_a_column_for_each_stretch(desk: Desk) -> None:
    for state in ("draft", "in_review", "scheduled", "on_hold", "published", "cancelled"):
        desk.in_state(state, title=f"T-{state}")
    html = desk.get("cm", "/calendar/board?lang=en").text
    columns = re.findall(r'<section class="state-column".*?</section>', html, re.DOTALL)
    assert [re.findall(r"<strong>(T-\w+)", each) for each in columns] == [
        ["T-draft"], ["T-in_review"], ["T-scheduled"], ["T-on_hold"], ["T-published"],
    ]  # fmt: skip


def test_many_are_moved_at_once_and_moved_back(desk: Desk) -> None:
    one, two = desk.write(wall_time=at(5)), desk.write(wall_time=at(6, 18))
    answer = act(desk, one, two, act="move", days="7")
    assert answer.status_code == 303
    assert [desk.content(each).wall_time for each in (one, two)] == [at(12), at(13, 18)]
    assert "Undo" in desk.get("cm", answer.location.removeprefix(f"/{desk.world.slug}")).text
    assert undo_last(desk).status_code == 303
    assert [desk.content(each).wall_time for each in (one, two)] == [at(5), at(6, 18)]
    assert undo_last(desk).status_code == 410


def test_what_can_t_be_done_is_said_of_each_and_the_others_are_done(desk: Desk) -> None:
    topic_id = opened(desk)
    put_under(desk, topic_id, at(10))
    free, held = (
        desk.write(title="Libre", wall_time=at(20)),
        desk.write(title="Tenu", wall_time=at(12), topic_id=topic_id),
    )
    approved = desk.in_state("scheduled", title="Validé", wall_time=at(20))
    undated = desk.write(title="Sans date", wall_time=None)
    page = act(desk, free, held, approved, undated, uuid.uuid4(), act="move", days="-5")
    assert page.status_code == 200
    for sentence in ("under embargo", "asks for its approval again", "no date to be moved", "not there any more"):
        assert sentence in page.text
    assert desk.content(free).wall_time == at(15)
    assert desk.content(held).wall_time == at(12)
    assert desk.content(approved).state == "scheduled"
    assert act(desk, approved, act="move", days="-5", again="y").status_code == 303
    assert (desk.content(approved).state, desk.content(approved).wall_time) == ("draft", at(15))


def test_tags_submissions_and_cancellations_are_taken_back(desk: Desk) -> None:
    one = desk.write(tags=("été",))
    assert act(desk, one, act="tag", tag=" Presse ").status_code == 303
    assert desk.content(one).tags == ["presse", "été"]
    undo_last(desk)
    assert desk.content(one).tags == ["été"]
    assert act(desk, one, act="untag", tag="été").status_code == 303
    assert desk.content(one).tags == []
    assert act(desk, one, act="submit").status_code == 303
    assert desk.content(one).state == "in_review"
    undo_last(desk)
    assert desk.content(one).state == "draft"
    assert act(desk, one, act="cancel").status_code == 303
    assert desk.content(one).state == "cancelled"
    undo_last(desk)
    assert desk.content(one).state == "draft"


def test_many_are_copied_as_drafts_and_the_copies_put_away_again(desk: Desk) -> None:
    dated, undated = desk.in_state("scheduled", title="T-dated", wall_time=at(5, 18)), desk.write(wall_time=None)
    assert act(desk, dated, undated, act="duplicate", days="7").status_code == 303
    copies = [each for each in _drafts(desk) if each.id not in {dated, undated}]
    assert {(each.title, each.wall_time) for each in copies} == {
        ("T-dated", at(12, 18)),
        (desk.content(undated).title, None),
    }
    assert desk.content(dated).state == "scheduled"
    assert undo_last(desk).status_code == 303
    assert {desk.content(each.id).state for each in copies} == {"cancelled"}
    assert act(desk, dated, act="duplicate").status_code == 303
    assert [each.wall_time for each in _drafts(desk) if each.title == "T-dated" and each.state == "draft"] == [None]
    assert act(desk, dated, act="duplicate", days="400").status_code == 422


def _drafts(desk: Desk) -> list[Content]:
    with desk.session() as session:
        return list(session.scalars(select(Content).where(Content.brand_id == desk.world.brand_id)).all())


def test_what_somebody_changed_since_is_left_alone(desk: Desk) -> None:
    one, two = desk.write(wall_time=at(5)), desk.write(wall_time=at(5))
    act(desk, one, two, act="move", days="7")
    act(desk, one, role="rp", act="tag", tag="vu")
    with desk.session() as session:
        act_id = session.scalars(select(CalendarAct.id).where(CalendarAct.act == "move")).one()
    page = desk.post("cm", f"/calendar/acts/{act_id}/undo")
    assert page.status_code == 200
    assert "changed it since" in page.text
    assert [desk.content(each).wall_time for each in (one, two)] == [at(12), at(5)]


def test_only_whoever_did_it_takes_it_back(desk: Desk) -> None:
    one = desk.write(wall_time=at(5))
    act(desk, one, act="move", days="7")
    assert undo_last(desk, "rp").status_code == 404
    assert desk.content(one).wall_time == at(12)


BAD = {
    "nothing chosen": ({"act": "move", "days": "3"}, "Choose at least one"),
    "no such act": ({"act": "delete", "content": "x"}, "Choose what to do"),
    "no days": ({"act": "move", "days": "beaucoup", "one": "y"}, "number of days"),
    "too many days": ({"act": "move", "days": "9999", "one": "y"}, "number of days"),
    "no tag": ({"act": "tag", "tag": "  ", "one": "y"}, "Give a tag"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_and_nothing_changes(desk: Desk, case: str) -> None:
    content_id = desk.write(wall_time=at(5))
    given, sentence = BAD[case]
    order = dict(given)
    chosen = (content_id,) if order.pop("one", "") else ()
    order.pop("content", None)
    answer = act(desk, *chosen, **order)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert desk.content(content_id).wall_time == at(5)


def test_clients_change_nothing(desk: Desk) -> None:
    content_id = desk.in_state("in_review", wall_time=at(5))
    for role in ("client_approver", "client_contact"):
        answer = act(desk, content_id, role=role, act="cancel")
        assert answer.status_code == 422
        assert desk.content(content_id).state == "in_review"


def test_pages_ask_as_much_for_many_as_for_one(desk: Desk) -> None:
    def asked(view: str) -> int:
        with recorded(desk.runtime) as statements:
            titles(desk, view=view)
        return len(statements)

    desk.write(title="T-0", topic_id=opened(desk))
    for view in ("list", "board"):
        asked(view)
    few = [asked(view) for view in ("list", "board")]
    for number in range(1, 12):
        desk.write(title=f"T-{number}", topic_id=opened(desk), tags=("a",))
    assert [asked(view) for view in ("list", "board")] == few
    with desk.session() as session:
        assert len(session.scalars(select(Content.id)).all()) == 12
