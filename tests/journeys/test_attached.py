"""Images of a content are sent by themselves and prepared by a worker, while one writes on; what is refused is said."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from support.pictures import noise

from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.browser

NEW = "/atelier-nord/brands/biscuiterie-trehoret/contents/new"


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_images_come_beside_the_text(person: Callable[..., Page], tmp_path: Path, width: int, dark: bool) -> None:
    page = sign_in(person(width=width, dark=dark), "ines.caradec@example.org", to=NEW)
    first, second, drawing = tmp_path / "four.jpg", tmp_path / "pelle.png", tmp_path / "logo.svg"
    first.write_bytes(noise("JPEG", (900, 600 + width)))
    second.write_bytes(noise("PNG", (300, 200 + width)))
    drawing.write_bytes(b"<svg/>")
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.locator("[name=uploads]").set_input_files([first, second, drawing])
    page.locator("[name=body]").fill("Le four chauffe.")
    rows = page.locator(".picture-row")
    expect(rows).to_have_count(2, timeout=90_000)
    expect(page.locator(".upload-row[data-state=refused]")).to_contain_text("SVG")
    rows.nth(0).locator("[name^=alt-]").fill("Un four à bois")
    rows.nth(1).locator("[name^=alt-]").fill("Une pelle en bois")
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    expect(page.get_by_alt_text("Un four à bois").first).to_be_visible()
    expect(page.get_by_text("Le four chauffe.").first).to_be_visible()


def test_images_of_a_page_that_was_open_for_long_are_asked_for_anew(person: Callable[..., Page]) -> None:
    page = sign_in(person(), "ines.caradec@example.org", to="/atelier-nord/brands/biscuiterie-trehoret/media")
    images = page.locator("main img[src*='/media/']")
    good = images.first.get_attribute("src")
    assert good
    page.evaluate("window.stillHere = true")
    images.first.evaluate("(image, address) => { image.src = address; }", good[:-6] + "AAAAAA")  # as one that is over
    expect(images.first).to_have_attribute("src", good)
    page.wait_for_function("() => document.querySelector(\"main img[src*='/media/']\").naturalWidth > 0")
    assert page.evaluate("window.stillHere") is True
