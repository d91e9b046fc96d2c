"""What changed since somebody decided: in rows, on their page, between any two versions, and in a letter."""

import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from support.addresses import digests_in
from support.desk import Desk, days_ahead
from support.pictures import picture
from support.world import PEOPLE

from tenants.permissions import StageRole
from unisson.approvals import deciding
from unisson.approvals.chain import Chain, of_roles
from unisson.approvals.changes import What, changes_between, since_decided
from unisson.approvals.picture_changes import picture_changes
from unisson.editorial import writing
from unisson.editorial.models import Revision
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter


def payload(**more: Any) -> dict[str, Any]:
    base = {
        "format": 2, "kind": "post", "title": "La saison", "tags": [], "risks": [], "embargo": None,
        "scheduled_at": "2027-01-04T09:00:00+00:00", "zone": "Europe/Paris", "channels": [channel("1", "Samedi.")],
        "pictures": [],
    }  # fmt: skip
    return {**base, **more}


def channel(name: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "kind": "bluesky", "name": f"canal {name}", "text": text, **more}


def image(digest: str, alt: str = "") -> dict[str, Any]:
    return {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, digest)), "digest": digest, "alt": alt, "width": 4, "height": 3}


def told(before: str, after: str, **alts: str) -> list[tuple[str, int, int]]:
    old, new = ([image(each, alts.get(each, "")) for each in digests] for digests in (before, after))
    return [(each.kind, each.before_place, each.after_place) for each in picture_changes(old, new)]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ("ab", "ab", []),
        ("ab", "abc", [("added", 0, 3)]),
        ("abc", "ac", [("removed", 2, 0)]),
        ("ab", "ac", [("replaced", 2, 2)]),
        ("abc", "bca", [("moved", 1, 3)]),
        ("aa", "a", [("removed", 2, 0)]),
        ("ab", "bx", [("removed", 1, 0), ("added", 0, 2)]),
    ],
)
def test_what_became_of_images(before: str, after: str, changes: list[tuple[str, int, int]]) -> None:
    assert told(before, after) == changes


def test_an_image_that_is_described_otherwise_says_how() -> None:
    (one,) = picture_changes([image("a", "Une place")], [image("a", "Une grande place")])
    assert (one.kind, [part for part in one.alt if part[0] != "same"]) == ("described", [("added", "grande ")])


@given(st.text("abcd", max_size=8), st.text("abcd", max_size=8))
def test_the_images_now_follow_from_those_before(before: str, after: str) -> None:
    changes = picture_changes([image(each) for each in before], [image(each) for each in after])
    gone = [before[each.before_place - 1] for each in changes if each.kind in {"removed", "replaced"}]
    come = [after[each.after_place - 1] for each in changes if each.kind in {"added", "replaced"}]
    assert sorted([*before, *come]) == sorted([*after, *gone])
    assert (not changes) == (before == after)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ({}, ""),
        ({"title": "L’été"}, "the title"),
        ({"channels": [channel("1", "Dimanche.")], "pictures": [image("a"), image("b")]}, "the text, 2 images"),
        ({"channels": [channel("1", "Samedi."), channel("2", "Samedi.")]}, "the channels"),
        ({"channels": [channel("2", "Samedi.")]}, "the channels"),
        ({"channels": [channel("1", "Samedi.", settings={"a": 1})]}, "the settings of channels"),
        ({"scheduled_at": "2027-01-05T09:00:00+00:00", "tags": ["x"], "risks": ["price"]}, "the tags, the delicate points, the date"),
        ({"kind": "article", "embargo": "2027-01-05T09:00:00+00:00"}, "the kind, the embargo"),
        ({"scheduled_at": None}, ""),
    ],
)  # fmt: skip
def test_what_changed_is_said_in_a_few_words(desk: Desk, now: dict[str, Any], words: str) -> None:
    with desk.app.test_request_context(headers={"Accept-Language": "en"}):
        changes = changes_between(payload(), payload(**now))
        assert changes.in_words() == words
        assert changes.any == bool(words)


def test_channels_with_texts_of_their_own_are_compared_each() -> None:
    before = [channel("1", "Samedi."), channel("2", "Court.")]
    after = [channel("1", "Dimanche."), channel("2", "Court."), channel("3", "Autre.")]
    texts = changes_between(payload(channels=before), payload(channels=after)).texts
    assert [(each.what, each.channels) for each in texts] == [(What.TEXT, ("canal 1",)), (What.TEXT, ("canal 3",))]


def test_an_older_format_is_compared_by_what_it_has() -> None:
    assert not changes_between({}, {}).any
    assert changes_between({}, payload()).any


def edited(desk: Desk, content_id: uuid.UUID, **more: object) -> None:
    actor = desk.actor("cm")
    with desk.session() as session:
        content = desk.content(content_id, session)
        draft = replace(writing.draft_of(session, content), **more)
        writing.edit(session, actor, content_id, draft, content.version)


def sent_back(desk: Desk, content_id: uuid.UUID) -> None:
    actor, (digest, _stage) = desk.actor("rp"), desk.asked(content_id)
    with desk.session() as session:
        deciding.request_changes(session, actor, content_id, digest, "Dimanche, pas samedi.")


