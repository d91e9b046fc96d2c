"""The text of a newsroom says what was typed, and does nothing."""

import re

import pytest
from support.xss import CORPUS, live_markup

from unisson.newsroom.prose import excerpt, to_html


def test_paragraphs_and_lines_are_kept() -> None:
    assert to_html("Un.\nDeux.\n\nTrois.") == "<p>Un.<br>\nDeux.</p>\n<p>Trois.</p>\n"


def test_headings_stand_below_the_page_s_own() -> None:
    assert to_html("# Titre\n\n## Sous-titre") == "<h2>Titre</h2>\n<h3>Sous-titre</h3>\n"


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Voir https://example.org/a?b=1&c=2.", "https://example.org/a?b=1&amp;c=2"),
        ("https://example.org/été, ensuite", "https://example.org/%C3%A9t%C3%A9"),
        ("[le site](https://example.org)", "https://example.org"),
    ],
)
def test_addresses_become_links(text: str, address: str) -> None:
    assert f'<a href="{address}" rel="noopener">' in to_html(text)


def test_addresses_in_links_are_left_alone() -> None:
    assert to_html("[https://a.example](https://a.example)").count("<a ") == 1


@pytest.mark.parametrize("attack", CORPUS)
def test_nothing_typed_comes_alive(attack: str) -> None:
    assert not live_markup(to_html(attack))
    assert not live_markup(to_html(f"[{attack}]({attack})"))


def test_no_picture_of_elsewhere_is_shown() -> None:
    assert "<img" not in to_html("![alt](https://spy.example/p.gif)")


def test_an_excerpt_is_one_short_plain_line() -> None:
    said = excerpt("# Titre\n\nUn **mot** & un [lien](https://example.org).\n\n" + "long " * 100)
    assert said.startswith("Titre Un mot & un lien. long")
    assert len(said) <= 200
    assert re.fullmatch(r"[^\n<>]+…", said)
