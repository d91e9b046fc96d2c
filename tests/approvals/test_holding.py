"""On hold, with a reservation, late, or moved: what becomes of an approved content."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from support.desk import Desk, days_ahead
from support.gate import plan_publication, try_attempt, would_leave
from support.world import PEOPLE

from tenants.errors import RefusedError, StaleError
from tenants.permissions import StageRole
from unisson.approvals import deciding, holding, lateness
from unisson.approvals.chain import Approver, Aspect, Chain, Condition, Late, Need, Reopening, Stage, of_roles
from unisson.approvals.models import ApprovalRun, Decision
from unisson.editorial import writing
from unisson.editorial.models import Content
from unisson.notifications.about_approvals import missed
from unisson.notifications.about_contents import approved, subject_of, trouble
from unisson.notifications.lines import sentence
from unisson.notifications.models import Letter
from unisson.publishing.models import Channel, Publication, Subscriber
from unisson.runtime import Runtime

HOLDS = {"owner", "admin", "account_manager", "cm", "rp", "client_approver"}
UNSEEN = {"member", "expert"}
NOW = {"hold": "scheduled", "release": "on_hold"}


@pytest.mark.parametrize("verb", NOW)
@pytest.mark.parametrize("state", ["in_review", "scheduled", "on_hold", "publishing", "published"])
def test_who_holds_and_lets_go_when(desk: Desk, verb: str, state: str) -> None:
    said: dict[str, int] = {}
    content_id = desk.in_state(state)
    for role in PEOPLE:
        before = desk.content(content_id).version
        form = {"comment": "Parce que.", "operation_id": str(uuid.uuid4())}
        said[role] = desk.post(role, f"/contents/{content_id}/{verb}", form).status_code
        if desk.content(content_id).version != before:
            assert said[role] == 303
            content_id = desk.in_state(state)
    done = 303 if NOW[verb] == state else 409
    expected = {role: 404 if role in UNSEEN else done if role in HOLDS else 403 for role in PEOPLE}
    if verb == "release" and state == "on_hold":
        expected |= {"cm": 403, "rp": 403}  # the client's hold is the client's, or an account manager's with a reason
    assert said == expected


def test_an_account_manager_says_why_a_client_s_hold_is_let_go(desk: Desk) -> None:
    content_id = desk.in_state("on_hold")
    answer = desk.post("account_manager", f"/contents/{content_id}/release", {"comment": "  "})
    assert answer.status_code == 422
    assert desk.content(content_id).state == "on_hold"


def test_what_is_on_hold_does_not_leave_and_leaves_again(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("on_hold")
    assert would_leave(desk, worker, content_id) == "UN015"
    assert "Attendez lundi." in desk.get("cm", f"/contents/{content_id}").text
    actor = desk.actor("client_approver")
    with desk.session() as session:
        holding.release(session, actor, content_id)
    assert would_leave(desk, worker, content_id) is None
    with desk.session() as session:
        kinds = session.scalars(select(Letter.kind)).all()
    assert {"held", "released"} <= set(kinds)


def test_a_reservation_goes_on_with_its_words(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "reserved": "y", "comment": ""}
    refused = desk.post("rp", f"/contents/{content_id}/approval", form)
    assert refused.status_code == 422
    assert re.search(r'<input[^>]*name="reserved"[^>]* checked', refused.text)  # or a second press approves without one
    assert desk.post("rp", f"/contents/{content_id}/approval", {**form, "comment": "Plutôt mardi."}).status_code == 303
    assert desk.content(content_id).stages_done == 1
    assert "Plutôt mardi." in desk.get("cm", f"/contents/{content_id}").text


def test_a_reservation_is_not_told_as_the_yes_of_everybody(desk: Desk) -> None:
    """Before the last stage it says whose words they are; in the last, the one letter of the approval has them."""
    content_id = desk.in_state("in_review")
    for role in ("rp", "client_approver"):
        digest, stage = desk.asked(content_id)
        actor = desk.actor(role)
        with desk.session() as session:
            deciding.approve(
                session, actor, content_id, digest, f"Réserve de {role}.", reserved=True, stage_shown=uuid.UUID(stage)
            )
    with desk.session() as session:
        letters = session.scalars(select(Letter).where(Letter.kind == "approved").order_by(Letter.created_at)).all()
        subjects = [subject_of(session, letter, "http://localhost") for letter in letters]
        words = [approved(subject) for subject in subjects if subject]
    assert [each.heading for each in words if each] == ["Approved with a reservation", "Approved by everyone"]
    assert [each.quote for each in words if each] == ["Réserve de rp.", "Réserve de client_approver."]
    told = [sentence("approved", "Le four", letter.about) for letter in letters]
    assert ["everyone" in each for each in told] == [False, True]


def free() -> Chain:
    return Chain(stages=of_roles(StageRole.RP).stages, date_approved=False)


def test_where_the_date_is_not_approved_a_move_keeps_the_approval(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(free())
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    publication_id = plan_publication(desk, worker, content_id)
    actor, at = desk.actor("cm"), days_ahead(9)
    with desk.session() as session:
        writing.move(session, actor, content_id, at, fold=None)
    content = desk.content(content_id)
    assert (content.state, content.wall_time) == ("scheduled", at)
    with desk.session() as session:
        assert session.get_one(Publication, (session.agency_id, publication_id)).due_at == content.scheduled_at
    assert try_attempt(desk, worker, publication_id) == "UN013"


def test_where_the_date_is_approved_a_move_asks_again(desk: Desk) -> None:
    content_id = desk.in_state("scheduled")
    actor = desk.actor("cm")
    with desk.session() as session:
        writing.move(session, actor, content_id, days_ahead(9), fold=None)
    assert desk.content(content_id).state == "draft"


LATE = {
    "asks": (Late.ASK, "post", 5, "scheduled", 0),
    "misses": (Late.MISS, "post", 5, "cancelled", None),
    "publishes within its minutes": (Late.PUBLISH, "post", 5, "scheduled", 30 * 60),
    "asks once its minutes are over": (Late.PUBLISH, "post", 31, "scheduled", 30 * 60),
    "never lets press out late": (Late.PUBLISH, "press_release", 5, "scheduled", 0),
}
TELLS = {"approved": approved, "missed": missed}
TOLD = {
    "asks": "it does not go out by itself",
    "misses": "what is late does not go out",
    "publishes within its minutes": "it still goes out by itself, at once",
    "asks once its minutes are over": "it does not go out by itself",
    "never lets press out late": "it does not go out by itself",
}


@pytest.mark.parametrize("case", LATE)
def test_a_late_approval_follows_its_chain(desk: Desk, case: str) -> None:
    late, kind, minutes, state, limit = LATE[case]
    desk.give_chain(Chain(stages=of_roles(StageRole.RP).stages, late=late, late_minutes=30, date_approved=False))
    content_id = desk.write(kind=kind)
    desk.submit(content_id)
    with desk.session() as session:
        past = func.clock_timestamp() - timedelta(minutes=minutes)
        session.execute(update(Content).where(Content.id == content_id).values(scheduled_at=past, wall_time=past))
    desk.approve(content_id, "rp")
    content = desk.content(content_id)
    assert (content.state, content.late_limit) == (state, limit)
    with desk.session() as session, desk.app.test_request_context("/?lang=en"):
        letters = session.scalars(select(Letter).where(Letter.content_id == content_id, Letter.kind.in_(TELLS))).all()
        told = [(TELLS[each.kind], subject_of(session, each, "https://u.example")) for each in letters]
        mails = [words(about) for words, about in told if about]
    said = {paragraph for mail in mails if mail for paragraph in mail.paragraphs}
    assert TOLD[case] in " ".join(said)
    assert "at the time below" not in " ".join(said)


def test_what_is_missed_says_so_to_the_agency_and_to_whoever_approved_it(desk: Desk) -> None:
    stages = of_roles(StageRole.CLIENT_APPROVER).stages
    desk.give_chain(Chain(stages=stages, late=Late.MISS, date_approved=False))
    content_id = desk.write()
    desk.submit(content_id)
    token = desk.known(desk.link(content_id)[1])
    with desk.session() as session:
        past = func.clock_timestamp() - timedelta(minutes=5)
        session.execute(update(Content).where(Content.id == content_id).values(scheduled_at=past, wall_time=past))
    desk.approve(content_id, "client_approver")
    assert "It was approved after its date" in desk.get("cm", f"/contents/{content_id}?lang=en").text
    assert "it did not go out" in desk.get(None, f"/approve/{token}/contents/{content_id}?lang=en").text
    operation = {"operation_id": str(uuid.uuid4())}
    assert desk.post("cm", f"/contents/{content_id}/restoration", operation).status_code == 303
    assert "It was approved after its date" not in desk.get("cm", f"/contents/{content_id}?lang=en").text
    content = desk.content(content_id)
    assert (content.state, content.revision_id, content.stages_done) == ("draft", None, 0)
    with desk.session() as session:
        runs = session.scalars(select(ApprovalRun.state).where(ApprovalRun.content_id == content_id)).all()
    assert runs == ["void"]
    cancelled = desk.in_state("cancelled")
    assert "It was approved after its date" not in desk.get("cm", f"/contents/{cancelled}?lang=en").text


def test_press_in_time_has_a_minute(desk: Desk) -> None:
    assert lateness.limit_of("press_release", free(), -5.0) == 60
    assert lateness.limit_of("post", free(), -5.0) is None


def stage_of(role: StageRole, *aspects: Aspect) -> Stage:
    return Stage(approvers=(Approver(role=role),), covers=frozenset(aspects) or frozenset(Aspect))


def test_a_stage_that_does_not_look_at_what_changed_is_not_asked_again(desk: Desk, worker: Runtime) -> None:
    desk.give_chain(
        Chain(
            stages=(stage_of(StageRole.LEGAL, Aspect.TEXT), stage_of(StageRole.CLIENT_APPROVER)),
            reopening=Reopening.MATTERS,
        )
    )
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "legal")
    desk.approve(content_id, "client_approver")
    actor = desk.actor("cm")
    with desk.session() as session:
        writing.move(session, actor, content_id, days_ahead(9), fold=None)
    desk.submit(content_id)
    assert desk.content(content_id).stages_done == 1
    assert would_leave(desk, worker, content_id) == "UN014"
    desk.approve(content_id, "client_approver")
    assert would_leave(desk, worker, content_id) is None
    with desk.session() as session:
        session.execute(text("select 1"))
        carried = session.scalars(select(Decision).where(Decision.carried_from.is_not(None))).all()
    assert len(carried) == 1


def test_a_stage_is_added_by_its_condition(desk: Desk) -> None:
    legal = Stage(approvers=(Approver(role=StageRole.LEGAL),), only_if=Condition(risks=("legal",)))
    desk.give_chain(Chain(stages=(stage_of(StageRole.RP), legal)))
    plain, risky = desk.write(), desk.write(risks=("legal",))
    for content_id in (plain, risky):
        desk.submit(content_id)
        desk.approve(content_id, "rp")
    assert (desk.content(plain).state, desk.content(risky).state) == ("scheduled", "in_review")


def test_somebody_in_two_stages_is_asked_once_where_the_chain_says_so(desk: Desk) -> None:
    desk.give_chain(Chain(stages=(stage_of(StageRole.RP), stage_of(StageRole.RP)), ask_once=True))
    content_id = desk.write()
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    assert desk.content(content_id).state == "scheduled"


def test_a_chain_changed_under_way_does_not_touch_the_run(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    desk.chain("legal")
    desk.approve(content_id, "rp")
    desk.approve(content_id, "client_approver")
    assert desk.content(content_id).state == "scheduled"


def test_who_has_answered_a_quorum_is_not_counted_twice(desk: Desk) -> None:
    keys = tuple(Approver(role=role) for role in (StageRole.RP, StageRole.CM, StageRole.ACCOUNT_MANAGER))
    desk.give_chain(Chain(stages=(Stage(approvers=keys, need=Need.QUORUM, quorum=2),)))
    content_id = desk.write(risks=("crisis",))
    desk.submit(content_id)
    desk.approve(content_id, "rp")
    with pytest.raises(StaleError):
        desk.approve(content_id, "rp")
    assert desk.content(content_id).state == "in_review"
    desk.approve(content_id, "account_manager")
    assert desk.content(content_id).state == "scheduled"


def test_a_quorum_that_nobody_could_reach_is_not_begun(desk: Desk) -> None:
    stage = Stage(approvers=(Approver(role=StageRole.LEGAL),), need=Need.QUORUM, quorum=2)
    desk.give_chain(Chain(stages=(stage,)))
    content_id = desk.write()
    with pytest.raises(RefusedError):
        desk.submit(content_id)
    assert desk.content(content_id).state == "draft"


def test_the_one_who_asked_for_changes_is_the_one_who_counts(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    actor, (digest, _stage) = desk.actor("rp"), desk.asked(content_id)
    with desk.session() as session:
        deciding.request_changes(session, actor, content_id, digest, "Non.", anchor={"passage": {"quote": "à 10 h"}})
    with desk.session() as session:
        assert session.scalars(select(Decision.anchor)).one() == {"passage": {"quote": "à 10 h", "start": 7}}


def test_a_content_s_page_says_why_its_chain_was_chosen(desk: Desk) -> None:
    desk.speak_english()
    chain = Chain(stages=of_roles(StageRole.RP).stages, applies_to=Condition(risks=("price",)))
    desk.give_chain(chain)
    content_id = desk.in_state("in_review", risks=("price",))
    assert "version 2, because of: Price or offer" in desk.get("cm", f"/contents/{content_id}").text


def test_what_is_to_do_says_until_when(desk: Desk) -> None:
    desk.speak_english()
    desk.in_state("in_review")
    assert "Answer expected by" in desk.get("rp", "/approvals").text


def test_the_composer_says_which_chain_and_why(desk: Desk) -> None:
    path = f"/brands/{desk.world.brand_slug}/contents/new"
    assert "RP puis client" in desk.get("cm", path).text
    form = {"kind": "post", "title": "T", "body": "B", "tags": "Été, Juridique", "risks": ["price", "nonsense"]}
    saved = desk.post("cm", path, {**form, "action": "save", "operation_id": str(uuid.uuid4())})
    assert saved.status_code == 303
    content = desk.content(uuid.UUID(saved.location.rsplit("/", 1)[1]))
    assert (content.tags, content.risks) == (["juridique", "été"], ["price"])
    many = {**form, "tags": ",".join(f"e{n}" for n in range(21)), "action": "save"}
    refused = desk.post("cm", path, many)
    assert refused.status_code == 422
    assert "e20" in refused.text


def test_a_list_that_waits_is_told_of_once_and_why(desk: Desk, worker: Runtime) -> None:
    content_id = desk.in_state("scheduled")
    with desk.session() as session:
        content = desk.content(content_id, session)
        channel = Channel(brand_id=content.brand_id, kind="email", name="La presse")
        session.add(channel)
        session.flush()
        people = [Subscriber(channel_id=channel.id, email=f"p{number}@example.org") for number in range(3)]
        session.add_all(people)
        session.flush()
        rows = [
            Publication(
                content_id=content_id, revision_id=content.revision_id, channel_id=channel.id, state="held",
                reason="late", subscriber_id=each.id, due_at=content.scheduled_at, client_ref=uuid.uuid4().hex,
            )
            for each in people
        ]  # fmt: skip
        session.execute(update(Content).where(Content.id == content_id).values(state="held"))
    with worker.database.agency(desk.world.agency_id) as session:
        session.add_all(rows)
    with desk.session() as session, desk.app.test_request_context("/?lang=en"):
        letter = Letter(
            kind="trouble", membership_id=desk.actor("cm").membership_id, about={"content_id": str(content_id)}
        )
        about = subject_of(session, letter, "https://u.example")
        words = trouble(about) if about else None
        assert words is not None
        assert [label for label, _said in words.facts].count("La presse") == 1
        assert "Its date had passed" in words.paragraphs[0]
