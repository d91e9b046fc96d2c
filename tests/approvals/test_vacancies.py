"""A stage that nobody could answer is said where its chain is taken, written and tried, with whom to invite."""

import re
import uuid

import pytest
from sqlalchemy import delete
from support.desk import Desk
from support.statements import recorded

from tenants.members import BrandAssignment
from tenants.permissions import BrandRole, StageRole
from unisson.approvals.chain import Approver, Chain, Need, Stage, of_roles
from unisson.approvals.policies import open_chain
from unisson.approvals.starters import STARTERS
from unisson.approvals.vacancies import brand_roster, unheld_in, vacancies


@pytest.fixture(autouse=True)
def in_english(desk: Desk) -> None:
    desk.speak_english()


def dismiss(desk: Desk, *roles: BrandRole) -> None:
    """Nobody holds these roles on the brand any more."""
    with desk.session() as session:
        session.execute(delete(BrandAssignment).where(BrandAssignment.role.in_(roles)))


def found(desk: Desk, chain: Chain, brand_id: uuid.UUID | None = None) -> list[tuple[int, list[StageRole]]]:
    with desk.session() as session:
        there = brand_roster(session, brand_id or desk.world.brand_id, [chain])
        return [(each.place, [role for role, _name in each.unheld]) for each in vacancies(chain, there)]


ALL_OF = Stage((Approver(StageRole.CLIENT_APPROVER), Approver(StageRole.LEGAL)), need=Need.ALL)
ONE_OF = Stage((Approver(StageRole.CLIENT_APPROVER), Approver(StageRole.LEGAL)))

CASES = {
    "everybody is there": ((), STARTERS["press"][1], []),
    "a condition excuses nobody": ((BrandRole.SPOKESPERSON,), STARTERS["press"][1], [(5, [StageRole.SPOKESPERSON])]),
    "the other pole answers": ((BrandRole.RP,), of_roles(StageRole.RP), []),
    "neither pole": ((BrandRole.RP, BrandRole.CM), of_roles(StageRole.RP), [(1, [StageRole.RP])]),
    "all must answer": ((BrandRole.LEGAL,), Chain(stages=(ALL_OF,)), [(1, [StageRole.LEGAL])]),
    "one of them is enough": ((BrandRole.LEGAL,), Chain(stages=(ONE_OF,)), []),
    "none of them": (
        (BrandRole.LEGAL, BrandRole.CLIENT_APPROVER),
        Chain(stages=(ONE_OF,)),
        [(1, [StageRole.CLIENT_APPROVER, StageRole.LEGAL])],
    ),
    "too few": (
        (),
        Chain(stages=(Stage((Approver(StageRole.LEGAL),), need=Need.QUORUM, quorum=2),)),
        [(1, [])],
    ),
    "an administrator is the account manager": ((), of_roles(StageRole.ACCOUNT_MANAGER), []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_nobody_could_answer(desk: Desk, case: str) -> None:
    gone, chain, expected = CASES[case]
    dismiss(desk, *gone)
    assert found(desk, chain) == expected


def test_a_role_without_anybody_is_named_once(desk: Desk) -> None:
    with desk.session() as session:
        there = brand_roster(session, desk.world.sibling_id, ())
        assert [role for role, _name in unheld_in([STARTERS["press"][1], STARTERS["claim"][1]], there)] == [
            StageRole.RP, StageRole.CM, StageRole.CLIENT_APPROVER, StageRole.SPOKESPERSON, StageRole.LEGAL,
        ]  # fmt: skip


SPOKESPERSON = "Stage 5: nobody holds the role “Spokesperson” on this brand."


def invite(desk: Desk, role: str) -> str:
    return f"/{desk.world.slug}/team/invitations?brand={desk.world.brand_slug}&amp;role={role}"


def test_it_is_said_where_a_chain_is_taken(desk: Desk) -> None:
    dismiss(desk, BrandRole.SPOKESPERSON)
    home = f"/brands/{desk.world.brand_slug}/chains"
    before = desk.get("account_manager", home).text
    assert SPOKESPERSON in before.split("To start from")[1]
    assert SPOKESPERSON not in before.split("To start from")[0]
    form = {"starter": "press", "operation_id": str(uuid.uuid4())}
    after = desk.post("account_manager", home, form, follow_redirects=True).text
    assert "Nobody can answer a stage of “Press release” yet: see whom to invite." in after
    assert SPOKESPERSON in after.split("To start from")[0]
    assert invite(desk, "spokesperson") in after
    chosen = desk.get("account_manager", f"/team/invitations?brand={desk.world.brand_slug}&role=spokesperson").text
    assert re.search(r'<option[^>]*value="spokesperson"[^>]*selected|selected[^>]*value="spokesperson"', chosen)


def test_nothing_is_said_where_everybody_is_there(desk: Desk) -> None:
    home = f"/brands/{desk.world.brand_slug}/chains"
    form = {"starter": "press", "operation_id": str(uuid.uuid4())}
    page = desk.post("account_manager", home, form, follow_redirects=True).text
    assert "nobody" not in page.lower().replace("nobody is written to", "")


def test_it_is_said_in_the_editor_and_where_it_is_tried(desk: Desk) -> None:
    dismiss(desk, BrandRole.LEGAL)
    home = f"/brands/{desk.world.brand_slug}/chains"
    page = desk.get("account_manager", f"{home}/new?from=claim").text
    assert "1 stage has nobody to answer it" not in desk.get("account_manager", f"{home}/new?from=plain").text
    assert "1 stage has nobody to answer it" in page
    assert "Legal (nobody yet)" in page
    assert "Client (nobody yet)" not in page
    form = {"name": "Droit", "stage": "a", "a-roles": "legal", "a-need": "any"}
    told = desk.post("account_manager", f"{home}/preview", form).text
    assert "Stage 1: nobody holds the role “Legal adviser” on this brand." in told
    assert "This brand has no legal adviser yet." in told
    assert told.count(invite(desk, "legal")) == 2
    kept = desk.post(
        "account_manager", f"{home}/new", form | {"operation_id": str(uuid.uuid4())}, follow_redirects=True
    )
    assert "Nobody can answer a stage of “Droit” yet" in kept.text
    tried = desk.get("account_manager", f"{home}?try=-").text.split('id="try"')[1]
    assert invite(desk, "legal") in tried


def test_a_template_is_no_brand_s_and_asks_nobody_yet(desk: Desk) -> None:
    dismiss(desk, *BrandRole)
    for path in ("/settings/chains", "/settings/chains/new?from=press"):
        assert "nobody" not in desk.get("owner", path).text.lower()


def test_the_first_chains_of_a_brand_say_whom_to_invite(desk: Desk) -> None:
    dismiss(desk, BrandRole.CLIENT_APPROVER)
    page = desk.get("account_manager", f"/brands/{desk.world.brand_slug}/first-chain").text
    assert page.count("To be invited for it") == page.count("Begin with this:")
    assert invite(desk, "client_approver") in page


def test_the_page_asks_as_much_for_many_chains_as_for_one(desk: Desk) -> None:
    home = f"/brands/{desk.world.brand_slug}/chains"
    desk.get("owner", home)
    with recorded(desk.runtime) as few:
        desk.get("owner", home)
    with desk.session() as session:
        for number in range(6):
            open_chain(session, None, desk.world.brand_id, f"Nᵒ {number}", STARTERS["press"][1])
    with recorded(desk.runtime) as many:
        desk.get("owner", home)
    assert len(many) == len(few)
