"""Looking at the calendar in one's own way: filters, views that are kept, on a desk and on a phone."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import sign_in
from tests.journeys.test_pages import obstacles

pytestmark = pytest.mark.browser

CM = "ines.caradec@example.org"
HOME = "/atelier-nord/calendar"
BRAND = "/atelier-nord/brands/biscuiterie-trehoret"
WIDTHS = [1280, 390]
WIDE = pytest.mark.parametrize("width", WIDTHS)
Open = Callable[..., Page]


@pytest.fixture
def cm(person: Open) -> Callable[[int], Page]:
    """The community manager's browser, so many pixels wide."""

    def open_wide(width: int) -> Page:
        page = person(width=width, dark=width < 600)
        sign_in(page, CM)
        return page

    return open_wide


def unfold(page: Page) -> None:
    """Show the tools of the bar, which stand behind one button on a phone; by keyboard, and back by Escape."""
    fold = page.locator("#month-fold")
    if not fold.is_visible():
        return
    assert page.locator(".month-bar").evaluate("bar => bar.offsetHeight") < 110
    expect(page.get_by_role("navigation", name="Vue")).to_be_hidden()
    fold.press("Enter")
    expect(page.get_by_role("navigation", name="Vue")).to_be_visible()
    fold.press("Escape")
    expect(page.get_by_role("navigation", name="Vue")).to_be_hidden()
    expect(fold).to_be_focused()
    fold.press("Enter")
    assert obstacles(page, colours=True) == []


STATES = "[...new Set([...document.querySelectorAll('.month .entry')].map((each) => each.dataset.state))].sort()"


def states(page: Page) -> list[str]:
    return list(page.evaluate(STATES))


def shows(page: Page, wanted: list[str]) -> None:
    """Wait until the entries are of these states, and of no other."""
    page.wait_for_function(f"wanted => JSON.stringify({STATES}) === JSON.stringify(wanted)", arg=wanted)


@WIDE
def test_the_month_is_narrowed_in_a_dialog_and_the_way_back_leads_back(cm: Callable[[int], Page], width: int) -> None:
    page = cm(width)
    page.goto(f"{HOME}?month=")
    before = states(page)
    assert len(before) > 1
    unfold(page)
    page.locator("#month-filters").click()
    dialog = page.locator("dialog[open]")
    expect(dialog.get_by_role("button", name="Afficher")).to_be_visible()
    assert obstacles(page, colours=True) == []
    dialog.locator("[name=state][value=published]").check()
    dialog.get_by_role("button", name="Afficher").click()
    expect(page).to_have_url(re.compile("state=published"))
    shows(page, ["published"])
    page.get_by_role("link", name="Sans Publié").click()
    expect(page.locator(".filter-chip")).to_have_count(0)
    shows(page, before)
    page.go_back()
    expect(page.locator(".filter-chip")).to_have_count(1)
    shows(page, ["published"])
    page.locator("#month-next").click()
    expect(page).to_have_url(re.compile("state=published"))


@WIDE
def test_a_view_is_kept_found_in_the_menu_opened_first_removed_and_taken_back(
    cm: Callable[[int], Page], width: int
) -> None:
    page, name = cm(width), f"Publiés {width}"
    page.goto(f"{HOME}?month=&state=published")
    unfold(page)
    page.locator("summary", has_text="Vues").click()
    page.get_by_role("link", name="Garder cette vue").click()
    page.locator("#view-name").fill(name)
    page.get_by_label("Mon calendrier s’ouvre avec elle").check()
    page.get_by_role("button", name="Garder").click()
    expect(page).to_have_url(re.compile("state=published"))
    page.goto(HOME)
    expect(page).to_have_url(re.compile("state=published"))
    page.goto(f"{HOME}/list")
    unfold(page)
    page.locator("summary", has_text="Vues").click()
    entry = page.locator(".menu-list a", has_text=name)
    expect(entry).to_be_in_viewport()
    entry.click()
    expect(page).to_have_url(re.compile(r"calendar\?month=.*state=published"))
    page.goto(f"{HOME}/views")
    assert obstacles(page, colours=True) == []
    page.get_by_role("listitem").filter(has_text=name).get_by_role("button", name="Retirer").click()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    page.get_by_role("button", name="Annuler").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("listitem").filter(has_text=name).get_by_role("button", name="Ne plus ouvrir avec elle").click()
    page.goto(HOME)
    expect(page).not_to_have_url(re.compile("state=published"))


