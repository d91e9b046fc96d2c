"""A post continued by further posts: typed, counted, checked and approved with it."""

import uuid
from dataclasses import replace

import pytest
from support.desk import Desk
from support.links import bluesky_of
from support.topics import at

from unisson.approvals.anchors import sentences_of
from unisson.approvals.chain import Aspect
from unisson.approvals.changes import changes_between
from unisson.approvals.covering import covers_digest
from unisson.editorial.beside import Beside
from unisson.editorial.revisions import payload_of
from unisson.editorial.series import Repeat, Rhythm, repeat_draft
from unisson.editorial.writing import draft_of, duplicate, edit
from unisson.strategy.models import Check, Weight
from unisson.strategy.planning import StrategyPlan, open_strategy


@pytest.fixture
def channel_id(desk: Desk) -> uuid.UUID:
    desk.speak_english()
    return bluesky_of(desk)


def path(desk: Desk, rest: str = "new") -> str:
    return f"/brands/{desk.world.brand_slug}/contents/{rest}"


def typed(desk: Desk, channel_id: uuid.UUID, *posts: str, **more: object) -> dict[str, object]:
    return {"kind": "post", "title": "T", "body": "Un", "channel_ids": [str(channel_id)], "post": list(posts), **more}


def payload(desk: Desk, content_id: uuid.UUID) -> dict:
    with desk.session() as session:
        return payload_of(session, desk.content(content_id, session))


def kept(desk: Desk, answer: object) -> uuid.UUID:
    assert answer.status_code == 303, answer.text
    return uuid.UUID(answer.location.rsplit("/", 1)[1])


def test_it(desk: Desk, channel_id: uuid.UUID) -> None:
    form = typed(desk, channel_id, "Deux <b>", "", "Trois")
    form["channel_ids"] = [str(channel_id), str(desk.world.newsroom_id)]
    content_id = kept(desk, desk.post("cm", path(desk), form))
    by_kind = {each["kind"]: each for each in payload(desk, content_id)["channels"]}
    assert by_kind["bluesky"]["thread"] == ["Deux <b>", "Trois"]
    assert "thread" not in by_kind["newsroom"]
    page = desk.get("cm", f"/contents/{content_id}/edit").text
    assert page.count('<textarea class="input" name="post" rows="3" id="post-') == 2
    assert "Deux &lt;b&gt;" in page
    shown = desk.get("cm", f"/contents/{content_id}").text
    assert "Post 3 of 3" in shown
    assert "Deux &lt;b&gt;" in shown


def test_a_content_without_one_has_the_payload_of_before(desk: Desk, channel_id: uuid.UUID) -> None:
    content_id = desk.write(channel_ids=(channel_id,), body="https://a.example")
    (channel,) = payload(desk, content_id)["channels"]
    assert channel.keys() == {"id", "kind", "name", "text"}


def test_a_post_is_added_and_nothing_typed_is_lost(desk: Desk, channel_id: uuid.UUID) -> None:
    page = desk.post("cm", path(desk), typed(desk, channel_id, "Deux", action="post", body="Un texte rare"))
    assert page.status_code == 200
    assert page.text.count('<textarea class="input" name="post" rows="3" id="post-') == 2
    assert "Un texte rare" in page.text
    full = desk.post("cm", path(desk), typed(desk, channel_id, *["x"] * 9, action="post")).text
    assert full.count('<textarea class="input" name="post" rows="3" id="post-') == 9
    assert "Add a post" not in full


def test_a_brand_without_such_a_channel_is_offered_none(desk: Desk) -> None:
    desk.speak_english()
    assert "Add a post" not in desk.get("cm", path(desk)).text


@pytest.mark.parametrize(
    ("posts", "told"), [(["x"] * 10, "ten posts at most"), (["x" * 3001], "longer than 3,000 characters")]
)
def test_what_is_too_much_is_refused_and_kept(posts: list[str], told: str, desk: Desk, channel_id: uuid.UUID) -> None:
    answer = desk.post("cm", path(desk), typed(desk, channel_id, *posts))
    assert answer.status_code == 422
    assert told in answer.text
    assert answer.text.count('<textarea class="input" name="post" rows="3" id="post-') == len(posts)


def test_each_post_has_the_channel_s_limits(desk: Desk, channel_id: uuid.UUID) -> None:
    form = typed(desk, channel_id, "é" * 301)
    assert "Post 2:" in desk.post("cm", path(desk, "preview"), form).text
    assert desk.post("cm", path(desk), form).status_code == 303
    at_noon = {"date": at(5).strftime("%Y-%m-%d"), "time": "12:00", "action": "submit"}
    refused = desk.post("cm", path(desk), form | at_noon)
    assert refused.status_code == 422
    assert "post 2: The text is 1 characters too long" in refused.text
    elsewhere = form | at_noon | {"channel_ids": [str(desk.world.newsroom_id)]}
    assert desk.post("cm", path(desk), elsewhere).status_code == 303


def test_the_strategy_reads_each_post(desk: Desk, channel_id: uuid.UUID) -> None:
    with desk.session() as session:
        plan = StrategyPlan("S", at(-1).date(), at(90).date(), banned=["miracle"], weights={Check.BANNED: Weight.STOP})
        open_strategy(session, desk.actor("cm"), desk.world.brand_id, plan)
    content_id = desk.write(channel_ids=(channel_id,), beside=Beside(thread=("Un miracle.",)))
    shown = {"version": str(desk.content(content_id).version)}
    answer = desk.post("cm", f"/contents/{content_id}/submission", shown)
    assert answer.status_code == 422
    assert "miracle" in answer.text


def test_a_change_of_a_post_asks_for_the_approval_again_and_is_told(desk: Desk, channel_id: uuid.UUID) -> None:
    content_id = desk.in_state("client_turn", channel_ids=(channel_id,), beside=Beside(thread=("Deux mots.", "Trois.")))
    before = payload(desk, content_id)
    version = desk.content(content_id).version
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, replace(draft, beside=Beside(thread=("Deux.", "Trois."))), None)
    assert desk.content(content_id).state == "draft"
    assert desk.content(content_id).version > version
    after = payload(desk, content_id)
    assert covers_digest(before, {Aspect.TEXT}) != covers_digest(after, {Aspect.TEXT})
    (told,) = changes_between(before, after).texts
    assert ("removed", "Deux mots.") in told.parts or any("mots" in text for _kind, text in told.parts)
    assert "Deux mots." in sentences_of(before)


def test_clients_read_all_of_it(desk: Desk, channel_id: uuid.UUID) -> None:
    content_id = desk.in_state("client_turn", channel_ids=(channel_id,), beside=Beside(thread=("Une suite rare.",)))
    token = desk.known(desk.link(content_id)[1])
    assert "Une suite rare." in desk.get(None, f"/approve/{token}/contents/{content_id}").text
    assert "Une suite rare." in desk.get("cm", f"/contents/{content_id}/proof").text


def test_copies_and_repetitions_have_it_too(desk: Desk, channel_id: uuid.UUID) -> None:
    beside = Beside(thread=("Deux.",), tagged=False)
    content_id = desk.write(channel_ids=(channel_id,), beside=beside)
    with desk.session() as session:
        copy = duplicate(session, desk.actor("cm"), content_id)
        ids = repeat_draft(session, desk.actor("cm"), content_id, Repeat(Rhythm.WEEKS, count=2))
        for each in (copy.id, *ids):
            assert draft_of(session, desk.content(each, session)).beside == beside
