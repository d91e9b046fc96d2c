"""A draft that saves itself: by the rules of saving, never over somebody, and never past an approval."""

import json
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from support.desk import Desk
from support.pictures import picture
from support.statements import recorded
from support.xss import CORPUS, live_markup
from werkzeug.test import TestResponse

from unisson.activity.models import Event
from unisson.editorial.autosave_page import inputs_of
from unisson.editorial.writing import draft_of
from unisson.runtime import Runtime

Pairs = list[tuple[str, str]]


def shown(desk: Desk, content_id: uuid.UUID) -> tuple[Pairs, int]:
    """What the inputs of the composer hold as it opens, and the version that it was made from."""
    with desk.app.test_request_context(), desk.session() as session:
        content = desk.content(content_id, session)
        draft = draft_of(session, content)
        pairs = [(name, value) for name, values in inputs_of(draft).items() for value in values]
        for place, (media_id, alt) in enumerate(draft.pictures, start=1):
            pairs += [("picture_id", str(media_id)), (f"alt-{media_id}", alt), (f"order-{media_id}", str(place))]
        return pairs, content.version


def typed(pairs: Pairs, **more: Any) -> Pairs:
    changed = [(name, value) for name, value in pairs if name not in more]
    for name, values in more.items():
        changed += [(name, value) for value in ([values] if isinstance(values, str) else values)]
    return changed


def sent(
    desk: Desk, role: str, content_id: uuid.UUID, pairs: Pairs, version: int, base: Pairs | None = None
) -> TestResponse:
    form: dict[str, list[str]] = {"version": [str(version)]}
    for name, value in pairs:
        form.setdefault(name, []).append(value)
    if base is not None:
        form["base"] = [json.dumps(base)]
    headers = {"Accept": "application/json"}
    return desk.post(role, f"/contents/{content_id}/autosave", form, headers=headers)  # type: ignore[arg-type]  # lists of values are fields


def test_it(desk: Desk) -> None:
    desk.speak_english()
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    answer = sent(desk, "cm", content_id, typed(pairs, body="Samedi à 11 h."), version)
    assert answer.status_code == 200
    assert answer.json["version"] > version
    assert answer.json["said"].startswith("Saved at ")
    assert answer.json["said"].endswith(" (Paris)")
    assert "fields" not in answer.json
    assert desk.content(content_id).body == "Samedi à 11 h."
    assert desk.content(content_id).version == answer.json["version"]


def test_sending_the_same_again_changes_nothing(desk: Desk) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    mine = typed(pairs, body="Samedi à 11 h.")
    first = sent(desk, "cm", content_id, mine, version, base=pairs).json["version"]
    again = sent(desk, "cm", content_id, mine, version, base=pairs)
    assert (again.status_code, again.json["version"]) == (200, first)
    assert again.json["fields"] == {}


def test_what_only_one_changed_is_put_together(desk: Desk) -> None:
    desk.speak_english()
    content_id = desk.write(tags=("été",))
    pairs, version = shown(desk, content_id)
    theirs = typed(pairs, title="Ouverture", tags="été, presse")
    assert sent(desk, "rp", content_id, theirs, version).status_code == 200
    asked = sent(desk, "cm", content_id, typed(pairs, body="Samedi à 11 h.", tags="été, crêpes"), version)
    assert (asked.status_code, asked.json) == (409, {"base_wanted": True})
    answer = sent(desk, "cm", content_id, typed(pairs, body="Samedi à 11 h.", tags="été, crêpes"), version, base=pairs)
    assert answer.status_code == 200
    assert answer.json["fields"] == {"title": ["Ouverture"], "tags": ["crêpes, presse, été"]}
    assert "what Rp saved" in answer.json["said"]
    kept = desk.content(content_id)
    assert (kept.title, kept.body, kept.tags) == ("Ouverture", "Samedi à 11 h.", ["crêpes", "presse", "été"])


