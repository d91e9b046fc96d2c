"""Writing a chain: what is typed is kept, said in words, tried, refused in a sentence; runs under way go on."""

import re
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from support.desk import Desk, today
from support.statements import recorded

from tenants.members import Membership
from tenants.permissions import StageRole
from unisson.approvals.chain import Approver, Aspect, Chain, Condition, Late, Need, Reopening, Stage
from unisson.approvals.models import Absence, Decision, PolicyVersion, RunStage, Wait
from unisson.approvals.policies import chains_of
from unisson.approvals.starters import STARTERS
from unisson.approvals.typed_chain import typed_from, typed_in

Typed = dict[str, object]


@pytest.fixture(autouse=True)
def in_english(desk: Desk) -> None:
    desk.speak_english()


def home(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/chains"


def kept(desk: Desk, brand: bool = True) -> list:
    with desk.session() as session:
        return chains_of(session, desk.world.brand_id if brand else None)


def typed(**more: object) -> Typed:
    return {"name": "Prudente", "stage": ["a"], "a-roles": ["rp"], "a-need": "any", "date_approved": "y", **more}


def make(desk: Desk, form: Typed, role: str = "account_manager"):
    return desk.post(role, f"{home(desk)}/new", form)


def form_of(name: str, chain: Chain, version: int | None = None) -> Typed:
    """What a browser sends for a chain as the page shows it."""
    shown = typed_from(name, chain, version)
    form: Typed = {
        "name": shown.name, "version": shown.version, "kinds": list(shown.kinds), "channels": list(shown.channels),
        "tags": shown.tags, "risks": list(shown.risks), "reopening": shown.reopening, "late": shown.late,
        "late_minutes": shown.late_minutes, "stage": [each.key for each in shown.stages],
    }  # fmt: skip
    form |= {word: "y" for word in ("own_work", "ask_once", "date_approved") if getattr(shown, word)}
    for each in shown.stages:
        for word in ("name", "need", "quorum", "unit", "hours", "remind", "tacit", "tags"):
            form[f"{each.key}-{word}"] = getattr(each, word)
        for word in ("roles", "people", "risks", "covers"):
            form[f"{each.key}-{word}"] = list(getattr(each, word))
        if each.everyone:
            form[f"{each.key}-everyone"] = "y"
    return form


WHOLE = Chain(
    applies_to=Condition(kinds=("post",), channels=("bluesky",), tags=("rentrée",), risks=("price",)),
    stages=(
        Stage((Approver(StageRole.RP), Approver(StageRole.CM)), need=Need.QUORUM, quorum=2, hours=9, remind_hours=3),
        Stage(
            (Approver(StageRole.CLIENT_APPROVER, everyone=True),), name="BAT", need=Need.ALL, hours=4,
            tacit_clause="Article 7", covers=frozenset({Aspect.TEXT, Aspect.DATE}),
        ),
        Stage((Approver(StageRole.LEGAL),), only_if=Condition(risks=("legal",), tags=("juridique",))),
    ),
    own_work=True, ask_once=True, date_approved=False, reopening=Reopening.MATTERS, late=Late.PUBLISH, late_minutes=20,
)  # fmt: skip


@pytest.mark.parametrize("chain", [WHOLE, *(chain for _names, chain in STARTERS.values())])
def test_what_the_form_shows_is_what_it_keeps(desk: Desk, chain: Chain) -> None:
    assert make(desk, form_of("Toute", chain)).status_code == 303
    assert chain in [each.chain for each in kept(desk)]


def test_what_was_kept_before_there_were_minutes_is_read_as_it_was() -> None:
    kept = Stage((Approver(StageRole.RP),), hours=9, remind_hours=3).to_json()
    del kept["minutes"], kept["remind_minutes"]
    assert Stage.from_json(kept) == Stage((Approver(StageRole.RP),), hours=9, remind_hours=3)


def test_minutes_are_said_in_the_sentence(desk: Desk) -> None:
    form = typed(**{"a-unit": "minutes", "a-hours": "15"})
    assert make(desk, form).status_code == 303
    assert ", within 15 minutes" in desk.get("owner", f"/brands/{desk.world.brand_slug}/chains?lang=en").text
    assert ", en 15 minutes" in desk.get("owner", f"/brands/{desk.world.brand_slug}/chains?lang=fr").text


def test_it_is_asked_before_the_one_for_everything(desk: Desk) -> None:
    make(desk, typed(kinds="press_release"))
    assert [each.policy.name for each in kept(desk)] == ["Prudente", "RP puis client"]


def test_a_change_is_a_version_and_what_is_under_way_goes_on(desk: Desk) -> None:
    content_id = desk.in_state("in_review")
    (before,) = kept(desk)
    path = f"/chains/{before.policy.id}/edit"
    page = desk.get("owner", path)
    assert "1 content is under way" in page.text
    form = form_of("RP seule", Chain(stages=(Stage((Approver(StageRole.RP),)),)), before.policy.version)
    assert desk.post("owner", path, form).status_code == 303
    with desk.session() as session:
        versions = select(func.count()).where(PolicyVersion.policy_id == before.policy.id)
        assert session.scalar(versions) == 2
    desk.approve(content_id, "rp")
    assert desk.content(content_id).state == "in_review"
    assert desk.in_state("client_turn") != content_id


def test_of_two_who_change_it_the_second_is_told_and_keeps_their_words(desk: Desk) -> None:
    (before,) = kept(desk)
    path = f"/chains/{before.policy.id}/edit"
    first = form_of("Premier", before.chain, before.policy.version) | {"ask_once": "y"}
    second = form_of("Second & mien", before.chain, before.policy.version) | {"own_work": "y"}
    assert desk.post("owner", path, first).status_code == 303
    answer = desk.post("account_manager", path, second)
    assert answer.status_code == 409
    assert "Second &amp; mien" in answer.text
    assert "As it is kept now: Approved by the press officer" in answer.text
    assert kept(desk)[0].policy.name == "Premier"
    version = re.search(r'name="version" value="(\d+)"', answer.text)
    assert version is not None
    again = second | {"version": version[1], "operation_id": str(uuid.uuid4())}
    assert desk.post("account_manager", path, again).status_code == 303  # knowingly
    assert kept(desk)[0].policy.name == "Second & mien"


BAD = {
    "no name": ({"name": " "}, "Give the chain a name"),
    "a long name": ({"name": "x" * 200}, "120"),
    "no stage": ({"stage": []}, "at least one stage"),
    "nobody": ({"a-roles": []}, "somebody who decides"),
    "a role that is none": ({"a-roles": ["king"]}, "could not be read"),
    "a person that is none": ({"a-people": ["x"]}, "could not be read"),
    "letters for hours": ({"a-hours": "neuf"}, "thirty days"),
    "too many hours": ({"a-hours": "99999"}, "thirty days"),
    "no hours": ({"a-hours": "0"}, "thirty days"),
    "arabic digits": ({"a-hours": "٣"}, "thirty days"),
    "no minutes": ({"a-unit": "minutes", "a-hours": "0"}, "1 and 1,440"),
    "less than no minutes": ({"a-unit": "minutes", "a-hours": "-5"}, "1 and 1,440"),
    "letters for minutes": ({"a-unit": "minutes", "a-hours": "abc"}, "1 and 1,440"),
    "minutes that nobody gave": ({"a-unit": "minutes"}, "1 and 1,440"),
    "too many minutes": ({"a-unit": "minutes", "a-hours": "1000000000"}, "1 and 1,440"),
    "reminded every no minutes": ({"a-unit": "minutes", "a-hours": "15", "a-remind": "0"}, "1 and 1,440"),
    "silence in minutes": ({"a-unit": "minutes", "a-hours": "15", "a-tacit": "Article 7"}, "in working hours"),
    "a unit that is none": ({"a-unit": "days", "a-hours": "2"}, "could not be read"),
    "a quorum of none": ({"a-need": "quorum", "a-quorum": "zero"}, "quorum"),
    "a large quorum": ({"a-need": "quorum", "a-quorum": "99"}, "quorum"),
    "more keys than persons": (
        {"a-roles": [], "a-outside": "notaire@example.org", "a-need": "quorum", "a-quorum": "2"},
        "quorum",
    ),
    "a need that is none": ({"a-need": "most"}, "could not be read"),
    "silence of the law": ({"a-roles": ["legal"], "a-tacit": "Article 7", "a-hours": "4"}, "never approves by silence"),
    "silence without end": ({"a-tacit": "Article 7"}, "needs a deadline"),
    "late by no minute": ({"late": "publish", "late_minutes": "0"}, "1,440"),
    "late that is none": ({"late": "never"}, "could not be read"),
    "a reopening that is none": ({"reopening": "no"}, "could not be read"),
    "an address that is none": ({"a-outside": "marie at home"}, "not an e-mail address"),
    "the same stage twice": ({"stage": ["a", "a"]}, "could not be read"),
    "a key that is none": ({"stage": ["../a"]}, "could not be read"),
    "nine stages": ({"stage": list("abcdefghi")}, "stages at most"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_and_keeps_nothing(desk: Desk, case: str) -> None:
    change, sentence = BAD[case]
    answer = make(desk, typed(**change))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert len(kept(desk)) == 1
    if "stage" not in change and "name" not in change:
        assert "Prudente" in answer.text


WORD = st.sampled_from(
    ["a", "b", "rp", "client_approver", "any", "all", "quorum", "2", "0", "-1", "1e9", "é\x00", "x" * 300, ""]
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["name", "stage", "kinds", "risks", "late", "late_minutes", "reopening", "do", "version", "try", "a-roles",
             "a-people", "a-need", "a-quorum", "a-hours", "a-remind", "a-tacit", "a-covers", "a-outside", "b-roles"]
        ),
        st.lists(WORD, max_size=4),
        max_size=12,
    )
)  # fmt: skip
def test_no_form_breaks_the_page(desk: Desk, fields: dict[str, list[str]]) -> None:
    for path in (f"{home(desk)}/new", f"{home(desk)}/preview"):
        assert desk.post("owner", path, fields).status_code in {200, 303, 422}
    assert desk.get("owner", f"{home(desk)}?{'&'.join(f'{k}={len(v)}' for k, v in fields.items())}").status_code == 200


def test_stages_are_added_moved_and_removed_without_scripts(desk: Desk) -> None:
    form = typed(stage=["a", "b"], **{"b-roles": ["legal"], "b-name": "Le droit"})
    for act, expected in (("add", ["a", "b", "s1"]), ("down:a", ["b", "a"]), ("up:b", ["b", "a"]), ("remove:a", ["b"])):
        page = make(desk, form | {"do": act})
        assert page.status_code == 200
        shown = [part.split('"')[0] for part in page.text.split('name="stage" value="')[1:]]
        assert shown == expected, act
        assert "Le droit" in page.text
    assert len(kept(desk)) == 1


def test_it_is_said_in_words_as_it_is_typed(desk: Desk) -> None:
    form = typed(stage=["a", "b"], **{"b-roles": ["client_approver"], "b-hours": "24"})
    page = desk.post("owner", f"{home(desk)}/preview", form).text
    assert "Approved by the press officer, then by the client, 24 working hours before the date." in page
    assert "Not a chain yet" in desk.post("owner", f"{home(desk)}/preview", typed(**{"a-roles": []})).text


def test_a_template_is_said_in_words_as_it_is_typed(desk: Desk) -> None:
    page = desk.post(
        "owner", "/settings/chains/preview", typed(stage=["a", "b"], **{"b-roles": ["client_approver"]})
    ).text
    assert "Approved by the press officer, then by the client." in page
    assert 'data-preview-url-value="' in desk.get("owner", "/settings/chains/new").text


def test_somebody_from_outside_is_said_before_they_are_kept(desk: Desk) -> None:
    form = typed(**{"a-outside": "notaire@example.org", "a-outside_name": "Maître Le Goff", "a-need": "all"})
    page = desk.post("owner", f"{home(desk)}/preview", form).text
    assert "Approved by the press officer and Maître Le Goff." in page
    assert "Asked: " in page
    assert (
        page.count("Maître Le Goff") == 4
    )  # in the sentence, in its stage, for that stage’s fold, and among those asked
    with desk.session() as session:
        assert session.scalars(select(Membership).where(Membership.email == "notaire@example.org")).all() == []


def test_a_chain_is_tried_on_what_it_is_for(desk: Desk) -> None:
    form = typed(kinds="press_release", risks=["price"], late="publish", **{"a-risks": ["price"]})
    page = desk.post("owner", f"{home(desk)}/preview", form | {"try": "-", "try_kind": "post"}).text
    assert "Left out" not in page
    assert "it does not go out by itself" in page  # what is press is never late by itself, whatever the chain says


def test_somebody_from_outside_is_asked_by_a_link(desk: Desk) -> None:
    form = typed(**{"a-roles": [], "a-outside": "Maitre.LeGoff@Example.org", "a-outside_name": "Maître Le Goff"})
    assert make(desk, form).status_code == 303
    chain = kept(desk)[0]
    with desk.session() as session:
        person = session.scalars(select(Membership).where(Membership.email == "maitre.legoff@example.org")).one()
    assert chain.chain.people() == {person.id}
    content_id = desk.in_state("in_review")
    with desk.session() as session:
        assert session.scalars(select(Wait.membership_id).where(Wait.content_id == content_id)).all() == [person.id]
    token = desk.known(desk.link(content_id)[1])
    digest, stage = desk.asked(content_id)
    form = {"digest": digest, "stage": stage, "typed_name": "Le Goff"}
    assert desk.post(None, f"/approve/{token}/contents/{content_id}/approval", form).status_code == 303
    assert desk.content(content_id).state == "scheduled"


def test_trying_says_who_would_be_asked_and_writes_nothing(desk: Desk) -> None:
    make(desk, typed(name="Prix", risks="price", stage=["a", "b"], **{"b-roles": ["legal"], "b-risks": "legal"}))
    content_id = desk.write(risks=("price",))
    with desk.session() as session:
        session.add(
            Absence(
                membership_id=desk.world.people["rp"].membership_id, starts_on=today(),
                ends_on=today(), stand_in_id=desk.world.people["account_manager"].membership_id,
            )
        )  # fmt: skip
    with recorded(desk.runtime) as seen:
        page = desk.get("owner", f"{home(desk)}?try={content_id}").text
    tried = page.split('id="try"')[1]
    assert "Prix" in tried
    assert "because of: Price or offer" in tried
    assert "Asked: Account Manager" in tried
    assert "Rp)" in tried
    assert "Left out: its condition is not met." in tried
    assert not [each for each in seen if each.lstrip().lower().startswith(("insert", "update", "delete"))]


def test_a_rehearsal_is_what_a_submission_does(desk: Desk) -> None:
    make(desk, form_of("Toute", Chain(stages=WHOLE.stages[:1], applies_to=Condition(risks=("price",)))))
    second = desk.another("rp")
    content_id = desk.write(risks=("price",))
    tried = desk.get("owner", f"{home(desk)}?try={content_id}").text
    desk.submit(content_id)
    with desk.session() as session:
        asked = set(session.scalars(select(Membership.name).join(Wait, Wait.membership_id == Membership.id)))
        deadline = session.scalars(select(RunStage.deadline_at).where(RunStage.position == 1)).first()
        assert session.scalar(select(func.count()).select_from(Decision)) == 0
    assert asked
    assert deadline is not None
    said = tried.split("Asked: ")[1].split("<")[0]
    assert {name.strip() for name in said.split(",")} == asked
    assert second.name in asked


def test_templates_are_the_agency_s_and_change_no_brand(desk: Desk) -> None:
    assert desk.post("account_manager", "/settings/chains", {"starter": "press"}).status_code == 303
    (template,) = kept(desk, brand=False)
    assert len(kept(desk)) == 1
    assert desk.post("account_manager", home(desk), {"starter": str(template.policy.id)}).status_code == 303
    copied = kept(desk)[0]
    assert (copied.policy.name, copied.chain) == (template.policy.name, template.chain)
    path = f"/chains/{template.policy.id}/edit"
    form = form_of("Autre", Chain(stages=(Stage((Approver(StageRole.CM),)),)), template.policy.version)
    assert desk.post("owner", path, form).status_code == 303
    assert kept(desk)[0].chain == copied.chain
    assert desk.post("owner", f"/chains/{template.policy.id}/archive").status_code == 303
    assert kept(desk, brand=False) == []
    for role in ("cm", "client_approver"):
        assert desk.get(role, "/settings/chains").status_code == 403
        assert desk.get(role, path).status_code in {403, 404}


def test_a_template_names_nobody(desk: Desk) -> None:
    person = str(desk.world.people["rp"].membership_id)
    for more in ({"a-people": [person]}, {"a-outside": "x@example.org"}):
        assert desk.post("owner", "/settings/chains/new", typed(**more)).status_code == 422
    assert kept(desk, brand=False) == []


def test_a_chain_begins_as_a_copy_of_another(desk: Desk) -> None:
    (plain,) = kept(desk)
    page = desk.get("owner", f"{home(desk)}/new?from={plain.policy.id}").text
    assert "RP puis client (copy)" in page
    assert page.count('data-chain-target="stage"') == 2
    for nothing in ("x", str(uuid.uuid4())):
        assert desk.get("owner", f"{home(desk)}/new?from={nothing}").status_code == 404


def test_a_person_of_another_agency_can_t_be_named(desk: Desk, new_world) -> None:
    stranger = new_world().people["rp"].membership_id
    assert make(desk, typed(**{"a-people": [str(stranger)]})).status_code == 404
    assert len(kept(desk)) == 1


def test_typed_words_survive_a_round_trip() -> None:
    from werkzeug.datastructures import MultiDict

    form = MultiDict()
    for name, value in form_of("Toute", WHOLE).items():
        for each in value if isinstance(value, list) else [value]:
            form.add(name, each)
    assert typed_in(form).chain() == WHOLE


def folds(page: str) -> dict[str, tuple[bool, str]]:
    """Whether each stage of the editor is open, and what its fold says."""
    found = re.findall(r'<details class="stage-fold"( open)?>\s*<summary data-stage="(\w+)"[^>]*>(.*?)</summary>', page)
    return {key: (bool(is_open), words) for is_open, key, words in found}


def test_stages_are_folded_to_their_words(desk: Desk) -> None:
    page = desk.get("owner", f"{home(desk)}/new?from=press").text
    assert len(folds(page)) == 7
    assert not any(is_open for is_open, _words in folds(page).values())
    assert folds(page)["s4"][1] == "The client, 18 working hours before the date"
    assert folds(desk.get("owner", f"{home(desk)}/new").text) == {"s1": (True, "To be filled in")}


def test_what_is_added_wrong_or_was_open_is_not_folded(desk: Desk) -> None:
    form = typed(stage=["a", "b", "c"], **{"b-roles": ["legal"], "c-roles": ["cm"]})
    added = make(desk, form | {"do": "add", "open": "a"}).text
    assert [key for key, (is_open, _words) in folds(added).items() if is_open] == ["s1"]
    assert added.count(" autofocus") == 1
    wrong = make(desk, form | {"b-hours": "neuf", "open": "c"}).text
    assert [key for key, (is_open, _words) in folds(wrong).items() if is_open] == ["b", "c"]
    assert folds(wrong)["b"][1] == "To be put right"
    assert " autofocus" not in wrong
    shown = make(desk, form | {"do": "show", "open": ["a", "../x"]}).text
    assert [key for key, (is_open, _words) in folds(shown).items() if is_open] == ["a"]


def test_each_stage_is_said_as_it_is_typed_whatever_stands_in_the_others(desk: Desk) -> None:
    form = typed(stage=["a", "b"], **{"b-roles": ["legal"], "b-hours": "neuf"})
    told = desk.post("owner", f"{home(desk)}/preview", form).text
    assert '<span data-chain-target="told" data-stage="a">The press officer</span>' in told
    assert 'data-stage="b"' not in told
