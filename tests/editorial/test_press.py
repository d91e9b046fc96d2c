"""Releases as press officers write them: their parts, what submitting asks of them, what an approval binds."""

import uuid
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from support.desk import Desk
from support.statements import recorded
from support.topics import at

from tenants.brands import Brand
from unisson.approvals.anchors import checked, sentences_of
from unisson.approvals.chain import Aspect
from unisson.approvals.changes import changes_between
from unisson.approvals.covering import covers_digest
from unisson.editorial.models import Content, ContentKind, Revision
from unisson.editorial.press import Contact, Press, Quote, faults_of
from unisson.editorial.press_form import speakers_of
from unisson.editorial.revisions import digest_of, payload_of
from unisson.editorial.series import Repeat, Rhythm, repeat_draft
from unisson.editorial.writing import draft_of, edit
from unisson.search.models import SearchWord
from unisson.strategy.planning import StrategyPlan, open_strategy

GWEN = Quote("Nous cuisons au beurre depuis 1926.", "Gwenaëlle Tréhoret", "dirigeante")
RELEASE = Press(
    standfirst="La biscuiterie ouvre samedi sa boutique de Quimper.",
    quotes=(GWEN,),
    boilerplate="Fondée en **1926**, la biscuiterie emploie 34 personnes.",
    contact=Contact("Salomé Vidal", "presse@example.org", "02 98 00 00 00"),
)


def written(desk: Desk, **more: object) -> uuid.UUID:
    return desk.write(**{"kind": ContentKind.PRESS_RELEASE, "press": RELEASE, **more})


def payload(desk: Desk, content_id: uuid.UUID) -> dict[str, Any]:
    with desk.session() as session:
        return payload_of(session, desk.content(content_id, session))


def typed(desk: Desk, **more: object) -> dict[str, object]:
    when = at(10)
    given: dict[str, object] = {
        "kind": "press_release", "title": "La boutique ouvre", "body": "Samedi à **10 h**.", "action": "save",
        "channel_ids": [str(desk.world.newsroom_id)], "date": f"{when:%Y-%m-%d}", "time": "10:00",
        "standfirst": RELEASE.standfirst, "boilerplate": RELEASE.boilerplate,
        "quote-0-text": GWEN.text, "quote-0-name": GWEN.name, "quote-0-role": GWEN.role,
        "contact_name": "Salomé Vidal", "contact_email": "presse@example.org", "contact_phone": "02 98 00 00 00",
    }  # fmt: skip
    return given | more


def new(desk: Desk) -> str:
    desk.speak_english()
    return f"/brands/{desk.world.brand_slug}/contents/new"


def plan(desk: Desk, spokespersons: str) -> None:
    with desk.session() as session:
        texts = {"spokespersons": spokespersons}
        told = StrategyPlan("Automne", at(-1).date(), at(90).date(), texts=texts)
        open_strategy(session, desk.actor("cm"), desk.world.brand_id, told)


def test_it(desk: Desk) -> None:
    answer = desk.post("rp", new(desk), typed(desk))
    assert answer.status_code == 303
    content_id = uuid.UUID(answer.location.rsplit("/", 1)[1])
    assert payload(desk, content_id)["press"] == RELEASE.as_json()
    page = desk.get("rp", f"/contents/{content_id}/edit").text
    assert GWEN.text in page
    assert "presse@example.org" in page


def test_what_it_says_is_what_an_approval_binds(desk: Desk) -> None:
    content_id = written(desk)
    desk.submit(content_id)
    revision_id = desk.content(content_id).revision_id
    with desk.session() as session:
        frozen = session.get_one(Revision, (session.agency_id, revision_id))
        content = desk.content(content_id, session)
        other = replace(RELEASE, contact=Contact("Ines", "ines@example.org"))
        edit(session, desk.actor("cm"), content_id, replace(draft_of(session, content), press=other), None)
        assert content.state == "draft"
        assert digest_of(payload_of(session, content)) != frozen.digest
        edit(session, desk.actor("cm"), content_id, replace(draft_of(session, content), press=RELEASE), None)
        assert digest_of(payload_of(session, content)) == frozen.digest


@pytest.mark.parametrize("kind", [ContentKind.POST, ContentKind.REPLY])
def test_another_kind_of_content_shows_none_of_it_but_loses_nothing(desk: Desk, kind: ContentKind) -> None:
    content_id = written(desk, kind=kind)
    assert "press" not in payload(desk, content_id)
    assert "quote" not in desk.content(content_id).risks
    assert desk.content(content_id).press == RELEASE.as_json()
    only_the_brand_s = replace(RELEASE, standfirst="", quotes=())
    assert desk.content(written(desk, kind=kind, press=only_the_brand_s)).press is None


def test_a_content_without_any_has_the_digest_that_it_had_before(desk: Desk) -> None:
    for press in (None, Press()):
        content_id = written(desk, press=press)
        said = payload(desk, content_id)
        assert "press" not in said
        assert said.keys() == payload(desk, desk.write()).keys()


