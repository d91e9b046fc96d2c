"""Comparing texts: nothing is lost on the way, it takes little time whatever the texts, and people can read it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.steps import calls_of

from unisson.editorial.comparison import differences
from unisson.editorial.writing import MAX_BODY_CHARACTERS

MOST_CALLS = 1_000_000
WORDS = st.lists(
    st.sampled_from(["la", "saison", "ouvre", "Samedi", " ", "  ", "\n", "\n\n", ".", "l’", "é", "👩‍🚀", "-"]),
    max_size=60,
)


def made_of(parts: list[tuple[str, str]], *kinds: str) -> str:
    return "".join(text for kind, text in parts if kind in kinds)


@given(WORDS.map("".join) | st.text(), WORDS.map("".join) | st.text())
def test_both_texts_can_be_read_from_their_differences(before: str, after: str) -> None:
    parts = differences(before, after)
    assert made_of(parts, "same", "removed") == before
    assert made_of(parts, "same", "added") == after
    assert all(text for _kind, text in parts)
    assert not any(one[0] == other[0] for one, other in pairwise(parts))
    assert (parts in ([("same", before)], [])) == (before == after)


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("La saison", "La saison ouvre", [("same", "La saison"), ("added", " ouvre")]),
        ("Samedi à 10 h.", "Dimanche à 10 h.", [("removed", "Samedi"), ("added", "Dimanche"), ("same", " à 10 h.")]),
        (
            "Oui.\n\nNon.",
            "Oui.\n\nPeut-être.\n\nNon.",
            [("same", "Oui.\n\n"), ("added", "Peut-être.\n\n"), ("same", "Non.")],
        ),
    ],
)
def test_words_are_compared_not_letters(before: str, after: str, parts: list[tuple[str, str]]) -> None:
    assert differences(before, after) == parts


def test_what_stays_by_chance_is_given_up() -> None:
    parts = differences("le vent et la mer de nuit", "un chat et des rats de ville")
    assert [kind for kind, _text in parts] == ["removed", "added"]


def _long(word: str = "mot") -> str:
    sentences = (" ".join(f"{word}{at}-{each}" for each in range(12)) + "." for at in range(1_800))
    return "\n\n".join(" ".join(group) for group in zip(*[sentences] * 6, strict=True))[:MAX_BODY_CHARACTERS]


ADVERSARIES = {
    "unrelated": (_long(), _long("rien")),
    "two words again and again": ("a b " * 25_000, "b b a a " * 12_500),
    "backwards": (" ".join(map(str, range(17_000))), " ".join(map(str, range(17_000, 0, -1)))),
    "every second word": (
        " ".join(f"{each} a{each}" for each in range(8_000)), " ".join(f"{each} b{each}" for each in range(8_000)),
    ),
    "lines": ("\n" * 100_000, "\n a" * 33_333),
    "a short one": (" ".join(f"{each} a{each}" for each in range(600)), " ".join(f"{each} b{each}" for each in range(600))),
}  # fmt: skip


@pytest.mark.parametrize("case", ADVERSARIES)
def test_no_pair_of_texts_takes_more_steps_than_there_are(case: str) -> None:
    """Steps are counted, not timed: the matcher looks up each by a call, and the rest goes once through the texts."""
    before, after = ADVERSARIES[case]
    parts = differences(before, after)
    assert made_of(parts, "same", "removed") == before
    assert made_of(parts, "same", "added") == after
    assert calls_of(lambda: differences(before, after)) <= MOST_CALLS


def test_a_few_words_in_a_long_text_are_still_found() -> None:
    before = _long()
    parts = differences(before, before.replace("mot700-4", "ici").replace("mot30-7", "là"))
    assert [each for each in parts if each[0] != "same"] == [
        ("removed", "mot30-7"), ("added", "là"), ("removed", "mot700-4"), ("added", "ici"),
    ]  # fmt: skip
