"""The calendar under somebody's hands: the keyboard, the mouse, and a browser without scripts."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, StorageState, expect

from tests.journeys.conftest import Live, in_time, sign_in

pytestmark = pytest.mark.browser

CM = "ines.caradec@example.org"
BRAND = "biscuiterie-trehoret"
_numbers = count(1)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, live: Live) -> StorageState:
    """The cookies of the community manager."""
    context = browser.new_context(base_url=live.url, locale="fr-FR")
    page = context.new_page()
    sign_in(page, CM)
    state = context.storage_state()
    context.close()
    return state


def opened(browser: Browser, live: Live, state: StorageState, *, scripts: bool = True) -> BrowserContext:
    context = browser.new_context(
        base_url=live.url,
        storage_state=state,
        locale="fr-FR",
        viewport={"width": 1280, "height": 900},
        java_script_enabled=scripts,
    )
    context.set_default_timeout(30_000)
    return context


@pytest.fixture
def cm(browser: Browser, live: Live, signed_in: StorageState) -> Iterator[Page]:
    """Her browser."""
    context = opened(browser, live, signed_in)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def plain(browser: Browser, live: Live, signed_in: StorageState) -> Iterator[Page]:
    """Her browser with scripts switched off."""
    context = opened(browser, live, signed_in, scripts=False)
    yield context.new_page()
    context.close()


def tenth(months_ahead: int) -> date:
    """Return the tenth of a month to come."""
    today = datetime.now(UTC).date()
    months = today.year * 12 + today.month - 1 + months_ahead
    return date(months // 12, months % 12 + 1, 10)


def write(page: Page, day: date) -> str:
    """Save a dated draft for the newsroom; return its title."""
    title = f"Essai {next(_numbers)}-{time.time_ns() % 1_000_000}"
    page.goto(f"/atelier-nord/brands/{BRAND}/contents/new")
    page.locator("[name=title]").fill(title)
    page.locator("[name=body]").fill("Quelques lignes, pour voir.")
    boxes = page.locator("[name=channel_ids]")
    for place in range(boxes.count()):
        boxes.nth(place).set_checked(place == 0)
    page.locator("[name=date]").fill(day.isoformat())
    page.locator("[name=time]").fill("10:00")
    page.locator("button[name=action][value=save]").click()
    page.wait_for_url(re.compile("/contents/[0-9a-f-]{36}$"))
    return title


def submit(page: Page) -> None:
    page.locator("form[action$='/submission'] button").click()
    expect(page.locator("main .state[data-state=in_review]").first).to_be_visible()


def show(page: Page, day: date, brand: str = BRAND) -> None:
    page.goto(f"/atelier-nord/calendar?month={day:%Y-%m}&brand={brand}")


def entry(page: Page, title: str) -> Locator:
    return page.locator(".entry").filter(has_text=title)


def cell(page: Page, day: date) -> Locator:
    return page.locator(f".month-entries[data-date='{day.isoformat()}']")


@contextmanager
def shown_anew(page: Page) -> Iterator[None]:
    """Wait until the server has drawn the month again, because of what is done within."""
    page.evaluate("() => { document.getElementById('month').dataset.before = ''; }")
    yield
    page.locator("#month:not([data-before])").wait_for(state="attached")


def mark(page: Page) -> None:
    """Leave a mark that a page loaded anew would not have."""
    page.evaluate("window.stillHere = true")


def is_marked(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def test_alt_and_an_arrow_move_a_draft_and_keep_the_focus(cm: Page) -> None:
    day = tenth(2)
    title = write(cm, day)
    show(cm, day)
    entry(cm, title).focus()
    after = cell(cm, day + timedelta(days=1)).locator(".entry").filter(has_text=title)
    with shown_anew(cm):
        with cm.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
            cm.keyboard.press("Alt+ArrowRight")
        assert moved.value.ok
        expect(after).to_be_focused()
        expect(cm.locator("[data-month-target=live]")).to_contain_text(title)
    expect(after).to_be_focused()
    with shown_anew(cm), cm.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
        cm.keyboard.press("Alt+ArrowDown")
    assert moved.value.ok
    expect(cell(cm, day + timedelta(days=8)).locator(".entry").filter(has_text=title)).to_be_focused()
    cm.reload()
    expect(cell(cm, day + timedelta(days=8)).locator(".entry").filter(has_text=title)).to_be_visible()

    entry(cm, title).click()
    cm.locator("form[action$='/cancellation'] button").click()
    show(cm, day)
    entry(cm, title).focus()
    cm.keyboard.press("Alt+ArrowLeft")
    said = f"« {title} » ne peut pas être déplacé : c’est annulé."
    expect(cm.locator("[data-month-target=live]")).to_contain_text(said)
    expect(cm.locator("#toasts")).to_contain_text(said)
    expect(entry(cm, title)).to_be_focused()


def test_days_that_were_asked_for_before_a_move_do_not_undo_it(cm: Page) -> None:
    day, drawn, moving = tenth(2), [], []
    title = write(cm, day)
    show(cm, day)
    there = cell(cm, day + timedelta(days=2)).locator(".entry").filter(has_text=title)
    cm.route("**/calendar?month=*", lambda route: route.continue_() if drawn else drawn.append((route, route.fetch())))
    cm.route("**/move", lambda route: route.continue_() if not drawn or moving else moving.append(route))
    entry(cm, title).focus()
    with cm.expect_response(lambda answer: answer.url.endswith("/move")):
        cm.keyboard.press("Alt+ArrowRight")
    in_time(lambda: cm.wait_for_timeout(50) or drawn)
    with shown_anew(cm):
        cm.keyboard.press("Alt+ArrowRight")
        in_time(lambda: cm.wait_for_timeout(50) or moving)
        with cm.expect_event("requestfinished", lambda asked: "/calendar?month=" in asked.url):
            drawn[0][0].fulfill(response=drawn[0][1])
        expect(there).to_have_attribute("data-saving", "")
        moving[0].continue_()
    expect(there).to_be_focused()


def test_a_draft_is_dragged_to_another_day(cm: Page) -> None:
    day = tenth(3)
    title = write(cm, day)
    show(cm, day)
    target = cell(cm, day + timedelta(days=2))
    said: list[str] = []
    cm.on("console", lambda message: said.append(message.text))
    # The answer comes once the drag has settled, as on a line of some length.
    cm.route("**/move", lambda route: (time.sleep(0.4), route.continue_()))
    with shown_anew(cm), cm.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
        drag(cm, entry(cm, title), target)
    assert moved.value.ok
    expect(cm.locator(".entry[data-saving], .entry[style]")).to_have_count(0)
    expect(target.locator(".entry").filter(has_text=title)).to_be_visible()
    assert said == []  # no style of the drag is carried into the page against its policy
    cm.reload()
    expect(target.locator(".entry").filter(has_text=title)).to_be_visible()


def drag(page: Page, what: Locator, to: Locator) -> None:
    what.scroll_into_view_if_needed()
    start, end = what.bounding_box(), to.bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 20, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(start["x"] + 40, start["y"] + 20, steps=4)
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 12, steps=8)
    page.mouse.up()


def test_a_move_is_taken_back_from_its_message(cm: Page) -> None:
    day = tenth(3)
    title = write(cm, day)
    show(cm, day)
    entry(cm, title).focus()
    with shown_anew(cm), cm.expect_response(lambda answer: answer.url.endswith("/move")) as moved:
        cm.keyboard.press("Alt+ArrowRight")
    assert moved.value.ok
    with shown_anew(cm), cm.expect_response(lambda answer: answer.url.endswith("/move")) as back:
        cm.get_by_role("button", name="Annuler").click()
    assert back.value.ok
    cm.reload()
    expect(cell(cm, day).locator(".entry").filter(has_text=title)).to_be_visible()


def test_many_are_chosen_moved_and_moved_back_from_the_list(cm: Page) -> None:
    day = tenth(4)
    titles = [write(cm, day), write(cm, day)]
    cm.goto(f"/atelier-nord/calendar/list?since={day}&until={day + timedelta(days=20)}&brand={BRAND}")
    for title in titles:
        cm.get_by_role(
            "checkbox", name=f"Choisir « {title} »".replace("« ", "«\u00a0").replace(" »", "\u00a0»")
        ).check()
    cm.locator("[name=days]").fill("3")
    cm.get_by_role("button", name="Faire").click()
    for title in titles:
        expect(cm.get_by_role("row").filter(has_text=title)).to_contain_text(f"{(day + timedelta(days=3)).day} ")
    cm.get_by_role("button", name="Annuler").click()
    for title in titles:
        expect(cm.get_by_role("row").filter(has_text=title)).to_contain_text(f"{day.day} ")


def test_moving_what_was_submitted_asks_first(cm: Page) -> None:
    day = tenth(4)
    title = write(cm, day)
    submit(cm)
    show(cm, day)
    entry(cm, title).focus()
    cm.keyboard.press("Alt+ArrowRight")
    cm.wait_for_url(re.compile("/move"))
    expect(cm.locator("[name=date]")).to_have_value((day + timedelta(days=1)).isoformat())
    expect(cm.locator("[name=confirmed]")).to_be_visible()
    show(cm, day)
    expect(cell(cm, day).locator(".entry").filter(has_text=title)).to_be_visible()
    entry(cm, title).click()
    expect(cm.locator("main .state[data-state=in_review]").first).to_be_visible()


def test_months_are_turned_without_loading_the_page_anew(cm: Page) -> None:
    cm.goto("/atelier-nord/calendar")
    name = cm.locator(".month-name").inner_text()
    mark(cm)
    cm.locator("#month-next").click()
    expect(cm.locator(".month-name")).not_to_have_text(name)
    expect(cm).to_have_url(re.compile(r"month=\d{4}-\d{2}"))
    cm.locator("#month-previous").click()
    expect(cm.locator(".month-name")).to_have_text(name)
    cm.locator("#month-previous").click()
    expect(cm.locator(".month-name")).not_to_have_text(name)
    cm.locator("#month-today").click()
    expect(cm.locator(".month-name")).to_have_text(name)
    expect(cm.locator(".month-day[data-today]")).to_be_visible()
    assert is_marked(cm)


def test_the_filter_shows_one_brand_alone(cm: Page) -> None:
    cm.goto("/atelier-nord/calendar")
    expect(cm.locator(".entry-brand").first).to_be_visible()
    assert set(cm.locator(".entry-brand").all_inner_texts()) == {"Biscuiterie Tréhoret", "Traversées du Lagon"}
    mark(cm)
    cm.locator("#month-brand").select_option("traversees-du-lagon")
    expect(cm.locator(".entry-brand")).to_have_count(0)
    expect(cm).to_have_url(re.compile("brand=traversees-du-lagon"))
    expect(cm.locator(".entry").filter(has_text="Baleines en vue")).to_be_visible()
    assert is_marked(cm)


def test_without_scripts_a_content_is_written_and_submitted_and_the_month_turns(plain: Page) -> None:
    day = tenth(5)
    title = write(plain, day)
    submit(plain)
    plain.goto("/atelier-nord/calendar")
    for _month in range(5):
        plain.locator("#month-next").click()
    expect(cell(plain, day).locator(".entry").filter(has_text=title)).to_be_visible()
    plain.locator("#month-brand").select_option("traversees-du-lagon")
    plain.locator(".month-filter button").click()
    expect(plain).to_have_url(re.compile("brand=traversees-du-lagon"))
    expect(entry(plain, title)).to_have_count(0)
    plain.locator("#month-today").click()
    expect(plain.locator(".month-day[data-today]")).to_be_visible()
