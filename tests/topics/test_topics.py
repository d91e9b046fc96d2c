"""Topics: planned by both poles, of one brand alone, and what chooses a chain."""

import uuid

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError
from support.desk import Desk
from support.statements import recorded

from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.members import BrandAssignment
from tenants.permissions import StageRole
from unisson.activity.models import Event
from unisson.approvals.chain import Approver, Chain, Condition, Stage
from unisson.approvals.policies import NO_TEMPLATE_TOPIC, chains_of, facts_of, open_chain, place_by_reach
from unisson.approvals.typed_chain import typed_from
from unisson.editorial import writing
from unisson.editorial.models import Content
from unisson.topics.models import Pole, PoleWord, Topic
from unisson.topics.planning import Plan, open_topic, speak

LEGAL = Stage((Approver(StageRole.LEGAL),))


@pytest.fixture
def topic_id(desk: Desk) -> uuid.UUID:
    return opened(desk)


def opened(desk: Desk, title: str = "Centenaire", brand_id: uuid.UUID | None = None) -> uuid.UUID:
    owner = desk.actor("owner")
    with desk.session() as session:
        return open_topic(session, owner, brand_id or desk.world.brand_id, Plan(title)).id


def topics(desk: Desk) -> list[Topic]:
    with desk.session() as session:
        return list(session.scalars(select(Topic)))


def home(desk: Desk) -> str:
    return f"/brands/{desk.world.brand_slug}/topics"


def form(desk: Desk, **more: object) -> dict[str, object]:
    given = {
        "title": "Centenaire",
        "objective": "Que tous le sachent.",
        "key_messages": "Cent ans.",
        "audience": "Presse",
        "cm_lead_id": str(desk.world.people["cm"].membership_id),
        "rp_lead_id": "",
    }
    return given | more


def test_a_topic_is_written_and_found(desk: Desk) -> None:
    assert "No topic yet" in desk.get("cm", f"{home(desk)}?lang=en").text
    answer = desk.post("cm", f"{home(desk)}/new", form(desk))
    assert answer.status_code == 303
    (kept,) = topics(desk)
    assert (kept.title, kept.cm_lead_id, kept.version) == ("Centenaire", desk.world.people["cm"].membership_id, 1)
    page = desk.get("rp", f"/topics/{kept.id}").text
    assert "Que tous le sachent." in page
    assert "Centenaire" in desk.get("rp", home(desk)).text
    assert "/topics" in desk.get("cm", f"/brands/{desk.world.brand_slug}").text
    with desk.session() as session:
        assert session.scalars(select(Event.verb).where(Event.subject_id == kept.id)).all() == ["topic.opened"]


BAD = {
    "no title": ({"title": "  "}, "Give the topic a title"),
    "a long title": ({"title": "x" * 300}, "200 characters"),
    "a long text": ({"objective": "x" * 6_000}, "5,000"),
    "a lead of the other pole": ({"cm_lead_id": "rp"}, "somebody of this pole"),
    "a lead who is nobody": ({"rp_lead_id": "00000000-0000-0000-0000-000000000001"}, "somebody of this pole"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_said_and_what_was_typed_stays(desk: Desk, case: str) -> None:
    change, sentence = BAD[case]
    change = {
        name: str(desk.world.people[value].membership_id) if value in desk.world.people else value
        for name, value in change.items()
    }
    desk.speak_english()
    answer = desk.post("cm", f"{home(desk)}/new", form(desk, **change))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Cent ans." in answer.text
    assert topics(desk) == []


def test_of_two_who_change_it_the_second_sees_what_the_first_wrote(desk: Desk, topic_id: uuid.UUID) -> None:
    path = f"/topics/{topic_id}/edit"
    assert desk.post("cm", path, form(desk, title="Premier", version="1")).status_code == 303
    answer = desk.post("owner", path, form(desk, title="Second & mien", version="1"))
    assert answer.status_code == 409
    assert "Second &amp; mien" in answer.text
    assert "Premier" in answer.text
    assert topics(desk)[0].title == "Premier"
    assert 'name="version" type="hidden" value="2"' in answer.text
    assert desk.post("owner", path, form(desk, title="Second & mien", version="2")).status_code == 303
    assert topics(desk)[0].title == "Second & mien"


def test_who_leads_it_stays_when_they_lose_their_role(desk: Desk) -> None:
    desk.post("cm", f"{home(desk)}/new", form(desk))
    (kept,) = topics(desk)
    with desk.session() as session:
        session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == kept.cm_lead_id))
    page = desk.get("owner", f"/topics/{kept.id}/edit").text
    assert f'<option selected value="{kept.cm_lead_id}">' in page
    again = form(desk, title="Autre titre", version="1")
    assert desk.post("owner", f"/topics/{kept.id}/edit", again).status_code == 303
    assert topics(desk)[0].cm_lead_id == kept.cm_lead_id
    assert desk.post("owner", f"{home(desk)}/new", form(desk)).status_code == 422