def test_what_both_changed_is_for_a_person_to_choose(desk: Desk) -> None:
    desk.speak_english()
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    assert sent(desk, "rp", content_id, typed(pairs, body="Dimanche.", title="Ouverture"), version).status_code == 200
    before = desk.content(content_id)
    mine = typed(pairs, body="Lundi.", pillar="")
    answer = sent(desk, "cm", content_id, mine, version, base=pairs)
    assert answer.status_code == 409
    assert answer.json["version"] == before.version
    assert answer.json["fields"] == {"title": ["Ouverture"]}
    assert answer.json["theirs"] == {"body": {"body": ["Dimanche."]}}
    assert answer.json["base"] == {"title": ["Ouverture"], "body": ["Dimanche."]}
    for words in ("Keep mine", "Keep theirs", "Lundi", "Dimanche", "By Rp"):
        assert words in answer.json["html"]
    assert desk.content(content_id).version == before.version

    base = typed(pairs, **answer.json["base"])
    chosen = sent(desk, "cm", content_id, typed(mine, title="Ouverture"), answer.json["version"], base=base)
    assert chosen.status_code == 200
    assert (desk.content(content_id).title, desk.content(content_id).body) == ("Ouverture", "Lundi.")


def test_a_channel_s_own_text_a_date_a_kind_and_images_clash_each_for_itself(desk: Desk) -> None:
    desk.speak_english()
    letter_id = desk.letter()
    own = f"text-{letter_id}"
    one, two = desk.picture(picture())[0], desk.picture(picture(size=(80, 60)))[0]
    content_id = desk.write(channel_ids=(desk.world.newsroom_id, letter_id), texts=((letter_id, "Chers lecteurs."),))
    pairs, version = shown(desk, content_id)
    theirs = typed(
        pairs, time="13:00", kind="article", picture_id=str(one), **{own: "Chers amis.", f"alt-{one}": "Rouge"}
    )
    mine = typed(pairs, time="14:00", kind="reply", picture_id=str(two), **{own: "Chers tous.", f"alt-{two}": "Bleu"})
    assert sent(desk, "rp", content_id, theirs, version).status_code == 200
    answer = sent(desk, "cm", content_id, mine, version, base=pairs)
    assert answer.status_code == 409
    assert set(answer.json["theirs"]) == {"kind", "wall_time", "pictures", own}
    assert answer.json["theirs"][own] == {own: ["Chers amis."]}
    assert answer.json["theirs"]["wall_time"]["time"] == ["13:00"]
    assert str(one) in answer.json["their_pictures"]
    for words in ("La lettre", "Article", "Reply", "13:00", "14:00", "Rouge", "Bleu"):
        assert words in answer.json["html"]
    assert desk.content(content_id).kind == "article"


@pytest.mark.parametrize(
    "base", ["", "{}", "[1]", "[[1,2,3]]", '[["a","\\ud800"]]', '[["date","x"],["time","y"]]', "[" * 50_000]
)
def test_what_it_was_made_from_need_not_be_legible(desk: Desk, base: str) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    sent(desk, "rp", content_id, typed(pairs, body="Dimanche."), version)
    form = {**dict(pairs), "body": "Lundi.", "version": str(version), "base": base}
    answer = desk.post("cm", f"/contents/{content_id}/autosave", form)
    assert answer.status_code == 409
    assert list(answer.json["theirs"]) == ["body"]
    assert desk.content(content_id).body == "Dimanche."


@pytest.mark.parametrize("state", ["in_review", "client_turn", "scheduled", "on_hold", "published", "cancelled"])
def test_what_was_submitted_is_never_saved_by_itself(desk: Desk, state: str) -> None:
    content_id = desk.in_state(state)
    pairs, version = shown(desk, content_id)
    before = desk.content(content_id)
    answer = sent(desk, "cm", content_id, typed(pairs, body="Autre."), version)
    assert answer.status_code == 409
    assert answer.json["over"] is True
    after = desk.content(content_id)
    assert (after.body, after.state, after.version) == (before.body, before.state, before.version)
    if state not in {"published", "cancelled"}:
        assert 'data-controller="autosave"' not in desk.get("cm", f"/contents/{content_id}/edit").text


