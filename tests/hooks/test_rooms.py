"""A team's room in a chat is told each fact once, in the chat's own shape; its address stays secret; a bad one is left alone."""

import dataclasses
import json
import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from standins.faults import FaultPlan
from standins.rooms import Rooms
from support.desk import Desk
from support.statements import recorded

from unisson.app import create_app
from unisson.hooks import keeping
from unisson.hooks.facts import BY_DEFAULT, NAMES
from unisson.hooks.models import Hook, HookPost
from unisson.hooks.posting import REFUSALS, post_due
from unisson.hooks.shapes import MOST, Message, body_of
from unisson.notifications import notices
from unisson.notifications.models import Letter, Notice
from unisson.runtime import Runtime

HOSTILE = "<!channel> *Hi* [x](http://evil) @everyone & `code` #1\n> quote"
EVERYTHING = [event.value for event in NAMES]


@pytest.fixture(scope="module")
def chats() -> Iterator[Rooms]:
    made = Rooms()
    yield made
    made.server.close()


@pytest.fixture
def rooms(chats: Rooms) -> Rooms:
    """The chats, which took nothing yet and answer well."""
    chats.taken.clear()
    chats.asked, chats.plan = 0, FaultPlan()
    return chats


@pytest.fixture(scope="module")
def product(runtime: Runtime, chats: Rooms) -> Flask:
    """A product that may reach the chats, and nothing else that is private."""
    settings = dataclasses.replace(runtime.settings, outbound_allow=(chats.server.place,))
    app = create_app(runtime=dataclasses.replace(runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


@pytest.fixture
def team(desk: Desk, worker: Runtime, product: Flask) -> Desk:
    """A desk of that product."""
    with worker.database.everywhere() as session:
        session.execute(text("delete from app.dispatch where queue in ('mail', 'hooks')"))
    made = Desk(product, product.extensions["unisson"], desk.world)
    made.speak_english()
    return made


@pytest.fixture
def post(team: Desk, worker: Runtime) -> Callable[[], int]:
    """Tell the rooms all that stands on the table, whenever it is due."""
    held = dataclasses.replace(worker, settings=team.runtime.settings)

    def send() -> int:
        with held.database.everywhere() as session:
            session.execute(text("update app.dispatch set due_at = now(), lease_until = null where queue = 'hooks'"))
        return post_due(held, 30)

    return send


def connect(team: Desk, rooms: Rooms, room: str = "slack", **more: object) -> uuid.UUID:
    given = {"name": f"#{room}", "room": room, "url": rooms.url(room), "events": EVERYTHING, "brand_id": None, **more}
    with team.session() as session:
        return keeping.add(team.runtime, session, team.actor("owner"), keeping.Wanted(**given)).id


def hook(team: Desk, hook_id: uuid.UUID) -> Hook:
    with team.session() as session:
        return session.get_one(Hook, (team.world.agency_id, hook_id))


def tell(team: Desk, kind: str = "missed", **about: str) -> None:
    with team.session() as session:
        notices.tell(session, team.world.people["cm"].membership_id, kind, about)


def test_a_fact_is_told_once_however_many_people_it_concerns(team: Desk, rooms: Rooms, post: Callable[[], int]) -> None:
    connect(team, rooms, events=[event.value for event in BY_DEFAULT])
    content_id = team.in_state("in_review", author="account_manager")
    team.approve(content_id, "rp")
    team.approve(content_id, "client_approver")
    assert post() == 3
    said = [told["text"].replace("\xa0", " ") for _room, told in rooms.taken]
    assert sorted(said) == [
        "« La saison ouvre » attend une validation",
        "« La saison ouvre » attend une validation",
        "« La saison ouvre » est validé par tous",
    ]
    (_room, told) = rooms.taken[0]
    assert told["blocks"][0]["accessory"]["url"] == f"http://localhost/{team.world.slug}/contents/{content_id}"
    assert post() == 0


def test_two_people_told_in_one_transaction_are_one_message_and_twice_is_two(
    team: Desk, rooms: Rooms, post: Callable[[], int]
) -> None:
    connect(team, rooms)
    content_id = str(team.write())
    for _again in range(2):
        with team.session() as session:
            for role in ("cm", "rp", "owner"):
                notices.tell(
                    session, team.world.people[role].membership_id, "held", {"content_id": content_id, "by": "Ana"}
                )
    assert post() == 2
    with team.runtime.database.open_agency(team.world.agency_id) as session:
        notices.tell(session, team.world.people["cm"].membership_id, "held", {"content_id": content_id})
        session.rollback()
    assert post() == 0


def test_a_room_hears_of_what_was_chosen_and_of_its_brand_only(
    team: Desk, rooms: Rooms, post: Callable[[], int]
) -> None:
    connect(team, rooms, events=["stopped"], brand_id=team.world.sibling_id)
    connect(team, rooms, "discord", events=["approved"])
    content_id = str(team.write())
    tell(team, content_id=content_id)
    tell(team, "approval_reminder", content_id=content_id)
    tell(team, "import_over", import_id=str(uuid.uuid4()), brand_id=str(team.world.brand_id), file="plan.csv")
    assert post() == 0
    tell(team, "approved", content_id=content_id)
    assert post() == 1
    assert [room for room, _told in rooms.taken] == ["discord"]


@pytest.mark.parametrize("room", ["slack", "teams", "discord"])
def test_nothing_that_people_wrote_is_markup_or_a_call(
    team: Desk, rooms: Rooms, post: Callable[[], int], room: str
) -> None:
    connect(team, rooms, room)
    tell(team, content_id=str(team.write(title=HOSTILE)))
    assert post() == 1
    ((_room, told),) = rooms.taken
    if room == "slack":
        assert "<" not in told["text"]
        assert {each["text"]["type"] for each in told["blocks"] if "text" in each} == {"plain_text"}
    elif room == "teams":
        card = told["attachments"][0]["content"]
        assert {each["type"] for each in card["body"]} == {"RichTextBlock"}
        assert card["actions"][0]["url"].startswith("http://localhost/")
    else:
        assert told["allowed_mentions"] == {"parse": []}
        title = told["embeds"][0]["title"]
        assert not re.search(r"(?<!\\)[*_`<>\[\]@#]", title)


def test_a_message_of_any_length_fits_every_chat() -> None:
    message = Message("*" * 400, "Brand", "http://localhost/x", "Open")
    assert len(message.short) == MOST
    for room in ("slack", "teams", "discord"):
        assert json.loads(body_of(room, message))
    assert len(json.loads(body_of("discord", message))["embeds"][0]["title"]) <= 256


@pytest.mark.parametrize("fault", ["503", "cut", "429", "429-header"])
def test_what_was_not_taken_is_sent_again(
    team: Desk, worker: Runtime, rooms: Rooms, post: Callable[[], int], fault: str
) -> None:
    hook_id = connect(team, rooms)
    tell(team, content_id=str(team.write()))
    rooms.plan.then(fault, call="message")
    assert post() == 1
    assert rooms.taken == []
    assert hook(team, hook_id).last_error
    assert hook(team, hook_id).refusals == 0
    with worker.database.everywhere() as session:
        wait = session.execute(
            text("select extract(epoch from due_at - now()) from app.dispatch where queue = 'hooks'")
        ).scalar_one()
    assert {"429": 3 < wait < 8, "429-header": 80 < wait < 91}.get(fault, 20 < wait < 31)
    assert post() == 1
    assert len(rooms.taken) == 1
    assert hook(team, hook_id).last_error == ""


def test_a_message_nobody_takes_for_hours_is_given_up(team: Desk, rooms: Rooms, post: Callable[[], int]) -> None:
    hook_id = connect(team, rooms)
    tell(team, content_id=str(team.write()))
    with team.session() as session:
        session.execute(text("update app.hook_posts set created_at = now() - interval '7 hours'"))
    rooms.plan.then("503", call="message")
    post()
    assert hook(team, hook_id).refusals == 1
    with team.session() as session:
        assert session.scalars(select(HookPost.state)).all() == ["failed"]
    assert post() == 0


def test_a_room_that_keeps_refusing_is_left_alone_and_its_keepers_are_told_once(
    team: Desk, rooms: Rooms, post: Callable[[], int]
) -> None:
    hook_id = connect(team, rooms, name="#contenus")
    content_id = str(team.write())
    for _number in range(REFUSALS + 2):
        tell(team, content_id=content_id)
    rooms.plan.then(*["404"] * REFUSALS, call="message")
    post()
    assert rooms.asked == REFUSALS
    assert hook(team, hook_id).off_at is not None
    tell(team, content_id=content_id)
    assert post() == 0
    with team.session() as session:
        told = session.scalars(select(Notice.membership_id).where(Notice.kind == "hook_off")).all()
        assert set(told) == {team.world.people[role].membership_id for role in ("owner", "admin")}
        assert session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == "hook_off")) == 2
        assert session.scalars(text("select verb from app.events where verb = 'hook.off'")).all() == ["hook.off"]
    page = team.get("owner", "/notices").get_data(as_text=True)
    assert "#contenus refuses our messages" in page
    assert "It refused 5 messages in a row" in team.get("owner", "/settings/rooms").get_data(as_text=True)
    assert team.post("owner", f"/settings/rooms/{hook_id}/try").status_code == 303
    assert hook(team, hook_id).off_at is None
    tell(team, content_id=content_id)
    assert post() == 1