@WIDE
def test_the_year_scrolls_in_its_own_box_and_leads_to_a_month(cm: Callable[[int], Page], width: int) -> None:
    page = cm(width)
    page.goto(f"{HOME}?month=")
    unfold(page)
    page.get_by_role("navigation", name="Vue").get_by_role("link", name="Année").click()
    box = page.locator(".year-box")
    expect(box.get_by_role("img").first).to_have_accessible_name(re.compile("Contenus par semaine"))
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert box.evaluate("each => each.scrollWidth > each.clientWidth") is (width < 600)
    page.locator("summary", has_text="Les campagnes en mots").click()
    expect(page.locator(".year-words").first.get_by_role("link").first).to_be_visible()
    assert obstacles(page, colours=True) == []
    december = box.get_by_role("link", name=re.compile("^Décembre"))
    december.focus()
    expect(december).to_be_in_viewport()
    december.click()
    expect(page).to_have_url(re.compile(r"month=\d{4}-12"))


@WIDE
def test_a_rhythm_is_set_and_a_content_takes_its_next_free_slot(cm: Callable[[int], Page], width: int) -> None:
    page = cm(width)
    page.goto(f"{BRAND}/strategy#rhythm")
    form = page.get_by_role("form", name="Nouveaux créneaux")
    for day in ("Lun.", "Mer."):
        form.get_by_label(day).check()
    form.get_by_label("Heure").fill("07:35")
    form.get_by_role("button", name="Ajouter").click()
    expect(page.locator("#rhythm")).to_contain_text("07:35")
    assert obstacles(page, colours=True) == []
    page.goto(f"{BRAND}/contents/new")
    page.locator("[name=title]").fill("Un essai")
    take = page.get_by_role("button", name="Prochain bon créneau")
    take.click()
    expect(page.locator("[name=time]")).to_have_value("07:35")
    expect(page.get_by_text("Le prochain bon créneau")).to_be_visible()
    first = page.locator("[name=date]").input_value()
    take.click()
    expect(page.locator("[name=date]")).not_to_have_value(first)
    assert page.locator("[name=title]").input_value() == "Un essai"
    second = page.locator("[name=date]").input_value()
    assert date.fromisoformat(second).weekday() in {0, 2}
    page.goto(f"{HOME}?month={second[:7]}&brand=biscuiterie-trehoret")
    slot = page.locator(f".month-entries[data-date='{second}']").get_by_role("link", name=re.compile("^Libre"))
    assert obstacles(page, colours=True) == []
    slot.click()
    expect(page.locator("[name=date]")).to_have_value(second)
    expect(page.locator("[name=time]")).to_have_value("07:35")
    page.goto(f"{BRAND}/strategy#rhythm")
    for _beat in range(2):
        page.locator(".rhythm li", has_text="07:35").first.get_by_role("button", name="Supprimer").click()
        expect(page.get_by_text("Le créneau est retiré.").last).to_be_visible()
    expect(page.locator(".rhythm li", has_text="07:35")).to_have_count(0)


@WIDE
def test_the_calendar_turns_to_one_s_own_clock_and_back(cm: Callable[[int], Page], width: int) -> None:
    page = cm(width)
    page.goto(f"{HOME}?month=&brand=traversees-du-lagon")
    expect(page.locator(".month-hint")).to_contain_text("Nouméa")
    page.locator("#month-clock").click()
    expect(page).to_have_url(re.compile("clock=mine"))
    expect(page.locator(".month-hint")).to_contain_text("Les heures sont les vôtres")
    expect(page.locator(".entry [title*='Nouméa']").first).to_be_attached()
    expect(page.locator("[data-movable]")).to_have_count(0)
    page.locator("#month-clock").click()
    expect(page).not_to_have_url(re.compile("clock=mine"))
    expect(page.locator(".entry [title*='Paris']").first).to_be_attached()
