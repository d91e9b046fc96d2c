"""The bell rings for whoever is concerned, on any page, and falls silent once it is read."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Live, in_time, sign_in
from tests.journeys.test_calendar import submit, tenth, write

pytestmark = pytest.mark.browser

CM, RP, OWNER = "ines.caradec@example.org", "salome.vidal@example.org", "claire.lemoal@example.org"


def number(page: Page) -> int:
    """What the bell says, read at one moment: it changes by itself."""
    said = "all => all.find((each) => each.checkVisibility())?.textContent || '0'"
    return int(page.locator(".bell-count").evaluate_all(said))


def is_open_to_everybody(page: Page) -> None:
    page.wait_for_load_state()
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_the_bell_rings_live_and_reading_silences_it(person: Callable[..., Page]) -> None:
    cm, rp = person(), person(width=390, height=800, dark=True)
    sign_in(cm, CM)
    sign_in(rp, RP)
    with rp.expect_response(lambda answer: "/-/stream?" in answer.url):
        rp.goto("/atelier-nord/notices")
    before = number(rp)
    title = write(cm, tenth(2))
    submit(cm)
    line = rp.locator(".notice-line.is-unread").filter(has_text=title)
    expect(line).to_be_visible()
    expect(rp.locator(".topbar .bell-count")).to_have_text(str(before + 1))
    expect(rp.locator(".topbar .bell")).to_have_attribute(
        "aria-label", f"{before + 1} notifications non lues" if before else "1 notification non lue"
    )
    is_open_to_everybody(rp)
    # The browser leaves the page as it says so: whether an answer is still told of is chance.
    with rp.expect_request(lambda asked: asked.url.endswith("/reading")):
        line.get_by_role("link", name=title).click()
    expect(rp.get_by_role("heading", name=title)).to_be_visible()
    in_time(lambda: rp.reload() and number(rp) == before)
    rp.locator(".topbar .bell").focus()
    rp.keyboard.press("Enter")
    expect(rp).to_have_url(re.compile(r"/notices$"))
    if before:
        rp.get_by_role("button", name="Tout marquer comme lu").click()
        expect(rp.locator(".topbar .bell-count")).to_be_hidden()
    expect(rp.get_by_text("Rien de nouveau")).to_be_visible()


def test_a_mail_says_how_to_stop_its_kind_and_a_room_is_connected(person: Callable[..., Page], live: Live) -> None:
    stranger, owner = person(width=390, height=800), person(width=390, height=800, dark=True)
    mail = live.mails(CM, "/unsubscribe/")[0]
    stranger.goto(re.search(r"http\S+/unsubscribe/\S+", mail["text"])[0])
    is_open_to_everybody(stranger)
    expect(stranger.get_by_role("button", name="Ne plus les recevoir")).to_be_visible()
    sign_in(owner, OWNER, to="/atelier-nord/settings/rooms")
    owner.get_by_label("Nom du salon").fill("#contenus")
    owner.get_by_label("Adresse de son webhook").fill("https://hooks.slack.example/services/T/B/x")
    owner.get_by_role("button", name="Ajouter").click()
    expect(owner.locator("#url-error")).to_contain_text("Ce n’est pas l’adresse d’un webhook")
    expect(owner.get_by_label("Nom du salon")).to_have_value("#contenus")
    owner.get_by_label("Adresse de son webhook").fill("https://hooks.slack.com/services/T/B/x")
    owner.get_by_role("button", name="Ajouter").click()
    is_open_to_everybody(owner)
    owner.get_by_role("link", name="Modifier").click()
    expect(owner.get_by_role("heading", name="#contenus")).to_be_visible()
    is_open_to_everybody(owner)
    owner.goto("/atelier-nord/settings/rooms")
    owner.get_by_role("button", name="Retirer").click()
    expect(owner.get_by_text("#contenus ne reçoit plus rien.")).to_be_visible()
