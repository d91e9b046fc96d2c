"""Contents are chosen where they stand, on a desk by mouse and keyboard and on a phone by touch, and acted on at once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import sign_in
from tests.journeys.test_calendar import shown_anew, tenth, write

pytestmark = pytest.mark.browser

CM = "ines.caradec@example.org"
MONTH = "/atelier-nord/calendar?brand=biscuiterie-trehoret"
BOARD = "/atelier-nord/calendar/board?brand=biscuiterie-trehoret"


def month_with_two(page: Page, ahead: int) -> list[str]:
    """Write two drafts in a month to come and show it; return their entries."""
    titles = [write(page, tenth(ahead)) for _ in range(2)]
    page.goto(f"{MONTH}&month={tenth(ahead):%Y-%m}")
    return [page.locator(".entry", has_text=title).get_attribute("id") or "" for title in titles]


def days_of(page: Page, ids: list[str]) -> list[str]:
    return [page.locator(f"[id='{each}']").evaluate("e => e.closest('[data-date]').dataset.date") for each in ids]


def test_days_of_several_are_moved_and_moved_back(person: Callable[..., Page]) -> None:
    page = sign_in(person(), CM)
    ids = month_with_two(page, 7)
    before = days_of(page, ids)
    bar = page.locator(".chosen-bar")
    expect(bar).to_be_hidden()
    page.locator(f"[id='{ids[0]}']").focus()
    page.keyboard.press("x")
    expect(bar).to_contain_text("1 choisi")
    page.locator(f"[id='{ids[1]}']").click()
    expect(bar).to_contain_text("2 choisi")
    bar.get_by_role("button", name="Faire").click()
    expect(page.locator(".toast[data-tone=danger]")).to_contain_text("nombre de jours")
    expect(bar).to_contain_text("2 choisi")  # what was chosen is kept
    bar.get_by_label("Jours", exact=False).first.fill("1")
    with shown_anew(page):
        bar.get_by_role("button", name="Faire").click()
    toast = page.locator(".toast[data-tone=success]").last
    expect(toast).to_contain_text("2 contenus")
    expect(bar).to_be_hidden()
    assert all(now > was for now, was in zip(days_of(page, ids), before, strict=True))
    with shown_anew(page):
        toast.get_by_role("button", name="Annuler").click()
    assert days_of(page, ids) == before


def test_a_phone_chooses_by_touch_and_tags(person: Callable[..., Page]) -> None:
    page = sign_in(person(width=390, dark=True), CM)
    first, second = (page.locator(f"[id='{each}']") for each in month_with_two(page, 8))
    page.get_by_role("button", name="Options").tap()
    page.get_by_role("button", name="Choisir plusieurs").tap()
    first.tap()
    second.tap()
    bar = page.locator(".chosen-bar")
    expect(bar).to_contain_text("2 choisi")
    assert re.search("calendar", page.url)  # nothing was opened
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide == 0
    bar.get_by_label("Que faire").select_option("tag")
    bar.get_by_label("Étiquette").fill("salon")
    with shown_anew(page):
        bar.get_by_role("button", name="Faire").tap()
    expect(page.locator(".toast[data-tone=success]").last).to_contain_text("2 contenus")
    first.tap()
    page.wait_for_url("**/contents/**")  # and a tap opens again


def test_a_range_of_the_board(person: Callable[..., Page]) -> None:
    page = sign_in(person(), CM, to=BOARD)
    page.get_by_role("button", name="Choisir plusieurs").click()
    cards = page.locator(".state-card")
    cards.nth(0).click()
    cards.nth(2).click(modifiers=["Shift"])
    expect(page.locator(".chosen-bar")).to_contain_text("3 choisi")
    page.keyboard.press("Escape")
    expect(page.locator(".chosen-bar")).to_be_hidden()