def test_saving_what_was_there_changes_nothing(desk: Desk) -> None:
    content_id = written(desk)
    desk.submit(content_id)
    with desk.session() as session:
        edit(session, desk.actor("cm"), content_id, draft_of(session, desk.content(content_id, session)), None)
    assert desk.content(content_id).state == "in_review"


def test_a_release_that_quotes_is_delicate_by_itself(desk: Desk) -> None:
    assert desk.content(written(desk)).risks == ["quote"]
    assert desk.content(written(desk, press=replace(RELEASE, quotes=()))).risks == []
    assert desk.content(written(desk, risks=("price", "quote"))).risks == ["price", "quote"]


@pytest.mark.parametrize(
    ("press", "title", "fields"),
    [
        (RELEASE, "Titre", []),
        (RELEASE, " ", ["title"]),
        (Press(), "Titre", ["standfirst", "contact_name", "contact_email"]),
        (replace(RELEASE, standfirst=" \n"), "Titre", ["standfirst"]),
        (replace(RELEASE, contact=Contact("Salomé")), "Titre", ["contact_email"]),
        (replace(RELEASE, contact=Contact("Salomé", phone="02 98")), "Titre", []),
        (replace(RELEASE, contact=Contact("Salomé", "presse chez nous")), "Titre", ["contact_email"]),
        (replace(RELEASE, quotes=(Quote("Oui."), GWEN)), "Titre", ["quotes"]),
        (replace(RELEASE, quotes=(Quote("Oui.", "Gwen"), GWEN)), "Titre", ["quotes"]),
        (replace(RELEASE, quotes=(GWEN, replace(GWEN, text=""))), "Titre", ["quotes"]),
    ],
)
def test_what_a_release_lacks_is_named_field_by_field(press: Press, title: str, fields: list[str]) -> None:
    assert [each.field for each in faults_of("press_release", title, press)] == fields
    assert faults_of("post", title, press) == []


def test_an_article_needs_nothing_but_names_for_whom_it_quotes() -> None:
    assert faults_of("article", "", Press()) == []
    assert [each.field for each in faults_of("article", "", Press(quotes=(Quote("Oui."),)))] == ["quotes"]


def test_an_unfit_release_is_not_submitted_and_is_saved_as_a_draft_all_the_same(desk: Desk) -> None:
    lacking = typed(desk, standfirst="", contact_name="", contact_email="", contact_phone="", **{"quote-0-role": ""})
    refused = desk.post("rp", new(desk), lacking | {"action": "submit"})
    assert refused.status_code == 422
    for sentence in ("needs a standfirst", "needs a press contact", "telephone number", "Say who speaks in quote 1"):
        assert refused.text.count(sentence) >= 2  # above the form, and at the field
    assert GWEN.text in refused.text
    saved = desk.post("rp", new(desk), lacking)
    assert saved.status_code == 303
    content_id = saved.location.rsplit("/", 1)[1]
    version = str(desk.content(uuid.UUID(content_id)).version)
    again = desk.post("rp", f"/contents/{content_id}/submission", {"version": version})
    assert again.status_code == 422
    assert "needs a standfirst" in again.text
    assert desk.content(uuid.UUID(content_id)).state == "draft"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"standfirst": "x" * 1_001}, "1,000 characters"),
        ({"quote-3-text": "x" * 2_001}, "2,000 characters"),
        ({"quote-5-name": "x" * 201}, "200 each"),
        ({"boilerplate": "x" * 5_001}, "5,000 characters"),
        ({"contact_phone": "0" * 201}, "200 characters"),
    ],
)
def test_what_is_too_long_is_said_at_its_field_and_kept(desk: Desk, more: dict[str, object], told: str) -> None:
    answer = desk.post("rp", new(desk), typed(desk, **more))
    assert answer.status_code == 422
    assert told in answer.text
    assert str(next(iter(more.values()))) in answer.text


def test_a_new_release_begins_with_the_brand_s_words(desk: Desk) -> None:
    desk.speak_english()
    path = f"/brands/{desk.world.brand_slug}/edit"
    form = {
        "name": "Marque", "sector": "food", "timezone": "Europe/Paris", "language": "fr", "accent": "moss",
        "boilerplate": "Une maison de Bretagne.", "contact_name": "Salomé", "contact_email": "presse@example.org",
        "contact_phone": "02 98",
    }  # fmt: skip
    refused = desk.post("owner", path, form | {"contact_email": "chez nous"})
    assert refused.status_code == 422
    assert "chez nous" in refused.text
    assert desk.post("owner", path, form).status_code == 303
    assert "Une maison de Bretagne." in desk.get("owner", path).text
    page = desk.get("cm", new(desk)).text
    assert "Une maison de Bretagne." in page
    assert "presse@example.org" in page
    del form["boilerplate"]
    desk.post("owner", path, form)
    with desk.session() as session:
        assert session.get_one(Brand, (session.agency_id, desk.world.brand_id)).press["contact"]["name"] == "Salomé"


