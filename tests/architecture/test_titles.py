"""What each page is called: “Page · Place”, where the place is the brand, the agency, or the product for its own pages."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from flask import Flask

from tests.architecture.access_table import TABLE, Open
from tests.architecture.test_matrix import calls, send
from tests.support.estate import Estate
from unisson.resources import CHECKOUT

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
LAYOUT = re.compile(r'<body class="(\w*)"')
PRODUCT = "Unisson"
OF_AN_AGENCY = {"app", "client", "newsroom"}
PAPERS, MAILS = ("proof_print.html", "month_print.html"), ("_layout.html",)


def titles(app: Flask, estate: Estate) -> Iterator[tuple[str, str, str]]:
    """Address, layout and title of every page that the estate's owner gets; open ones as a stranger gets them."""
    for call in calls(app, estate.world.slug, estate.own):
        if call.method != "GET":
            continue
        role = None if isinstance(TABLE[call.rule.endpoint], Open) else "owner"
        answer = send(app, call, estate.world, role)
        page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        if page.lstrip().startswith("<!doctype html>") and answer.status_code == 200:
            layout, title = LAYOUT.search(page), TITLE.search(page)
            yield call.path, layout[1] if layout else "", unescape(title[1]) if title else ""


@pytest.fixture(scope="module")
def called(app: Flask, here: Estate) -> list[tuple[str, str, str]]:
    return list(titles(app, here))


def test_every_page_is_called_alike(called: list[tuple[str, str, str]]) -> None:
    assert len(called) > 90
    for path, layout, title in called:
        page, _dot, place = title.rpartition(" · ")
        assert page.strip() == page != "", (path, title)
        assert " · " not in page, (path, title)
        if layout in OF_AN_AGENCY:
            assert place.startswith("CANARI"), (path, title)
            assert PRODUCT not in title, (path, title)
        else:
            assert place == PRODUCT, (path, title)


def test_a_part_of_the_calendar_is_called_as_the_whole(app: Flask, here: Estate) -> None:
    client = here.world.sign_in(app.test_client(), "owner")
    for query in ("", f"&brand={here.world.brand_slug}"):
        path = f"https://localhost/{here.world.slug}/calendar?month=2027-03{query}"
        whole, part = client.get(path).text, client.get(path, headers={"HX-Request": "true"}).text
        assert TITLE.findall(part) == TITLE.findall(whole)


def test_the_place_is_the_layout_s_alone() -> None:
    """A template says what its page is called; where that is stands beside it, in one form for all."""
    for path in (CHECKOUT / "templates").rglob("*.html"):
        text = path.read_text()
        said = re.search(r"{% block title %}(.*?){% endblock %}", text)
        assert path.name == "base.html" or said is None or "·" not in said[1], path
        assert "<title" not in text or path.name in {"base.html", *PAPERS, *MAILS}, path
