"""Who may do what, when: every posted verb for every role in every state, as one table."""

import uuid

import pytest
from support.desk import Desk, days_ahead
from support.world import PEOPLE

STATES = (
    "draft", "in_review", "client_turn", "changes_requested", "scheduled", "on_hold", "publishing", "published",
    "held", "failed", "cancelled",
)  # fmt: skip
EDITABLE = {"draft", "in_review", "client_turn", "changes_requested", "scheduled", "on_hold", "failed"}
HIDDEN_FROM_CLIENTS = {"draft", "changes_requested", "cancelled"}
SEES_ALL = {"owner", "admin", "account_manager"}
WRITES = SEES_ALL | {"cm", "rp"}
CLIENTS = {"client_approver", "client_contact", "legal", "spokesperson"}
MOVES = ("submission", "withdrawal", "approval", "change-request", "cancellation", "restoration", "edit", "move")


def expected(role: str, state: str, move: str) -> int:
    """The table. 404: not for their eyes; 403: not theirs to do; 409: not now; 422: their own work; 303: done."""
    if role in {"member", "expert"}:
        # An expert knows the brand, and sees none of its contents; a member without a role does not know it.
        return 404
    if role in CLIENTS and state in HIDDEN_FROM_CLIENTS:
        return 404
    if move in {"approval", "change-request"}:
        return _deciding(role, state)
    if role not in WRITES:
        return 403
    if move == "submission" and role == "rp" and state in _WHEN[move]:
        # The one press officer submits what the one CM wrote: both have their hand in it, so nobody is left to check.
        return 422
    return 303 if state in _WHEN[move] else 409


_WHEN = {
    "submission": {"draft", "changes_requested"},
    "withdrawal": {"in_review", "client_turn", "scheduled", "on_hold"},
    "cancellation": EDITABLE,
    "restoration": set(STATES),
    "edit": EDITABLE,
    "move": EDITABLE,
}


def _deciding(role: str, state: str) -> int:
    if state == "in_review":
        return 303 if role == "rp" else 403
    if state == "client_turn":
        return 303 if role == "client_approver" else 403
    return 409


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("state", STATES)
def test_every_role_gets_the_answer_of_the_table(desk: Desk, state: str, move: str) -> None:
    said: dict[str, int] = {}
    content_id = desk.in_state(state)
    for role in PEOPLE:
        before = desk.content(content_id).version
        said[role] = desk.post(role, f"/contents/{content_id}/{move}", form_of(desk, content_id, move)).status_code
        if desk.content(content_id).version != before:
            assert said[role] == 303
            content_id = desk.in_state(state)
    assert said == {role: expected(role, state, move) for role in PEOPLE}


@pytest.mark.parametrize("move", MOVES)
def test_a_stranger_is_sent_to_the_door(desk: Desk, move: str) -> None:
    content_id = desk.in_state("in_review")
    answer = desk.post(None, f"/contents/{content_id}/{move}", form_of(desk, content_id, move))
    assert answer.status_code == 303
    assert "/sign-in" in answer.location
    assert desk.content(content_id).state == "in_review"


@pytest.mark.parametrize("move", MOVES)
def test_another_agencys_content_does_not_exist(desk: Desk, new_world, move: str) -> None:
    there = Desk(desk.app, desk.runtime, new_world())
    content_id = there.in_state("in_review")
    before = there.content(content_id).version
    answer = desk.post("owner", f"/contents/{content_id}/{move}", form_of(there, content_id, move))
    assert answer.status_code == 404
    assert there.content(content_id).version == before


def form_of(desk: Desk, content_id: uuid.UUID, move: str) -> dict[str, object]:
    content = desk.content(content_id)
    digest, stage = desk.asked(content_id)
    at = days_ahead(20)
    form: dict[str, object] = {"version": content.version, "operation_id": str(uuid.uuid4())}
    if move in {"approval", "change-request"}:
        return {**form, "digest": digest, "stage": stage, "comment": "Samedi."}
    if move == "move":
        return {**form, "wall_time": at.strftime("%Y-%m-%dT%H:%M"), "confirmed": "y"}
    if move == "edit":
        date, time = at.strftime("%Y-%m-%d"), at.strftime("%H:%M")
        return {**form, "kind": "post", "title": "Autre titre", "body": "Autre texte", "date": date, "time": time}
    return form