@pytest.mark.parametrize(
    ("line", "name", "role"),
    [
        ("Gwenaëlle Tréhoret, dirigeante", "Gwenaëlle Tréhoret", "dirigeante"),
        ("- Yann Le Goff – chef d'atelier", "Yann Le Goff", "chef d'atelier"),
        ("Anne-Marie Kerjean (directrice, qualité)", "Anne-Marie Kerjean", "directrice, qualité"),
        ("Paul", "Paul", ""),
    ],
)
def test_spokespersons_are_read_from_the_strategy_s_lines(line: str, name: str, role: str) -> None:
    assert speakers_of(f"\n {line} \n") == [Quote("", name, role)]


def test_a_known_spokesperson_brings_their_role(desk: Desk) -> None:
    plan(desk, "Gwenaëlle Tréhoret, dirigeante")
    page = desk.get("rp", new(desk)).text
    assert 'value="Gwenaëlle Tréhoret"' in page
    answer = desk.post("rp", new(desk), typed(desk, **{"quote-0-role": ""}))
    assert desk.content(uuid.UUID(answer.location.rsplit("/", 1)[1])).press["quotes"][0]["role"] == "dirigeante"


def test_changes_say_which_part_of_the_release_changed() -> None:
    other = replace(RELEASE, standfirst="Autre chapô.", quotes=(replace(GWEN, role="présidente"),))
    changes = changes_between({"press": RELEASE.as_json()}, {"press": other.as_json()})
    assert [each.what.value for each in changes.texts] == ["standfirst", "quotes"]
    assert ("added", "présidente") in changes.texts[1].parts
    assert [each.what.value for each in changes_between({}, {"press": RELEASE.as_json()}).texts] == [
        "standfirst", "quotes", "boilerplate", "contact",
    ]  # fmt: skip


def test_a_stage_that_looks_at_texts_looks_at_the_release_too() -> None:
    base = {"kind": "press_release", "title": "", "language": "fr", "channels": []}
    other = replace(RELEASE, boilerplate="Autre.")
    words = frozenset({Aspect.TEXT})
    digests = {covers_digest(base | more, words) for more in (
        {}, {"press": RELEASE.as_json()}, {"press": other.as_json()}
    )}  # fmt: skip
    assert len(digests) == 3


def test_a_passage_of_a_quote_can_be_pointed_at() -> None:
    said = {"title": "Titre", "channels": [{"id": "1", "text": "Le texte."}], "press": RELEASE.as_json()}
    assert checked({"passage": {"quote": "au beurre", "start": 0}}, said)["passage"]["quote"] == "au beurre"
    assert sentences_of(said)[:3] == ["Titre", RELEASE.standfirst, "Le texte."]


def test_its_words_are_found(desk: Desk) -> None:
    content_id = written(desk)
    with desk.session() as session:
        known = set(session.scalars(select(SearchWord.word).where(SearchWord.item_id == content_id)))
    assert {"quimper", "beurre", "trehoret", "vidal"} <= known
    assert "fondee" not in known
    desk.speak_english()
    assert "boutique de <mark>Quimper</mark>" in desk.get("rp", "/search?q=quimper").text
    assert "<mark>beurre</mark> depuis 1926" in desk.get("rp", "/search?q=beurre").text


def test_more_quotes_are_no_more_statements(desk: Desk) -> None:
    def asked(content_id: uuid.UUID) -> int:
        desk.get("rp", f"/contents/{content_id}/edit")
        with recorded(desk.runtime) as statements:
            assert desk.get("rp", f"/contents/{content_id}/edit").status_code == 200
        return len(statements)

    assert asked(written(desk)) == asked(written(desk, press=replace(RELEASE, quotes=(GWEN,) * 6)))


def test_who_saves_over_another_s_release_sees_it(desk: Desk) -> None:
    content_id = written(desk)
    version = str(desk.content(content_id).version)
    with desk.session() as session:
        theirs = replace(RELEASE, standfirst="Le chapô de Salomé.")
        draft = replace(draft_of(session, desk.content(content_id, session)), press=theirs)
        edit(session, desk.actor("rp"), content_id, draft, None)
    answer = desk.post("cm", f"/contents/{content_id}/edit", typed(desk, version=version))
    assert answer.status_code == 409
    assert "de Salomé" in answer.text
    assert RELEASE.standfirst in answer.text


def test_a_tag_from_the_calendar_takes_nothing_away(desk: Desk) -> None:
    content_id = written(desk)
    with desk.session() as session:
        draft = draft_of(session, desk.content(content_id, session))
        edit(session, desk.actor("cm"), content_id, replace(draft, tags=("été",)), None)
    assert desk.content(content_id).press == RELEASE.as_json()


def test_a_copy_has_it_too(desk: Desk) -> None:
    answer = desk.post("cm", f"/contents/{written(desk)}/duplicate")
    assert desk.content(uuid.UUID(answer.location.rsplit("/", 2)[1])).press == RELEASE.as_json()


def test_a_repetition_has_it_too(desk: Desk) -> None:
    content_id = written(desk)
    with desk.session() as session:
        repeat_draft(session, desk.actor("cm"), content_id, Repeat(Rhythm.WEEKS, count=2))
    with desk.session() as session:
        kept = session.scalars(select(Content.press).where(Content.id != content_id)).all()
    assert kept == [RELEASE.as_json()] * 2
