"""A video in a browser: added, prepared while one waits, played, and placed into a content."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect
from support.videos import video

from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.browser

BRAND = "/atelier-nord/brands/biscuiterie-trehoret"
PLAYED = "async video => { video.muted = true; await video.play(); return video.videoWidth }"


def obstacles(page: Page) -> list[str]:
    page.wait_for_load_state()
    report = Axe().run(page, options={"resultTypes": ["violations"]})
    return [each["id"] for each in report.response["violations"] if each["impact"] in {"serious", "critical"}]


@pytest.mark.parametrize("width", [1280, 390])
def test_from_a_file_to_a_content(person: Callable[..., Page], tmp_path: Path, width: int) -> None:
    cm = sign_in(person(width=width), "ines.caradec@example.org")
    film, name = tmp_path / f"halles-{width}.mp4", f"halles-{width}.mp4"
    film.write_bytes(video(size=(640, 360), seconds=4 + width / 1000))
    cm.goto(f"{BRAND}/videos")
    cm.locator("[name=video]").set_input_files(film)
    cm.locator("main form button[type=submit]").first.click()
    cm.wait_for_load_state()
    mine = cm.locator("#incoming-videos li", has_text=name)
    expect(mine.locator(".badge[data-tone=success]")).to_be_visible(timeout=90_000)
    assert obstacles(cm) == []
    mine.get_by_role("link").click()
    cm.wait_for_load_state()
    assert cm.locator("video").evaluate(PLAYED) == 640
    assert obstacles(cm) == []

    cm.goto(f"{BRAND}/contents/new")
    cm.locator("[name=title]").fill("La halle")
    cm.locator("details:has(#library-choice) > summary").click()
    cm.locator("#library-choice li", has_text=name).locator("input[type=checkbox]").check()
    cm.locator("[name=action][value=add]:not([data-press-target])").click()
    cm.wait_for_load_state()
    expect(cm.locator(".preview-newsroom video")).to_have_count(1)
    assert cm.locator(".preview-newsroom video").evaluate(PLAYED) == 640