@pytest.mark.parametrize("state", ["draft", "changes_requested"])
def test_what_is_being_written_is(desk: Desk, state: str) -> None:
    content_id = desk.in_state(state)
    assert 'data-controller="autosave"' in desk.get("cm", f"/contents/{content_id}/edit").text
    pairs, version = shown(desk, content_id)
    assert sent(desk, "cm", content_id, typed(pairs, body="Autre."), version).status_code == 200
    assert desk.content(content_id).body == "Autre."


def test_a_new_content_is_begun_by_a_person(desk: Desk) -> None:
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/contents/new")
    assert 'data-controller="autosave"' not in page.text


@pytest.mark.parametrize(
    "more",
    [{"date": "2001-01-01"}, {"date": ""}, {"time": "demain"}, {"body": "", "title": ""}, {"kind": "x"}, {"title": "é" * 301},
     {"tags": ",".join(map(str, range(30)))}, {"body": "x" * 100_001}],
)  # fmt: skip
def test_what_saving_refuses_is_refused_in_words(desk: Desk, more: dict[str, str]) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    answer = sent(desk, "cm", content_id, typed(pairs, **more), version)
    assert answer.status_code == 422
    assert answer.json["message"]
    assert desk.content(content_id).version == version
    assert sent(desk, "cm", content_id, typed(pairs, **more), version - 1, base=pairs).status_code == 422


def test_the_pen_of_somebody_else_stops_it(desk: Desk) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    form = {"tab": str(uuid.uuid4()), "wish": "write"}
    assert desk.post("rp", f"/contents/{content_id}/presence", form).status_code == 200
    answer = sent(desk, "cm", content_id, typed(pairs, body="Autre."), version)
    assert (answer.status_code, answer.json) == (409, {"pen": "theirs"})
    assert sent(desk, "rp", content_id, typed(pairs, body="Autre."), version).status_code == 200


@pytest.mark.parametrize("role", ["client_approver", "legal", "expert", "member"])
def test_who_may_not_write_saves_nothing(desk: Desk, role: str) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    assert sent(desk, role, content_id, typed(pairs, body="Autre."), version).status_code in {403, 404}
    assert desk.content(content_id).version == version


def test_one_sitting_is_one_event_and_another_person_another(desk: Desk) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    for number in range(4):
        version = sent(desk, "cm", content_id, typed(pairs, body=f"Le {number}."), version).json["version"]
    for number in range(3):
        version = sent(desk, "rp", content_id, typed(pairs, body=f"Le {number} mai."), version).json["version"]
    with desk.session() as session:
        told = session.execute(
            select(Event.actor_name, func.count())
            .where(Event.subject_id == content_id, Event.verb == "content.edited")
            .group_by(Event.actor_name)
        ).all()
    assert dict(map(tuple, told)) == {"Rp": 1}


def test_a_saving_asks_the_same_whatever_it_holds(desk: Desk, runtime: Runtime) -> None:
    small, large = desk.write(), desk.write(body="Mot. " * 5000, tags=tuple("abcdefgh"))
    counts = []
    for content_id in (small, large):
        pairs, version = shown(desk, content_id)
        version = sent(desk, "cm", content_id, typed(pairs, body="Un."), version).json["version"]
        with recorded(runtime) as seen:
            assert sent(desk, "cm", content_id, typed(pairs, body="Deux."), version).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("words", CORPUS[:6])
def test_what_clashes_is_text(desk: Desk, words: str) -> None:
    content_id = desk.write()
    pairs, version = shown(desk, content_id)
    sent(desk, "rp", content_id, typed(pairs, body=f"Eux {words}"), version)
    answer = sent(desk, "cm", content_id, typed(pairs, body=f"Moi {words}"), version, base=pairs)
    assert answer.status_code == 409
    assert not live_markup(answer.json["html"])