@pytest.mark.parametrize("fault", ["404", "503", "302"])
def test_trying_a_room_says_what_came_of_it(team: Desk, rooms: Rooms, fault: str) -> None:
    hook_id = connect(team, rooms)
    rooms.plan.then(fault, call="message")
    answer = team.post("owner", f"/settings/rooms/{hook_id}/try")
    assert answer.status_code == 422
    assert "Nothing was sent" in answer.get_data(as_text=True)
    assert team.post("owner", f"/settings/rooms/{hook_id}/try").status_code == 303
    assert rooms.taken[0][1]["text"] == "This room is connected to Unisson."


def typed(rooms: Rooms, **changes: object) -> dict[str, object]:
    return {
        "name": "#contenus",
        "room": "slack",
        "url": rooms.url("slack"),
        "brand": "",
        "events": ["approved"],
    } | changes


def test_the_address_is_a_secret(team: Desk, rooms: Rooms, post: Callable[[], int], capfd: object) -> None:
    assert team.post("owner", "/settings/rooms", typed(rooms)).status_code == 303
    tell(team, "approved", content_id=str(team.write()))
    rooms.plan.then("503", "cut", call="message")
    for _try in range(3):
        post()
    with team.session() as session:
        kept = [str(row) for table in ("hooks", "hook_posts", "events", "letters")
                for row in session.execute(text(f"select t::text from app.{table} t"))]  # fmt: skip
        hook_id = session.scalars(select(Hook.id)).one()
    pages = [
        team.get("owner", path).get_data(as_text=True) for path in ("/settings/rooms", f"/settings/rooms/{hook_id}")
    ]
    assert not [each for each in (*kept, *pages) if "s3cr3t" in each]
    out = capfd.readouterr()
    assert "s3cr3t" not in out.out + out.err


