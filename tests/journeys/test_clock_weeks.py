"""The weeks in which clocks change, in Paris and in New York, through the pages; and a day's work by keyboard alone."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import sign_in
from tests.journeys.test_calendar import shown_anew, tenth

pytestmark = pytest.mark.browser

OWNER, CM = "claire.lemoal@example.org", "ines.caradec@example.org"
PARIS = ("biscuiterie-trehoret", "2028-03-26", "02:30", "2028-10-29", "02:30", "2028-W12")
NEW_YORK = ("2028-03-12", "02:30", "2028-11-05", "01:30", "2028-W10")
"""The day and an hour that the clock skips, the day and an hour that it strikes twice, and the week of the first."""


def write(page: Page, brand: str, day: str, at: str) -> str:
    title = f"Heure {time.time_ns() % 1_000_000_000}"
    page.goto(f"/atelier-nord/brands/{brand}/contents/new")
    page.locator("[name=title]").fill(title)
    page.locator("[name=body]").fill("À l’heure dite.")
    page.locator("[name=date]").fill(day)
    page.locator("[name=time]").fill(at)
    page.locator("button[name=action][value=save]").click()
    return title


def through_the_weeks(page: Page, brand: str, skipped: tuple[str, str], twice: tuple[str, str], week: str) -> None:
    """An hour that does not exist is refused and kept in the form; one that comes twice is asked; both weeks show."""
    title = write(page, brand, *skipped)
    expect(page.locator(".field-error").first).to_be_visible()
    assert page.locator("[name=title]").input_value() == title
    page.locator("[name=time]").fill("03:30")
    page.locator("button[name=action][value=save]").click()
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    page.goto(f"/atelier-nord/calendar?week={week}&brand={brand}")
    shown = page.locator(f"[data-date='{skipped[0]}'] .entry", has_text=title)
    expect(shown).to_contain_text("3 h 30")

    again = write(page, brand, *twice)
    choice = page.locator("[name=fold]")
    expect(choice.first).to_be_visible()
    choice.last.check()
    page.locator("button[name=action][value=save]").click()
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    page.goto(f"/atelier-nord/calendar?day={twice[0]}&brand={brand}")
    expect(page.locator(".entry", has_text=again)).to_have_count(1)


def test_weeks_of_paris(person: Callable[..., Page]) -> None:
    page = sign_in(person(), CM)
    brand, *days, week = PARIS
    through_the_weeks(page, brand, (days[0], days[1]), (days[2], days[3]), week)


def test_weeks_of_new_york(person: Callable[..., Page]) -> None:
    page = sign_in(person(width=390), OWNER)
    page.goto("/atelier-nord/brands/new")
    page.locator("[name=name]").fill(f"Hudson {time.time_ns() % 1_000_000}")
    page.locator("[name=timezone]").select_option("America/New_York")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile("/brands/hudson"))
    brand = page.url.rstrip("/").split("/brands/")[1].split("/")[0].split("?")[0]
    *days, week = NEW_YORK
    through_the_weeks(page, brand, (days[0], days[1]), (days[2], days[3]), week)


def tab_to(page: Page, selector: str) -> None:
    """Go on by Tab until the focus is there, as somebody does who has no mouse."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
    raise AssertionError(f"no way by Tab to {selector}")


def test_a_day_by_keyboard_alone(person: Callable[..., Page]) -> None:
    """Sign in, write, move, take the move back, tag by choosing, and submit: no mouse."""
    page, day = person(), tenth(11)
    title = f"Clavier {time.time_ns() % 1_000_000}"
    page.goto("/sign-in")
    tab_to(page, "[name=email]")
    page.keyboard.type(CM)
    page.keyboard.press("Tab")
    page.keyboard.type("granit embruns bruyère 47")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    page.goto(f"/atelier-nord/calendar?month={day:%Y-%m}&brand=biscuiterie-trehoret")
    tab_to(page, f"a.month-date[href*='date={day}']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contents/new**")
    tab_to(page, "[name=title]")
    page.keyboard.type(title)
    tab_to(page, "[name=body]")
    page.keyboard.type("Écrit sans souris.")
    tab_to(page, "button[name=action][value=save]")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    page.goto(f"/atelier-nord/calendar?month={day:%Y-%m}&brand=biscuiterie-trehoret")
    entry = page.locator(".entry", has_text=title)
    name = entry.get_attribute("id")
    before = entry.evaluate("each => each.closest('[data-date]').dataset.date")
    day_of = "id => document.getElementById(id).closest('[data-date]').dataset.date"
    tab_to(page, f"[id='{name}']")
    with shown_anew(page):
        page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate(day_of, name) > before
    expect(page.locator(".toast-undo")).to_be_visible()
    tab_to(page, ".toast-undo")
    with shown_anew(page):
        page.keyboard.press("Enter")
    assert page.evaluate(day_of, name) == before
    tab_to(page, f"[id='{name}']")
    page.keyboard.press("x")
    tab_to(page, ".chosen-bar [name=act]")
    page.keyboard.type("Ajouter")
    tab_to(page, ".chosen-bar [name=tag]")
    page.keyboard.type("sans souris")
    page.keyboard.press("Enter")
    expect(page.locator(".toast[data-tone=success]").last).to_contain_text("1 contenu")
    tab_to(page, f"[id='{name}']")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    tab_to(page, "form[action$='/submission'] button")
    page.keyboard.press("Enter")
    expect(page.locator("main .state[data-state=in_review]").first).to_be_visible()
