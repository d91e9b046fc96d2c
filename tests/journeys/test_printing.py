"""The month on paper: printed from the browser, across the page, light and without what only a screen needs."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import Live, sign_in

pytestmark = pytest.mark.browser

LANDSCAPE = re.compile(rb"/MediaBox \[0 0 841\.\d+ 59[45]\.?\d*\]")


def arrived(browser: Browser, live: Live) -> Page:
    page = browser.new_context(base_url=live.url, locale="fr-FR", color_scheme="dark").new_page()
    sign_in(page, "ines.caradec@example.org")
    return page


def test_the_month_is_printed_across_in_light_and_alone(browser: Browser, live: Live) -> None:
    page = arrived(browser, live)
    page.goto("/atelier-nord/calendar?brand=biscuiterie-trehoret")
    page.emulate_media(media="print")
    for away in (".sidebar", ".bottom-nav", ".month-steps", ".month-filter", ".month-bar .menu", ".month-foot"):
        expect(page.locator(away).first).to_be_hidden()
    expect(page.locator(".month-name")).to_be_visible()
    entry = page.locator(".entry-title").first
    expect(entry).to_be_visible()
    assert entry.evaluate("e => e.scrollHeight <= e.clientHeight + 1")  # all of the title, not two lines of it
    assert page.locator(":root").evaluate("e => getComputedStyle(e).colorScheme") == "light"
    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert LANDSCAPE.search(page.pdf(prefer_css_page_size=True))
    page.goto("/atelier-nord/brands")
    assert not LANDSCAPE.search(page.pdf(prefer_css_page_size=True))
    page.context.close()


def test_a_feed_s_address_is_copied_with_one_click(browser: Browser, live: Live) -> None:
    page = arrived(browser, live)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/atelier-nord/calendar")
    page.locator(".month-bar summary", has_text="Exporter").click()
    page.get_by_role("link", name="Mes flux de calendrier").click()
    page.get_by_role("link", name="Nouveau flux").first.click()
    page.locator("[name=name]").fill("Mon agenda")
    page.get_by_role("button", name="Créer le flux").click()
    address = page.locator("#feed-address").input_value()
    page.get_by_role("button", name="Copier l’adresse").click()
    expect(page.get_by_text("L’adresse est copiée.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == address
    with page.context.browser.new_context() as stranger:
        read = stranger.request.get(address)
        assert read.ok
        assert read.body().startswith(b"BEGIN:VCALENDAR")
    page.get_by_role("link", name="Terminé").click()
    page.get_by_role("button", name="Révoquer").first.click()
    expect(page.get_by_text("n’ouvre plus rien")).to_be_visible()
    page.context.close()