@pytest.mark.parametrize(
    ("room", "url"),
    [
        ("slack", "http://hooks.slack.com/services/T/B/x"),
        ("slack", "https://hooks.slack.com.evil.example/services/T"),
        ("slack", "https://hooks.slack.com@evil.example/services/T"),
        ("slack", "https://evil.example/hooks.slack.com"),
        ("slack", "https://hooks.slack.com"),
        ("slack", "https://hooks.slack.com:8443/services/T"),
        ("slack", "https://discord.com/api/webhooks/1/x"),
        ("teams", "https://logic.azure.com/x"),
        ("teams", "https://evillogic.azure.com.example/x"),
        ("discord", "https://169.254.169.254/latest"),
        ("discord", "javascript:alert(1)"),
        ("discord", "\x01"),
        ("discord", ""),
        ("slack", "x" * 3000),
    ],
    ids=str,
)
def test_an_address_that_is_not_the_chat_s_is_refused(team: Desk, rooms: Rooms, room: str, url: str) -> None:
    answer = team.post("owner", "/settings/rooms", typed(rooms, room=room, url=url))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "#contenus" in page
    with team.session() as session:
        assert session.scalar(select(func.count()).select_from(Hook)) == 0


@pytest.mark.parametrize(
    ("room", "url"),
    [
        ("slack", "https://hooks.slack.com/services/T/B/x"),
        ("teams", "https://prod-12.westeurope.logic.azure.com:443/workflows/x"),
        ("teams", "https://default1.05.environment.api.powerplatform.com/powerautomate/x"),
        ("discord", "https://discord.com/api/webhooks/1/x"),
    ],
)
def test_an_address_of_the_chat_is_taken(team: Desk, rooms: Rooms, room: str, url: str) -> None:
    assert team.post("owner", "/settings/rooms", typed(rooms, room=room, url=url)).status_code == 303


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Give the room a name"),
        ({"name": "x" * 81}, "Use at most 80 characters."),
        ({"events": []}, "Choose at least one thing"),
        ({"events": ["named"]}, ""),
        ({"room": "irc"}, ""),
        ({"brand": str(uuid.UUID(int=7))}, ""),
    ],
    ids=str,
)
def test_what_can_t_be_kept_is_said_at_its_place(
    team: Desk, rooms: Rooms, changes: dict[str, object], sentence: str
) -> None:
    answer = team.post("owner", "/settings/rooms", typed(rooms, **changes))
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)


def test_a_room_is_changed_and_removed(team: Desk, rooms: Rooms, post: Callable[[], int]) -> None:
    hook_id = connect(team, rooms)
    tell(team, content_id=str(team.write()))
    answer = team.post("owner", f"/settings/rooms/{hook_id}", typed(rooms, url="", name="#autre", events=["late"]))
    assert answer.status_code == 303
    assert (hook(team, hook_id).name, hook(team, hook_id).events) == ("#autre", ["late"])
    moved = team.post("owner", f"/settings/rooms/{hook_id}", typed(rooms, url="", room="discord"))
    assert moved.status_code == 422  # another chat has another address
    assert team.post("owner", f"/settings/rooms/{hook_id}/removal").status_code == 303
    assert post() == 1
    assert rooms.asked == 0
    for role in ("cm", "account_manager", "client_approver"):
        assert team.get(role, "/settings/rooms").status_code == 403


def test_an_agency_without_rooms_pays_one_question(team: Desk, rooms: Rooms) -> None:
    content_id = str(team.write())
    with team.session() as session, recorded(team.runtime) as asked:
        for role in ("cm", "rp", "owner"):
            notices.tell(session, team.world.people[role].membership_id, "held", {"content_id": content_id})
    assert len([each for each in asked if "app.hooks" in each]) == 1


def test_no_hook_reaches_another_agency(team: Desk, rooms: Rooms, post: Callable[[], int], new_world: Callable) -> None:
    connect(team, rooms)
    other = Desk(team.app, team.runtime, new_world())
    tell(other, content_id=str(other.write()))
    assert post() == 0
