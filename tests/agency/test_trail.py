"""The agency's trail: every verb has words, the page narrows and goes on, the file is whole, and it stays quick."""

import ast
import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from support.desk import Desk, today
from support.statements import recorded
from support.topics import opened
from support.world import World

from unisson.activity.models import Event
from unisson.agency.trail_words import DONE
from unisson.runtime import Runtime

SOURCES = [path for folder in ("platform", "workers") for path in (Path(__file__).parents[2] / folder).rglob("*.py")]


@pytest.fixture
def desk(app: Flask, runtime: Runtime, world: World) -> Desk:
    made = Desk(app, runtime, world)
    made.speak_english()
    return made


def verbs_of_the_source() -> set[str]:
    """Every verb that `record` is given as it stands, or as one of two."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"record", "record_many", "_record"}:
                words = [each.value for part in node.args for each in ast.walk(part) if isinstance(each, ast.Constant)]
                found |= {word for word in words if isinstance(word, str) and re.fullmatch(r"[a-z_]+\.[a-z_]+", word)}
    return found


def test_every_verb_has_words() -> None:
    verbs = verbs_of_the_source()
    assert len(verbs) > 80
    assert sorted(verbs - DONE.keys()) == []


def test_it_tells_who_did_what_to_which_content(desk: Desk) -> None:
    content_id = desk.write(title="Le <b>Salon</b>")
    desk.submit(content_id)
    html = desk.get("owner", "/activity").text
    assert "wrote the content" in html
    assert html.index("submitted the content") < html.index("wrote the content")  # the newest first
    assert "Le &lt;b&gt;Salon&lt;/b&gt;" in html
    assert f"/contents/{content_id}" in html
    for role in ("cm", "rp", "client_approver"):
        assert desk.get(role, "/activity").status_code == 403
        assert desk.get(role, "/activity.csv").status_code == 403


def test_it_names_the_topic_and_leads_to_it(desk: Desk) -> None:
    topic_id = opened(desk)
    html = desk.get("owner", "/activity").text
    assert re.search(rf'opened a topic: <a href="[^"]*/topics/{topic_id}">', html)


def test_it_is_narrowed_and_given_as_a_file(desk: Desk) -> None:
    desk.write(title="Un")
    person = desk.world.people["cm"].membership_id
    assert desk.post("owner", "/settings/second-step", {"since": ""}).status_code == 303
    rows = desk.get("owner", "/activity").text.count("<tr>")
    assert rows >= 3
    only = desk.get("owner", f"/activity?person={person}").text
    assert "wrote the content" in only
    assert "left the second step" not in only
    assert "wrote the content" not in desk.get("owner", "/activity?about=agency").text
    assert "wrote the content" not in desk.get("owner", f"/activity?brand={desk.world.sibling_slug}").text
    tomorrow = today() + timedelta(days=2)
    assert "Nothing found" in desk.get("owner", f"/activity?since={tomorrow}").text
    for odd in (
        "person=x&brand=nothing&about=%3Cb%3E",
        "since=2027-02-30&until=demain",
        "after=nan.x",
        "after=1e400.z",
    ):
        assert desk.get("owner", f"/activity?{odd}").status_code == 200
    told = desk.get("owner", f"/activity.csv?person={person}").get_data(as_text=True).removeprefix("\ufeff")
    head, *lines = list(csv.reader(io.StringIO(told)))
    assert head[5] == "Event"
    assert [line[5] for line in lines] == ["content.written"]


def test_it_goes_on_and_costs_the_same_however_long(desk: Desk, runtime: Runtime) -> None:
    content_id = desk.write(title="Un")
    desk.get("owner", "/activity")  # which agency an address means is known from then on
    with recorded(runtime) as few:
        assert desk.get("owner", "/activity").status_code == 200
    with desk.session() as session:
        session.execute(
            text(
                "insert into app.events (agency_id, id, at, actor_name, verb, subject_kind, subject_id)"
                " select :a, gen_random_uuid(), clock_timestamp() - n * interval '1 minute', 'Machine', 'content.edited',"
                " 'content', :c from generate_series(1, 300) n"
            ),
            {"a": desk.world.agency_id, "c": content_id},
        )
        everything = session.scalar(select(func.count()).select_from(Event))
    seen, path = 0, "/activity"
    while path:
        with recorded(runtime) as many:
            html = desk.get("owner", path).text
        assert len(many) == len(few)
        seen += html.count("<tr>") - 1
        older = re.search(r'href="[^"]*(/activity\?after=[^"]+)"', html)
        path = older[1] if older else ""
    assert seen == everything
