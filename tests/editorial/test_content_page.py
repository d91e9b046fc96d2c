"""The page of a content, and moving, cancelling and restoring it."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from support.desk import Desk, days_ahead

from tenants.base import utcnow
from unisson.activity.models import Event
from unisson.editorial.models import Content


def at(days: int = 20) -> str:
    return days_ahead(days).strftime("%Y-%m-%dT%H:%M")


def posted(page: str) -> set[str]:
    found = {each.rsplit("/", 1)[1] for each in re.findall(r'(?:form)?action="([^"]+)"', page) if "/contents/" in each}
    return found - {"duplicate", "template"}  # which those who write and plan may always do


@pytest.mark.parametrize(
    ("role", "state", "verbs"),
    [
        ("cm", "draft", {"submission", "cancellation"}),
        ("cm", "in_review", {"withdrawal", "cancellation"}),
        ("rp", "in_review", {"withdrawal", "cancellation", "approval", "change-request"}),
        ("client_approver", "client_turn", {"approval", "change-request"}),
        ("client_approver", "in_review", set()),
        ("client_contact", "client_turn", set()),
        ("cm", "scheduled", {"withdrawal", "cancellation", "hold"}),
        ("client_approver", "scheduled", {"hold"}),
        ("client_approver", "on_hold", {"release"}),
        ("cm", "published", set()),
        ("cm", "cancelled", {"restoration"}),
    ],
)
def test_only_what_may_be_done_now_is_shown(desk: Desk, role: str, state: str, verbs: set[str]) -> None:
    page = desk.get(role, f"/contents/{desk.in_state(state)}")
    assert page.status_code == 200
    assert posted(page.text) == verbs | {"threads"}


def test_the_submitted_bytes_are_shown_with_their_digest(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    digest, _stage = desk.asked(content_id)
    assert digest[:8] in desk.get("rp", f"/contents/{content_id}").text


def test_a_client_sees_no_internal_notes(desk: Desk) -> None:
    content_id = desk.in_state("changes_requested")
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    assert "Samedi, pas vendredi." in desk.get("cm", f"/contents/{content_id}").text
    page = desk.get("client_approver", f"/contents/{content_id}").text
    assert "Samedi, pas vendredi." not in page
    assert "approval-links" not in page


def test_changes_want_a_comment_and_keep_it(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    digest, stage = desk.asked(content_id)
    path = f"/contents/{content_id}/change-request"
    form = {"digest": digest, "stage": stage}
    assert desk.post("rp", path, {**form, "comment": "  "}).status_code == 422
    kept = desk.post("rp", path, {**form, "comment": "Des mots rares", "digest": "0" * 64})
    assert kept.status_code == 409
    assert "Des mots rares" in kept.text
    assert desk.post("rp", path, {**form, "comment": "x" * 5001}).status_code == 422
    assert desk.content(content_id).state == "in_review"


def test_words_of_a_decision_that_came_too_late_are_shown(desk: Desk) -> None:
    """Its form is not there any more: the words stand beside the sentence, to be taken elsewhere."""
    content_id = desk.in_state("in_review")
    digest, stage = desk.asked(content_id)
    desk.approve(content_id, "rp")
    form = {"digest": digest, "stage": stage, "comment": "Samedi, pas <b>vendredi</b>"}
    late = desk.post("rp", f"/contents/{content_id}/change-request", form)
    assert late.status_code == 409
    assert "Samedi, pas &lt;b&gt;vendredi&lt;/b&gt;</blockquote>" in late.text
    without = desk.post("rp", f"/contents/{content_id}/change-request", {**form, "comment": " "})
    assert "blockquote" not in without.text


def test_a_client_who_asked_for_changes_goes_on_to_the_next(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "comment": "Samedi"}
    answer = desk.post("client_approver", f"/contents/{content_id}/change-request", form)
    assert answer.status_code == 303
    assert answer.location.endswith("/approvals")


def test_cancelling_can_be_undone(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    answer = desk.post("cm", f"/contents/{content_id}/cancellation", {"version": desk.content(content_id).version})
    assert answer.status_code == 303
    page = desk.get("cm", f"/contents/{content_id}").text
    undo = re.search(r'action="([^"]+/restoration)"', page)
    assert undo
    assert desk.browser("cm").post(undo[1], base_url="https://localhost").status_code == 303
    kept = desk.content(content_id)
    assert (kept.state, kept.stages_done, kept.revision_id) == ("draft", 0, None)
    with desk.session() as session:
        told = session.scalars(select(Event.verb).where(Event.subject_id == content_id)).all()
    assert {"content.cancelled", "content.restored"} <= set(told)


def test_moving_a_draft(desk: Desk) -> None:
    content_id = desk.write()
    page = desk.get("cm", f"/contents/{content_id}/move")
    assert page.status_code == 200
    assert 'name="confirmed"' not in page.text
    form = {"wall_time": at(), "version": desk.content(content_id).version}
    assert desk.post("cm", f"/contents/{content_id}/move", form).status_code == 303
    assert desk.content(content_id).wall_time == days_ahead(20)


@pytest.mark.parametrize("state", ["in_review", "scheduled"])
def test_moving_what_was_submitted_wants_a_confirmation(desk: Desk, state: str) -> None:
    content_id = desk.in_state(state)
    path = f"/contents/{content_id}/move"
    form = {"wall_time": at(), "version": desk.content(content_id).version}
    refused = desk.post("cm", path, form)
    assert refused.status_code == 409
    assert 'name="confirmed"' in refused.text
    assert days_ahead(20).strftime("%Y-%m-%d") in refused.text
    assert desk.content(content_id).state == state
    assert desk.post("cm", path, {**form, "confirmed": "y"}).status_code == 303
    assert desk.content(content_id).state == "draft"


def test_the_calendar_is_answered_in_its_own_terms(desk: Desk) -> None:
    content_id = desk.write()
    path = f"/contents/{content_id}/move"
    version = desk.content(content_id).version
    htmx = desk.post("cm", path, {"wall_time": at(), "version": version}, headers={"HX-Request": "true"})
    assert (htmx.status_code, htmx.headers["HX-Trigger"]) == (204, "calendar-changed")
    stale = desk.post("cm", path, {"wall_time": at(30), "version": version}, headers={"HX-Request": "true"})
    assert stale.status_code == 409
    assert "<html" not in stale.text
    day = days_ahead(40).strftime("%Y-%m-%d")
    form = {"date": day, "version": desk.content(content_id).version}
    said = desk.post("cm", path, form, headers={"Accept": "application/json"})
    assert said.status_code == 200
    kept = desk.content(content_id)
    assert said.json["version"] == kept.version
    assert kept.wall_time == days_ahead(40)


def test_a_drag_of_what_was_submitted_is_sent_to_the_form(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    form = {"date": days_ahead(40).strftime("%Y-%m-%d"), "version": desk.content(content_id).version}
    said = desk.post("cm", f"/contents/{content_id}/move", form, headers={"Accept": "application/json"})
    assert said.status_code == 409
    assert said.json["message"]
    page = desk.browser("cm").get(said.json["form"], base_url="https://localhost")
    assert page.status_code == 200
    assert days_ahead(40).strftime("%Y-%m-%d") in page.text


@pytest.mark.parametrize("wall_time", ["", "demain", "2001-01-01T10:00", "2027-03-28T02:30", "2027-10-31T02:30"])
def test_a_move_to_nowhere_is_refused(desk: Desk, wall_time: str) -> None:
    content_id = desk.write()
    form = {"wall_time": wall_time, "version": desk.content(content_id).version}
    answer = desk.post("cm", f"/contents/{content_id}/move", form)
    assert answer.status_code == 422
    assert desk.content(content_id).wall_time == days_ahead()


@pytest.mark.parametrize("path", ["", "/edit", "/move"])
def test_what_is_not_there_is_not_found(desk: Desk, path: str) -> None:
    assert desk.get("owner", f"/contents/{uuid.uuid4()}{path}").status_code == 404
    assert desk.get("client_approver", f"/contents/{desk.in_state('draft')}{path}").status_code == 404


@pytest.mark.parametrize("state", ["publishing", "published", "held", "cancelled"])
@pytest.mark.parametrize("path", ["edit", "move"])
def test_what_left_does_not_open_for_changes(desk: Desk, state: str, path: str) -> None:
    assert desk.get("cm", f"/contents/{desk.in_state(state)}/{path}").status_code == 409


def test_what_comes_first_is_what_the_state_asks_for(desk: Desk) -> None:
    desk.speak_english()
    asked = desk.get("cm", f"/contents/{desk.in_state('changes_requested')}").text
    assert asked.index(">Edit<") < asked.index(">Submit for approval<")
    waiting = desk.get("cm", f"/contents/{desk.in_state('in_review')}").text
    assert "Waiting on " in waiting
    undated = desk.get("cm", f"/contents/{desk.write(wall_time=None)}").text
    assert undated.index(">Submit for approval<") < undated.index(">Edit<")
    assert ">Choose a date<" in undated


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "it can only be submitted for one that is to come"),
        ("in_review", "Approved after its date, it does not go out by itself"),
        ("scheduled", "It goes out in a moment, or somebody of the agency is asked"),
        ("on_hold", "Nothing goes out before it is let go"),
    ],
)
def test_past_its_date_it_says_what_becomes_of_it(desk: Desk, state: str, said: str) -> None:
    desk.speak_english()
    content_id = desk.in_state(state)
    with desk.session() as session:
        past = utcnow() - timedelta(minutes=5)
        session.execute(update(Content).where(Content.id == content_id).values(scheduled_at=past))
    page = desk.get("rp", f"/contents/{content_id}").text
    notice = page[page.index("Its date has passed") :].split("</div>")[0]
    assert said in notice
