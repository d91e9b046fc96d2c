"""Two at once: exactly one decides, and the other is told so."""

import threading
import uuid
from collections.abc import Callable

from sqlalchemy import func, select
from support.desk import HTTPS, Desk

from tenants.errors import ForbiddenError, RefusedError
from unisson.approvals import deciding
from unisson.approvals.models import Decision
from unisson.editorial import writing


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned, or the refusal it met; all start together."""
    line, answers = threading.Barrier(len(acts)), {}

    def run(place: int, act: Callable[[], object]) -> None:
        line.wait(timeout=120)
        try:
            answers[place] = act()
        except (RefusedError, ForbiddenError) as refusal:
            answers[place] = refusal

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return [answers[place] for place in range(len(acts))]


def decisions(desk: Desk, content_id: uuid.UUID) -> int:
    with desk.session() as session:
        return session.scalar(select(func.count()).select_from(Decision)) or 0


def test_of_two_press_officers_one_decides(desk: Desk) -> None:
    second = desk.another("rp")
    for _round in range(5):
        content_id = desk.in_state("in_review")
        before = decisions(desk, content_id)
        digest, stage = desk.asked(content_id)
        first = desk.actor("rp")

        def decide(actor, approve: bool) -> object:
            with desk.session() as session:
                verb = deciding.approve if approve else deciding.request_changes
                return verb(session, actor, content_id, digest, "Samedi", stage_shown=uuid.UUID(stage))  # noqa: B023

        answers = at_once(lambda: decide(first, True), lambda: decide(second, False))  # noqa: B023
        refused = [answer for answer in answers if isinstance(answer, RefusedError)]
        assert len(refused) == 1
        assert refused[0].status == 409
        assert decisions(desk, content_id) == before + 1


def test_a_decision_never_slips_into_the_next_stage(desk: Desk) -> None:
    desk.chain("rp", "rp", "client_approver")
    content_id = desk.write()
    desk.submit(content_id)
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage}
    said = [desk.post("rp", f"/contents/{content_id}/approval", form) for _ in range(2)]
    assert [answer.status_code for answer in said] == [303, 409]
    assert "L’étape affichée est passée" in said[1].text  # It does wait, on this very person: in the next stage.
    assert desk.content(content_id).stages_done == 1


def test_an_edit_and_an_approval_never_both_count(desk: Desk) -> None:
    cm, rp = desk.actor("cm"), desk.actor("rp")
    for turn in range(6):
        content_id = desk.in_state("in_review")
        digest, _stage = desk.asked(content_id)
        shown = desk.content(content_id).version

        def edit() -> object:
            with desk.session() as session:
                return writing.edit(session, cm, content_id, desk.draft(body=f"Version {turn}"), shown)  # noqa: B023

        def approve() -> object:
            with desk.session() as session:
                return deciding.approve(session, rp, content_id, digest)  # noqa: B023

        answers = at_once(edit, approve)
        refused = [answer for answer in answers if isinstance(answer, RefusedError)]
        assert len(refused) == 1
        assert refused[0].status == 409
        content = desk.content(content_id)
        assert (content.state, content.stages_done) in {("draft", 0), ("in_review", 1)}


def test_a_double_click_submits_and_writes_once(desk: Desk) -> None:
    new = desk.path(f"/brands/{desk.world.brand_slug}/contents/new")
    form = {"kind": "post", "title": "Une fois", "body": "Une seule.", "operation_id": str(uuid.uuid4())}
    browsers = [desk.world.sign_in(desk.app.test_client(), "cm") for _ in range(4)]
    answers = at_once(*(lambda each=each: each.post(new, data=form, base_url=HTTPS) for each in browsers))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.location for answer in answers}) == 1
    with desk.session() as session:
        assert session.scalar(select(func.count()).select_from(writing.Content)) == 1


def test_a_double_click_approves_once(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "operation_id": str(uuid.uuid4())}
    browsers = [desk.world.sign_in(desk.app.test_client(), "rp") for _ in range(3)]
    path = desk.path(f"/contents/{content_id}/approval")
    answers = at_once(*(lambda each=each: each.post(path, data=form, base_url=HTTPS) for each in browsers))
    assert {answer.status_code for answer in answers} == {303}
    assert decisions(desk, content_id) == 1


def test_two_clicks_on_a_link_decide_once(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    token = desk.link(content_id)[1]
    before = decisions(desk, content_id)
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "typed_name": "Camille Durand"}
    path = desk.path(f"/approve/{token}/contents/{content_id}/approval")
    for number in range(4):
        desk.browsers[f"phone {number}"] = desk.app.test_client()
        desk.known(token, f"phone {number}")
    browsers = [desk.browsers[f"phone {number}"] for number in range(4)]
    answers = at_once(*(lambda each=each: each.post(path, data=form, base_url=HTTPS) for each in browsers))
    assert {answer.status_code for answer in answers} == {303}
    assert decisions(desk, content_id) == before + 1


def test_of_a_client_who_approves_and_one_who_asks_for_changes_one_decides(desk: Desk) -> None:
    content_id = desk.in_state("client_turn")
    token, client = desk.link(content_id)[1], desk.actor("client_approver")
    digest, stage = desk.asked(content_id)
    path = desk.path(f"/approve/{desk.known(token)}/contents/{content_id}/change-request")
    form = {"digest": digest, "stage": stage, "typed_name": "Camille Durand", "comment": "Samedi"}
    before = decisions(desk, content_id)

    def by_account() -> object:
        with desk.session() as session:
            return deciding.approve(session, client, content_id, digest)

    at_once(by_account, lambda: desk.browser(None).post(path, data=form, base_url=HTTPS))
    assert decisions(desk, content_id) == before + 1
    assert desk.content(content_id).state in {"scheduled", "changes_requested"}
