"""Two people's changes of one content: put together where they can be, and asked about where both changed the same."""

import uuid
from dataclasses import fields, replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unisson.editorial.beside import Beside, Card
from unisson.editorial.merging import Merged, merge, normal
from unisson.editorial.models import ContentKind
from unisson.editorial.press import Contact, Press, Quote
from unisson.editorial.writing import Draft

NEWS, LETTER, BLUE = (uuid.UUID(int=number) for number in (1, 2, 3))
ONE, TWO = uuid.UUID(int=11), uuid.UUID(int=12)
NOON, NIGHT = datetime.fromisoformat("2027-05-04T12:00"), datetime.fromisoformat("2027-05-04T22:00")
BASE = Draft(title="Titre", body="Texte", channel_ids=(NEWS, LETTER), tags=("été",), risks=("price",), wall_time=NOON)


def names(merged: Merged) -> list[str]:
    return [each.name for each in merged.clashes]


def test_it() -> None:
    merged = merge(BASE, replace(BASE, title="À moi"), replace(BASE, body="À eux", wall_time=NIGHT))
    assert merged.clashes == []
    assert merged.draft == normal(replace(BASE, title="À moi", body="À eux", wall_time=NIGHT))


SINGLES = {
    "kind": (ContentKind.ARTICLE, ContentKind.REPLY),
    "title": ("À moi", "À eux"),
    "body": ("À moi", "À eux"),
    "pictures": (((ONE, "Un"),), ((TWO, "Deux"),)),
    "wall_time": (NIGHT, None),
    "topic_id": (ONE, TWO),
    "pillar": ("Saveurs", "Saisons"),
}
TOGETHER = {"tags", "risks", "channel_ids", "fold", "texts", "press", "beside"}


def test_every_field_of_a_draft_is_accounted_for() -> None:
    """A field that is added to a draft is merged whole; one that needs more than that is named here."""
    assert {each.name for each in fields(Draft)} == SINGLES.keys() | TOGETHER


RELEASE = replace(BASE, kind=ContentKind.PRESS_RELEASE, press=Press(standfirst="Chapô", boilerplate="La maison"))
CARD = Card("https://example.org/a", "Une carte")
PARTS = {
    "standfirst": ("press", "À moi", "À eux"),
    "boilerplate": ("press", "À moi", "À eux"),
    "quotes": ("press", (Quote("Oui.", "Anne", "chef"),), (Quote("Non.", "Paul", "chef"),)),
    "contact": ("press", Contact("Anne"), Contact("Paul")),
    "tagged": ("beside", True, False),
    "thread": ("beside", ("À moi",), ("À eux", "Et plus")),
    "card": ("beside", CARD, replace(CARD, off=True)),
}


def test_every_part_of_what_stands_around_a_text_is_accounted_for() -> None:
    assert {each.name for whole in (Press, Beside) for each in fields(whole)} == PARTS.keys()


@pytest.mark.parametrize("part", PARTS)
def test_a_part_is_taken_from_who_changed_it_and_asked_about_where_both_did(part: str) -> None:
    base = replace(RELEASE, body="Voir https://example.org/a")
    whole, one, other = PARTS[part]

    def changed(name: str, value: object) -> Draft:
        return replace(base, **{name: replace(getattr(base, name), **{part: value})})

    mine, theirs = changed(whole, one), changed(whole, other)
    elsewhere = replace(base, title="Ailleurs")
    for merged in (merge(base, mine, elsewhere), merge(base, elsewhere, mine)):
        assert merged.clashes == []
        assert (getattr(getattr(merged.draft, whole), part), merged.draft.title) == (one, "Ailleurs")
    assert merge(base, mine, mine).clashes == []
    met = merge(base, mine, theirs)
    assert names(met) == [part]
    assert getattr(getattr(met.draft, whole), part) == one


def test_what_a_form_only_proposes_for_a_post_is_no_change() -> None:
    proposed = replace(BASE, press=Press(boilerplate="La maison", contact=Contact("Anne")))
    merged = merge(proposed, proposed, replace(BASE, title="À eux"))
    assert merged == Merged(normal(replace(BASE, title="À eux")), [])


@pytest.mark.parametrize("name", SINGLES)
def test_what_one_side_alone_changed_is_taken(name: str) -> None:
    mine, theirs = SINGLES[name]
    changed = replace(BASE, **{name: mine})
    assert merge(BASE, changed, BASE) == Merged(normal(changed), [])
    assert merge(BASE, BASE, changed) == Merged(normal(changed), [])
    other = replace(BASE, **{name: theirs})
    assert merge(BASE, other, other) == Merged(normal(other), [])