def test_it_is_ready_once_both_poles_have_said_yes_or_no(desk: Desk, topic_id: uuid.UUID) -> None:
    def said(role: str, pole: str, word: str) -> int:
        return desk.post(role, f"/topics/{topic_id}/words", {"pole": pole, "word": word}).status_code

    assert said("cm", "cm", "concerned") == 303
    assert said("rp", "rp", "later") == 303
    assert topics(desk)[0].waits_on == (Pole.RP,)
    assert "Centenaire" in desk.get("cm", f"{home(desk)}?show=rp").text
    assert "Centenaire" not in desk.get("cm", f"{home(desk)}?show=ready").text
    assert said("rp", "rp", "not_concerned") == 303
    assert topics(desk)[0].is_ready
    assert "Centenaire" in desk.get("cm", f"{home(desk)}?show=ready").text
    assert said("account_manager", "cm", "later") == 303
    assert not topics(desk)[0].is_ready


def test_nobody_speaks_for_the_other_pole_and_clients_see_no_topics(desk: Desk, topic_id: uuid.UUID) -> None:
    assert desk.post("cm", f"/topics/{topic_id}/words", {"pole": "rp", "word": "later"}).status_code == 403
    assert desk.post("rp", f"/topics/{topic_id}/words", {"pole": "cm", "word": "later"}).status_code == 403
    assert desk.post("cm", f"/topics/{topic_id}/words", {"pole": "cm", "word": "never"}).status_code == 404
    for role in ("client_approver", "client_contact", "legal"):
        assert desk.get(role, home(desk)).status_code == 403
        assert desk.get(role, f"/topics/{topic_id}").status_code == 403
    content_id = desk.write(topic_id=topic_id)
    desk.submit(content_id)
    assert "Centenaire" in desk.get("rp", f"/contents/{content_id}").text
    desk.approve(content_id, "rp")
    assert "Centenaire" not in desk.get("client_approver", f"/contents/{content_id}").text


def test_a_content_hangs_on_a_topic_by_its_form(desk: Desk, topic_id: uuid.UUID) -> None:
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/contents/new?topic={topic_id}").text
    assert f'<option selected value="{topic_id}">Centenaire</option>' in page
    content_id = desk.write(topic_id=topic_id)
    assert desk.content(content_id).topic_id == topic_id
    assert "La saison ouvre" in desk.get("cm", f"/topics/{topic_id}").text
    assert "1 content<" in desk.get("cm", f"{home(desk)}?lang=en").text
    actor = desk.actor("cm")
    with desk.session() as session:
        draft = writing.draft_of(session, desk.content(content_id, session))
        assert draft.topic_id == topic_id
        writing.edit(session, actor, content_id, desk.draft(), None)
    assert desk.content(content_id).topic_id is None


def test_a_content_hangs_on_no_other_brand_s_topic(desk: Desk) -> None:
    foreign = opened(desk, brand_id=desk.world.sibling_id)
    with pytest.raises(NotFoundError):
        desk.write(topic_id=foreign)
    content_id = desk.write()
    with pytest.raises(IntegrityError), desk.session() as session:
        session.execute(update(Content).where(Content.id == content_id).values(topic_id=foreign))
    page = desk.get("cm", f"/brands/{desk.world.brand_slug}/contents/new?topic={foreign}").text
    assert str(foreign) not in page


def for_topic(desk: Desk, *ids: uuid.UUID, stages: tuple[Stage, ...] = (LEGAL,)) -> Chain:
    return Chain(stages=stages, applies_to=Condition(topics=tuple(map(str, ids))))


def keep(desk: Desk, chain: Chain, name: str = "Centenaire seul") -> None:
    owner = desk.actor("owner")
    with desk.session() as session:
        policy = open_chain(session, owner, desk.world.brand_id, name, chain)
        place_by_reach(session, owner, desk.world.brand_id, policy.id)


