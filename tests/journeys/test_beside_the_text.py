"""Beside the text in a real browser: the card is read while one goes on typing, posts are added and survive the tab."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_keeping import await_kept

pytestmark = pytest.mark.browser

BRAND = "traversees-du-lagon"
NEW = f"/atelier-nord/brands/{BRAND}/contents/new"


@pytest.fixture
def context(browser: Browser, live: Live) -> Iterator[BrowserContext]:
    """The browser of somebody who writes for the brand, which plans on a mock-up of Bluesky."""
    context = browser.new_context(base_url=live.url, locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, "ines.caradec@example.org")
    page.close()
    yield context
    context.close()


def opened(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(NEW)
    return page


def test_a_page_that_can_t_be_read_is_said_while_one_writes_on(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("#body").fill("À lire : http://127.0.0.1:9/page")
    expect(page.locator("#link-card")).to_contain_text("Pas d’aperçu")
    expect(page.locator("#body")).to_be_focused()
    page.locator("[name=card_title]").fill("Un titre à nous")
    expect(page.locator(".link-card-title")).to_have_text("Un titre à nous")
    page.locator("[name=card_off]").check()
    expect(page.locator(".link-card-title")).to_have_count(0)
    page.locator("#body").fill("Plus de lien.")
    expect(page.locator("[name=card_title]")).to_have_count(0)


def test_posts_are_added_in_place_and_survive_the_tab(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("#body").fill("Un")
    add = page.get_by_role("button", name="Ajouter un post au fil")
    add.click()
    expect(page.locator("#post-2")).to_be_focused()
    page.locator("#post-2").fill("Deux")
    add.click()
    page.locator("#post-3").fill("Trois")
    expect(page.locator("#post-2")).to_have_value("Deux")
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
    await_kept(page, "Trois")
    page.close()
    page = opened(context)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.locator("[name=post]")).to_have_count(2)
    for place, words in enumerate(("Deux", "Trois")):
        expect(page.locator("[name=post]").nth(place)).to_have_value(words)
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url(lambda url: "/contents/" in url and not url.endswith("/new"))
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
