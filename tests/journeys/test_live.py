"""Two people at once: what one changes appears to the other, who has nothing to load anew."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_calendar import cell, entry, is_marked, mark, show, submit, tenth, write

pytestmark = pytest.mark.browser

CM, RP = "ines.caradec@example.org", "salome.vidal@example.org"


@pytest.fixture
def two(person: Callable[..., Page], live: Live) -> tuple[Page, Page]:
    """The community manager's browser, and the press officer's on a phone."""
    cm, rp = person(), person(width=390, height=800)
    for page, email in ((cm, CM), (rp, RP)):
        sign_in(page, email)
    return cm, rp


def listening(page: Page, path: str | None = None) -> None:
    """Open a page and wait until it hears of changes."""
    with page.expect_response(lambda answer: "/-/stream?" in answer.url):
        page.goto(path) if path else page.reload()


def test_a_month_shows_what_another_person_writes_moves_and_submits(two: tuple[Page, Page]) -> None:
    cm, rp = two
    day = tenth(4)
    show(rp, day)
    listening(rp)
    mark(rp)
    title = write(cm, day)
    expect(cell(rp, day).locator(".entry").filter(has_text=title)).to_be_visible()
    address = cm.url
    show(cm, day)
    entry(cm, title).focus()
    with cm.expect_response(lambda answer: answer.url.endswith("/move")):
        cm.keyboard.press("Alt+ArrowRight")
    expect(cell(rp, day + timedelta(days=1)).locator(".entry").filter(has_text=title)).to_be_visible()
    cm.goto(address)
    submit(cm)
    expect(entry(rp, title)).to_have_attribute("data-state", "in_review")
    assert is_marked(rp)


def test_nothing_moves_under_ones_hands(two: tuple[Page, Page]) -> None:
    cm, rp = two
    day = tenth(4)
    show(rp, day)
    listening(rp)
    menu = rp.locator("#month details.menu").first
    rp.locator("#month-fold").click()
    menu.locator("summary").click()
    title = write(cm, day)
    rp.wait_for_timeout(1500)
    expect(entry(rp, title)).to_have_count(0)
    menu.locator("summary").click()
    expect(entry(rp, title)).to_be_visible()
    expect(menu).to_be_visible()


def test_the_board_and_the_list_are_brought_up_to_date(two: tuple[Page, Page]) -> None:
    cm, rp = two
    listening(rp, "/atelier-nord/calendar/board?brand=biscuiterie-trehoret&until=2099-01-01")
    mark(rp)
    title = write(cm, tenth(1))
    expect(rp.locator(".state-card").filter(has_text=title)).to_be_visible()
    assert is_marked(rp)
    listening(rp, "/atelier-nord/calendar/list?brand=biscuiterie-trehoret")
    rp.locator("[name=content]").first.check()
    mark(rp)
    again = write(cm, tenth(1))
    expect(rp.locator(".toast").filter(has_text="D’autres ont changé quelque chose ici.")).to_be_visible()
    assert is_marked(rp)
    rp.locator(".toast-undo").click()
    expect(rp.locator("tr").filter(has_text=again)).to_be_visible()


def test_who_reads_a_content_is_told_that_it_changed(two: tuple[Page, Page]) -> None:
    cm, rp = two
    write(cm, tenth(4))
    address = cm.url
    listening(rp, address)
    submit(cm)
    expect(rp.locator(".toast").filter(has_text="Ce contenu a changé")).to_be_visible()
    rp.locator(".toast-undo").click()
    expect(rp.locator("main .state[data-state=in_review]").first).to_be_visible()


def test_a_page_that_could_not_listen_looks_again_once_it_can(two: tuple[Page, Page]) -> None:
    cm, rp = two
    day = tenth(4)
    rp.route("**/-/stream?*", lambda route: route.fulfill(status=503))
    with rp.expect_response(lambda answer: "/-/stream?" in answer.url):
        show(rp, day)
    mark(rp)
    title = write(cm, day)
    rp.unroute("**/-/stream?*")
    expect(entry(rp, title)).to_be_visible(timeout=75_000)  # the oftener it failed, the later it tries: up to a minute
    assert is_marked(rp)
