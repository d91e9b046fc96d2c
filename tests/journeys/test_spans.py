"""Notes and events of several days are drawn longer, moved as a whole, and put back."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import sign_in
from tests.journeys.test_calendar import tenth

pytestmark = pytest.mark.browser

CM = "ines.caradec@example.org"
BRAND = "biscuiterie-trehoret"


def note_on(page: Page, day: date, title: str) -> None:
    page.goto(f"/atelier-nord/brands/{BRAND}/notes/new?date={day}")
    page.locator("[name=title]").fill(title)
    page.locator("[name=ends_on]").fill(str(day + timedelta(days=1)))
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url("**/calendar**")


def lasts(page: Page, title: str, first: date, last: date) -> None:
    """Wait until the mark stands on these days."""
    expect(page.locator("a.day-mark", has_text=title).first).to_have_attribute("data-lasts", f"{first}/{last}")


def test_by_keyboard_and_back(person: Callable[..., Page]) -> None:
    page, day = sign_in(person(), CM), tenth(9)
    note_on(page, day, "Salon du clavier")
    mark = page.locator("a.day-mark", has_text="Salon du clavier").first
    mark.focus()
    page.keyboard.press("Shift+Alt+ArrowRight")
    lasts(page, "Salon du clavier", day, day + timedelta(days=2))
    expect(page.locator("a.day-mark:focus")).to_have_count(1)
    page.keyboard.press("Alt+ArrowDown")
    lasts(page, "Salon du clavier", day + timedelta(days=7), day + timedelta(days=9))
    page.locator(".toast-undo").last.click()
    lasts(page, "Salon du clavier", day, day + timedelta(days=2))


def test_by_mouse_and_where_somebody_was_quicker(person: Callable[..., Page]) -> None:
    page, day = sign_in(person(), CM), tenth(10)
    note_on(page, day, "Salon de la souris")
    end = page.locator(".day-mark[data-lasts] .day-mark-end").first
    end.scroll_into_view_if_needed()
    held = end.bounding_box()
    target = page.locator(f"[data-month-target~='day'][data-date='{day + timedelta(days=7)}']").bounding_box()
    assert held
    assert target
    page.mouse.move(held["x"] + 4, held["y"] + 5)
    page.mouse.down()
    page.mouse.move(target["x"] + 20, target["y"] + 10, steps=4)
    expect(page.locator("[data-drawn]")).to_have_count(8)
    page.mouse.up()
    lasts(page, "Salon de la souris", day, day + timedelta(days=7))
    assert "/notes/" not in page.url  # the drag opened nothing

    mark = page.locator("a.day-mark", has_text="Salon de la souris").first
    mark.evaluate("each => { each.dataset.lasts = '2020-01-01/2020-01-02'; }")  # as if it had been drawn since
    mark.focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".toast[data-tone=danger]")).to_contain_text("déplacé")