def test_who_is_asked_again_sees_what_changed_since_they_decided(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    assert "What changed since" not in desk.get("client_approver", f"/contents/{content_id}?lang=en").text
    media, digest = desk.picture(picture(), "été.jpg")
    edited(desk, content_id, body="Dimanche à 10 h, place du Commerce.", pictures=((media, "La place"),))
    desk.submit(content_id)
    page = desk.get("rp", f"/contents/{content_id}?lang=en").text
    assert "What changed since your approval" in page
    assert re.search(r"<del>.*Samedi</del><ins>.*Dimanche</ins>", page)
    changed = re.search(r'<figure class="change-picture"><img src="([^"]+)" alt="La place"', page)
    assert changed is not None
    assert digests_in(desk.runtime.settings, changed[1]) == {digest}
    assert page.index("What changed since") < page.index('id="decide"')
    desk.approve(content_id, "rp")
    assert "What changed since" not in desk.get("client_approver", f"/contents/{content_id}?lang=en").text


def test_only_the_last_decision_of_that_person_counts(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    sent_back(desk, content_id)
    edited(desk, content_id, title="Un")
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    edited(desk, content_id, title="Deux")
    desk.submit(content_id)
    with desk.session() as session:
        content = desk.content(content_id, session)
        changes = since_decided(session, content, desk.world.people["rp"].membership_id)
        assert changes is not None
        assert changes.since is not None
        assert (changes.since.verdict, changes.since.version) == ("approved", 2)
        assert changes.texts[0].parts == [("removed", "Un"), ("added", "Deux")]
        assert since_decided(session, content, desk.world.people["client_approver"].membership_id) is None


def test_nothing_changed_is_said_too(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    sent_back(desk, content_id)
    desk.submit(content_id)
    page = desk.get("rp", f"/contents/{content_id}?lang=en").text
    assert "What changed since you asked for changes" in page
    assert "Nothing changed" in page


def versions(desk: Desk, role: str, content_id: uuid.UUID, query: str = "") -> Any:
    return desk.get(role, f"/contents/{content_id}/versions?lang=en{query}")


def test_any_two_versions_are_compared(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    for title in ("Deux", "Trois"):
        edited(desk, content_id, title=title)
        desk.submit(content_id)
    last = versions(desk, "cm", content_id).text
    assert "<del><span" in last
    assert re.search(r"Deux</del><ins>.*Trois</ins>", last)
    assert re.search(r"La saison ouvre</del><ins>.*Trois</ins>", versions(desk, "cm", content_id, "&from=1&to=3").text)
    assert re.search(r"La saison ouvre</del><ins>.*Trois</ins>", versions(desk, "cm", content_id, "&from=3&to=1").text)
    assert "Nothing changed" in versions(desk, "cm", content_id, "&from=2&to=2").text
    with desk.session() as session:
        digests = session.scalars(select(Revision.digest).where(Revision.content_id == content_id)).all()
    assert all(digest in last for digest in digests)
    for role in PEOPLE:
        seen = role not in {"member", "expert"}
        assert versions(desk, role, content_id).status_code == (200 if seen else 404)


@pytest.mark.parametrize(
    "query", ["&from=9", "&to=0", "&from=-1", "&from=²", "&from=1.5", "&from=99999999999999999999"]
)
def test_a_version_that_is_not_there_is_not_found(desk: Desk, query: str) -> None:
    assert versions(desk, "cm", desk.in_state("in_review"), query).status_code == 404


def test_a_content_without_versions_says_so(desk: Desk) -> None:
    page = versions(desk, "cm", desk.write())
    assert page.status_code == 200
    assert "Nothing was submitted yet" in page.text
    assert versions(desk, "cm", desk.in_state("in_review")).status_code == 200


def test_the_letter_says_what_changed(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    media, _digest = desk.picture(picture(), "été.jpg")
    edited(desk, content_id, body="Dimanche.", pictures=((media, "La place"),), wall_time=days_ahead(12))
    with desk.session() as session:
        letter = session.scalars(select(Letter).where(Letter.kind == "approval_voided")).one()
        with desk.app.app_context():
            ready = compose(session, letter, "https://u.example")
    assert ready is not None
    assert "image" in ready.words.paragraphs[0]
    assert ready.words.paragraphs[0].count(",") == 2


@pytest.mark.parametrize("state", ["in_review", "scheduled"])
def test_a_move_says_beforehand_whether_it_asks_again(desk: Desk, state: str) -> None:
    path = "/contents/{}/move?lang=en"
    bound = desk.get("cm", path.format(desk.in_state(state))).text
    assert "Moving it asks for the approval again" in bound
    desk.give_chain(Chain(stages=of_roles(StageRole.RP, StageRole.CLIENT_APPROVER).stages, date_approved=False))
    content_id = desk.in_state(state)
    free = desk.get("cm", path.format(content_id)).text
    assert "The approval stays" in free
    assert 'name="confirmed"' not in free
    form = {"wall_time": days_ahead(20).strftime("%Y-%m-%dT%H:%M"), "version": desk.content(content_id).version}
    assert desk.post("cm", f"/contents/{content_id}/move", form).status_code == 303
    assert desk.content(content_id).state == state