def test_a_chain_is_chosen_by_topic_and_the_composer_says_so(desk: Desk, topic_id: uuid.UUID) -> None:
    keep(desk, for_topic(desk, topic_id))
    fields = {"kind": "post", "title": "T", "body": "Texte", "topic_id": str(topic_id)}
    desk.speak_english()
    told = desk.post("cm", f"/brands/{desk.world.brand_slug}/contents/preview", fields)
    assert "Centenaire seul" in told.text
    assert "the topic “Centenaire”" in told.text
    content_id = desk.write(topic_id=topic_id)
    desk.submit(content_id)
    desk.approve(content_id, "legal")
    assert desk.content(content_id).state == "scheduled"
    without = desk.write()
    desk.submit(without)
    desk.approve(without, "rp")
    assert desk.content(without).state == "in_review"


def test_another_topic_after_approval_asks_again(desk: Desk, topic_id: uuid.UUID) -> None:
    content_id = desk.in_state("scheduled")
    actor = desk.actor("cm")
    with desk.session() as session:
        draft = writing.draft_of(session, desk.content(content_id, session))
        writing.edit(session, actor, content_id, desk.draft(wall_time=draft.wall_time, topic_id=topic_id), None)
    assert desk.content(content_id).state == "draft"
    desk.submit(content_id)
    page = desk.get("rp", f"/contents/{content_id}?lang=en").text
    assert "another one" in page
    with desk.session() as session:
        assert facts_of(desk.content(content_id, session)).topics == {str(topic_id)}


def test_the_editor_offers_the_brand_s_topics_and_keeps_the_choice(desk: Desk, topic_id: uuid.UUID) -> None:
    foreign = opened(desk, "Ailleurs", desk.world.sibling_id)
    path = f"/brands/{desk.world.brand_slug}/chains/new"
    page = desk.get("owner", path).text
    assert "Centenaire" in page
    assert "Ailleurs" not in page
    base = {"name": "Par sujet", "reopening": "first", "late": "ask", "stage": "a", "a-roles": "rp", "a-need": "any",
            "do": "save"}  # fmt: skip
    assert desk.post("owner", path, base | {"topics": str(foreign)}).status_code == 404
    assert desk.post("owner", path, base | {"topics": "x"}).status_code == 422
    assert desk.post("owner", path, base | {"topics": str(topic_id)}).status_code == 303
    with desk.session() as session:
        kept = next(each for each in chains_of(session, desk.world.brand_id) if each.policy.name == "Par sujet")
    assert kept.chain.topics() == {topic_id}
    assert typed_from("", kept.chain).topics == (str(topic_id),)
    assert Chain.from_json(kept.chain.to_json()) == kept.chain
    tried = desk.get("owner", f"/brands/{desk.world.brand_slug}/chains?lang=en&try=-&try_topic={topic_id}").text
    assert "because of: the topic “Centenaire”" in tried


def test_a_template_names_no_topic(desk: Desk, topic_id: uuid.UUID) -> None:
    owner = desk.actor("owner")
    with pytest.raises(RefusedError) as refused, desk.session() as session:
        open_chain(session, owner, None, "Modèle", for_topic(desk, topic_id))
    assert refused.value.sentence is NO_TEMPLATE_TOPIC


def test_what_was_kept_before_there_were_topics_is_read_as_it_was() -> None:
    assert Condition.from_json({"tags": ["a"]}) == Condition(tags=("a",))
    assert Condition(tags=("a",)).to_json() == {"tags": ["a"]}


def test_no_query_is_added_by_more_topics_or_contents(desk: Desk, topic_id: uuid.UUID) -> None:
    desk.write(topic_id=topic_id)
    paths = (home(desk), f"/topics/{topic_id}", f"/brands/{desk.world.brand_slug}/contents/new")

    def statements(path: str) -> int:
        with recorded(desk.runtime) as seen:
            assert desk.get("cm", path).status_code == 200
        return len(seen)

    for path in paths:
        statements(path)
    few = [statements(path) for path in paths]
    for number in range(6):
        opened(desk, f"Sujet {number}")
        desk.write(topic_id=topic_id)
    assert [statements(path) for path in paths] == few


def test_another_agency_s_topics_are_no_topics(desk: Desk, topic_id: uuid.UUID, new_world) -> None:
    other = new_world()
    with desk.runtime.database.agency(other.agency_id) as session:
        assert session.scalars(select(Topic)).all() == []
        assert session.execute(text("update app.topics set title = 'x'")).rowcount == 0
        assert session.get(Brand, (session.agency_id, desk.world.brand_id)) is None


def test_the_word_of_a_pole_does_not_make_a_form_stale(desk: Desk, topic_id: uuid.UUID) -> None:
    rp = desk.actor("rp")
    with desk.session() as session:
        speak(session, rp, topic_id, Pole.RP, PoleWord.CONCERNED)
    assert desk.post("cm", f"/topics/{topic_id}/edit", form(desk, title="Autre", version="1")).status_code == 303
