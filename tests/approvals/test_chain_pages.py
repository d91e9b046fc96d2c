"""The page of a brand's chains: in order, in plain words, further ones to start from, and undo."""

import uuid

import pytest
from support.desk import Desk

from tenants.permissions import StageRole
from unisson.approvals.chain import Approver, Chain, Condition, Late, Need, Stage, of_roles
from unisson.approvals.policies import chains_of
from unisson.approvals.telling import for_what, sentence
from unisson.web.i18n import speaking


def path(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/chains"


def names(desk: Desk) -> list[str]:
    with desk.session() as session:
        return [kept.policy.name for kept in chains_of(session, desk.world.brand_id)]


def use(desk: Desk, starter: str) -> int:
    form = {"starter": starter, "operation_id": str(uuid.uuid4())}
    return desk.post("account_manager", path(desk), form).status_code


@pytest.mark.parametrize("starter", ["crisis", "press", "reply", "claim"])
def test_a_chain_to_start_from_is_asked_before_the_one_for_everything(desk: Desk, starter: str) -> None:
    assert use(desk, starter) == 303
    assert len(names(desk)) == 2
    assert names(desk)[-1] == "RP puis client"
    assert names(desk)[0] in desk.get("account_manager", path(desk)).text


def test_a_crisis_comes_before_whatever_else_it_is_about(desk: Desk) -> None:
    for starter in ("claim", "crisis", "press"):
        assert use(desk, starter) == 303
    assert names(desk) == ["Crise : deux clés", "Publication avec allégation", "Communiqué de presse", "RP puis client"]
    content_id = desk.write(risks=("crisis", "health"))
    desk.submit(content_id)
    assert "deux clés" in desk.get("cm", f"/contents/{content_id}").text


def test_the_chosen_chain_follows_the_content(desk: Desk) -> None:
    use(desk, "claim")
    content_id = desk.write(risks=("price",))
    desk.submit(content_id)
    assert "Publication avec allégation" in desk.get("cm", f"/contents/{content_id}").text


def test_an_order_is_changed_and_an_archive_undone(desk: Desk) -> None:
    use(desk, "crisis")
    use(desk, "press")
    with desk.session() as session:
        last = chains_of(session, desk.world.brand_id)[-1].policy.id
    assert desk.post("owner", f"/chains/{last}/earlier").status_code == 303
    assert names(desk)[1] == "RP puis client"
    assert desk.post("owner", f"/chains/{last}/archive").status_code == 303
    assert "RP puis client" not in names(desk)
    assert desk.post("owner", f"/chains/{last}/restoration").status_code == 303
    assert names(desk)[-1] == "RP puis client"


def test_what_is_approved_late_is_said_where_it_is_not_asked_about(desk: Desk) -> None:
    stages = of_roles(StageRole.RP).stages
    for late, said in ((Late.ASK, ""), (Late.MISS, "it is missed"), (Late.PUBLISH, "until 30 minutes after its date")):
        desk.give_chain(Chain(stages=stages, late=late, late_minutes=30))
        page = desk.get("account_manager", f"{path(desk)}?lang=en").text
        assert said in page
        assert ("after its date" in page) == bool(said)


def test_the_last_chain_stays(desk: Desk) -> None:
    with desk.session() as session:
        only = chains_of(session, desk.world.brand_id)[0].policy.id
    assert desk.post("owner", f"/chains/{only}/archive").status_code == 422
    assert names(desk) == ["RP puis client"]


def test_a_chain_that_is_none_is_not_found(desk: Desk) -> None:
    assert use(desk, "nonsense") == 404


SAID = {
    "plain": (of_roles(StageRole.RP, StageRole.CLIENT_APPROVER), "Approved by the press officer, then by the client."),
    "both": (
        Chain(stages=(Stage((Approver(StageRole.CLIENT_APPROVER), Approver(StageRole.LEGAL)), need=Need.ALL),)),
        "Approved by the client and the legal adviser.",
    ),
    "two keys": (
        Chain(stages=(Stage((Approver(StageRole.RP), Approver(StageRole.CM)), need=Need.QUORUM, quorum=2),)),
        "Approved by 2 of: the press officer, the community manager.",
    ),
    "a condition and a deadline": (
        Chain(stages=(Stage((Approver(StageRole.LEGAL),), hours=9, only_if=Condition(risks=("price",))),)),
        "Approved by the legal adviser where it is marked “Price or offer”, 9 working hours before the date.",
    ),
    "a name, minutes, silence": (
        Chain(stages=(
            Stage((Approver(StageRole.RP, everyone=True),), name="Relecture", need=Need.ALL, minutes=15),
            Stage((Approver(StageRole.CLIENT_APPROVER),), hours=1, tacit_clause="Article 7"),
        )),
        (
            "Approved by the press officer (each who holds that role) (Relecture), within 15 minutes, then by the"
            " client, 1 working hour before the date (whose silence is a yes by contract)."
        ),
    ),
    "channels": (
        Chain(stages=(Stage((Approver(StageRole.CM),), only_if=Condition(channels=("email",), tags=("rentrée",))),)),
        "Approved by the community manager where it is marked “E-mail” or “rentrée”.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_a_chain_is_told_in_a_sentence(desk: Desk, case: str) -> None:
    chain, expected = SAID[case]
    with desk.app.test_request_context(), speaking("en"):
        assert sentence(chain, {}) == expected


def test_a_condition_is_told(desk: Desk) -> None:
    with desk.app.test_request_context(), speaking("en"):
        assert for_what(Condition(), {}) == "Every content"
        assert for_what(Condition(kinds=("press_release",), tags=("rentrée",)), {}) == "Press release, rentrée"