@pytest.mark.parametrize("name", SINGLES)
def test_what_both_changed_is_asked_about_and_stays_mine_meanwhile(name: str) -> None:
    mine, theirs = SINGLES[name]
    merged = merge(BASE, replace(BASE, **{name: mine}), replace(BASE, **{name: theirs}))
    assert names(merged) == [name]
    assert getattr(merged.draft, name) == mine


@pytest.mark.parametrize(
    ("name", "before", "mine", "theirs", "both"),
    [
        ("tags", ("a", "b"), ("a", "b", "c"), ("b", "d"), ("b", "c", "d")),
        ("tags", ("a",), (), ("a",), ()),
        ("risks", ("price",), ("legal", "price"), (), ("legal",)),
        ("channel_ids", (NEWS,), (NEWS, LETTER), (NEWS, BLUE), (NEWS, LETTER, BLUE)),
        ("channel_ids", (NEWS, LETTER), (NEWS,), (NEWS, LETTER, BLUE), (NEWS, BLUE)),
    ],
)
def test_what_is_put_in_and_taken_out_never_clashes(name, before, mine, theirs, both) -> None:
    merged = merge(*(replace(BASE, **{name: each}) for each in (before, mine, theirs)))
    assert merged.clashes == []
    assert set(getattr(merged.draft, name)) == set(both)


def test_each_channel_s_own_text_is_a_field_of_its_own() -> None:
    mine = replace(BASE, texts=((NEWS, "Pour la presse."),))
    theirs = replace(BASE, texts=((LETTER, "Chers lecteurs."),))
    merged = merge(BASE, mine, theirs)
    assert merged.clashes == []
    assert dict(merged.draft.texts) == {NEWS: "Pour la presse.", LETTER: "Chers lecteurs."}
    clash = merge(BASE, mine, replace(BASE, texts=((NEWS, "Autrement."),))).clashes
    assert [(each.channel_id, each.mine, each.theirs) for each in clash] == [(NEWS, "Pour la presse.", "Autrement.")]
    assert merge(mine, BASE, mine).draft.texts == ()


def test_a_changed_common_text_and_an_own_one_go_together() -> None:
    merged = merge(BASE, replace(BASE, body="Autre"), replace(BASE, texts=((LETTER, "Chers lecteurs."),)))
    assert merged.clashes == []
    assert (merged.draft.body, dict(merged.draft.texts)) == ("Autre", {LETTER: "Chers lecteurs."})


def test_the_hour_that_comes_twice_is_of_the_date() -> None:
    mine, theirs = replace(BASE, wall_time=NIGHT, fold=1), replace(BASE, wall_time=NIGHT, fold=0)
    assert names(merge(BASE, mine, theirs)) == ["wall_time"]
    assert merge(BASE, mine, BASE).draft.fold == 1


def test_without_what_it_was_all_that_differs_is_asked_about() -> None:
    merged = merge(None, replace(BASE, title="À moi", tags=("b",)), replace(BASE, body="À eux"))
    assert sorted(names(merged)) == ["body", "title"]
    assert merged.draft.tags == ("b", "été")
    assert merge(None, BASE, BASE).clashes == []


def test_how_it_is_written_is_no_change() -> None:
    typed = replace(
        BASE, tags=(" Été ", "été"), channel_ids=(LETTER, NEWS), body="Texte\n", fold=None, texts=((BLUE, "x"),)
    )
    assert merge(typed, BASE, typed) == Merged(normal(BASE), [])


WORDS = st.sampled_from(["", "a", "b", "c"])
DRAFTS = st.builds(
    Draft,
    title=WORDS,
    body=WORDS,
    tags=st.lists(WORDS, max_size=3).map(tuple),
    channel_ids=st.sets(st.sampled_from([NEWS, LETTER, BLUE])).map(tuple),
    texts=st.dictionaries(st.sampled_from([NEWS, LETTER, BLUE]), WORDS).map(lambda held: tuple(held.items())),
    wall_time=st.sampled_from([None, NOON, NIGHT]),
)


@given(DRAFTS, DRAFTS, DRAFTS)
def test_nothing_is_lost_and_sending_twice_is_sending_once(before: Draft, mine: Draft, theirs: Draft) -> None:
    merged = merge(before, mine, theirs)
    asked = {(each.name, each.channel_id) for each in merged.clashes}
    for name in ("title", "body", "wall_time"):
        sides = {getattr(mine, name), getattr(theirs, name)} - {getattr(before, name)}
        assert getattr(merged.draft, name) in sides or not sides or (name, None) in asked
        assert len(sides) < 2 or (name, None) in asked
    again = merge(before, mine, merged.draft)
    assert again.draft == merged.draft or merged.clashes
    assert merge(before, before, theirs) == Merged(normal(theirs), [])
    assert merge(before, mine, before) == Merged(normal(mine), [])
