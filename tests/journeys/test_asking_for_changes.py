"""Asking for changes about some words or a point of an image, in a browser, and reading what changed afterwards."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect
from support.pictures import noise

from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.browser

BRAND = "/atelier-nord/brands/biscuiterie-trehoret"
TITLE, WORDS = "Des mots à reprendre", "le beurre fond"
SELECT = """words => {
  const within = document.createTreeWalker(document.querySelector(".preview-text"), NodeFilter.SHOW_TEXT);
  while (within.nextNode()) {
    const at = within.currentNode.textContent.indexOf(words);
    if (at < 0) continue;
    getSelection().setBaseAndExtent(within.currentNode, at, within.currentNode, at + words.length);
    return;
  }
}"""


def obstacles(page: Page) -> list[str]:
    page.wait_for_load_state()
    report = Axe().run(page, options={"resultTypes": ["violations"]})
    return [each["id"] for each in report.response["violations"] if each["impact"] in {"serious", "critical"}]


def press(page: Page, selector: str) -> None:
    """Press a button whose form goes to another page."""
    page.locator(selector).click()
    page.wait_for_load_state()


def test_from_some_words_and_a_point_to_what_changed(person: Callable[..., Page], tmp_path: Path) -> None:
    cm = sign_in(person(), "ines.caradec@example.org")
    picture = tmp_path / "beurre.jpg"
    picture.write_bytes(noise("JPEG", (800, 600)))
    cm.goto(f"{BRAND}/contents/new")
    cm.locator("[name=title]").fill(TITLE)
    cm.locator("[name=body]").fill(f"Ce matin, {WORDS} au soleil.")
    cm.locator("[name=date]").fill(f"{date.today() + timedelta(days=40)}")  # noqa: DTZ011 - far from any midnight
    cm.locator("[name=time]").fill("11:00")
    cm.locator("[name=uploads]").set_input_files(picture)
    cm.locator("[name^=alt-]").fill("Du beurre au soleil")
    for box in cm.locator("[name=channel_ids]").all()[1:]:
        box.uncheck()
    press(cm, "[name=action][value=submit]")  # which waits for the image that is on its way
    cm.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    address = cm.url

    rp = sign_in(person(width=390), "salome.vidal@example.org")
    rp.goto(address)
    rp.locator("#decide details.anchor > summary").click()
    rp.locator("#decide [name=about][value=passage]").check()
    rp.evaluate(SELECT, WORDS)
    rp.locator("#decide [data-action='anchor#take']").click()
    expect(rp.locator("#decide [data-anchor-target=shown] q")).to_have_text(WORDS)
    rp.locator("#decide [name=about][value=picture]").check()
    stage = rp.locator("#decide .anchor-stage:not([hidden]) img")
    box = stage.bounding_box()
    assert box is not None
    stage.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75}, force=True)
    assert float(rp.locator("#decide [name=pin_x]").input_value()) == pytest.approx(25, abs=1)
    rp.locator("#decide [name=pin_y]").press("ArrowRight")
    assert float(rp.locator("#decide [name=pin_y]").input_value()) == pytest.approx(76, abs=1.5)
    assert obstacles(rp) == []
    rp.locator("#decide [name=about][value=passage]").check()
    rp.locator("#decide [name=comment]").fill("Dites plutôt qu’il dore.")
    press(rp, "[formaction$='/change-request']")

    cm.goto(address)
    expect(cm.locator(".notice q")).to_have_text(WORDS)
    assert obstacles(cm) == []
    cm.goto(f"{address}/edit")
    cm.locator("[name=body]").fill("Ce matin, le beurre dore au soleil.")
    press(cm, "[name=action][value=submit]")

    rp.goto(address)
    changes = rp.locator("#changes")
    expect(changes.locator("del")).to_contain_text("fond")
    expect(changes.locator("ins")).to_contain_text("dore")
    assert obstacles(rp) == []
    for page in ("versions", "proof"):
        rp.goto(f"{address}/{page}")
        assert obstacles(rp) == []
        assert rp.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
