"""What is typed in the composer survives a closed tab, and is let go once the server has it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Live, sign_in

pytestmark = pytest.mark.browser

NEW = "/atelier-nord/brands/biscuiterie-trehoret/contents/new"
OFFER = "encore gardé dans ce navigateur"


@pytest.fixture
def context(browser: Browser, live: Live) -> Iterator[BrowserContext]:
    """The browser of a community manager."""
    context = browser.new_context(base_url=live.url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    sign_in(page, "ines.caradec@example.org")
    page.close()
    yield context
    context.close()


def opened(context: BrowserContext, path: str = NEW) -> Page:
    page = context.new_page()
    page.goto(path)
    return page


def offer(page: Page) -> None:
    expect(page.get_by_text(OFFER)).to_be_visible()


def await_kept(page: Page, words: str) -> None:
    """Wait until the browser keeps what was typed: a moment after the typing has stopped.

    A tab that is closed sooner has half a second to keep it, which a busy machine may need for something else.
    """
    page.wait_for_function("words => Object.values({...localStorage}).some((kept) => kept.includes(words))", arg=words)


def test_what_was_typed_is_offered_again_after_the_tab_was_closed(context: BrowserContext) -> None:
    page = opened(context)
    expect(page.get_by_text(OFFER)).to_be_hidden()
    page.locator("[name=title]").fill("Un titre à ne pas perdre")
    page.locator("[name=body]").fill("Deux lignes,\nà ne pas perdre.")
    page.locator("[name=kind][value=article]").check()
    await_kept(page, '["kind","article"]')
    await_kept(page, "à ne pas perdre.")
    page.close()
    page = opened(context)
    offer(page)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.locator("[name=title]")).to_have_value("Un titre à ne pas perdre")
    expect(page.locator("[name=body]")).to_have_value("Deux lignes,\nà ne pas perdre.")
    expect(page.locator("[name=kind][value=article]")).to_be_checked()
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url(lambda url: "/contents/" in url and not url.endswith("/new"))
    page.wait_for_load_state("load")
    expect(opened(context).get_by_text(OFFER)).to_be_hidden()


def test_what_was_typed_a_moment_before_leaving_is_kept(context: BrowserContext) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(NEW)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))  # the moment after the last key does not come
    page.locator("[name=title]").fill("Tapé à l’instant")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/atelier-nord/calendar")
    page = opened(context)
    offer(page)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.locator("[name=title]")).to_have_value("Tapé à l’instant")


def test_what_the_server_did_not_take_is_still_there(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("[name=title]").fill("Pas encore enregistré")
    context.set_offline(True)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Enregistrer le brouillon").click()
    context.set_offline(False)
    again = opened(context)
    offer(again)
    again.get_by_role("button", name="Laisser tomber").click()
    expect(again.get_by_text(OFFER)).to_be_hidden()
    again.close()
    expect(opened(context).get_by_text(OFFER)).to_be_hidden()


def test_what_is_offered_is_not_written_over_by_what_is_typed_beside_it(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("[name=title]").fill("Le premier titre")
    await_kept(page, "Le premier titre")
    page.close()
    page = opened(context)
    offer(page)
    page.locator("[name=title]").fill("Un autre titre")
    await_kept(page, "Un autre titre")
    page.close()
    page = opened(context)
    offer(page)
    page.get_by_role("button", name="Laisser tomber").click()
    page.close()
    page = opened(context)
    offer(page)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.locator("[name=title]")).to_have_value("Le premier titre")


def test_another_person_on_the_same_browser_is_offered_nothing(context: BrowserContext, live: Live) -> None:
    page = opened(context)
    page.locator("[name=title]").fill("À moi seule")
    await_kept(page, "À moi seule")
    page.close()
    context.clear_cookies()
    page = context.new_page()
    sign_in(page, "salome.vidal@example.org")
    page.goto(NEW)
    expect(page.get_by_text(OFFER)).to_be_hidden()


def test_signing_out_leaves_nothing_behind(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("[name=title]").fill("Confidentiel")
    await_kept(page, "Confidentiel")
    page.close()
    page = context.new_page()
    page.goto("/atelier-nord/calendar")
    assert page.evaluate("Object.keys(localStorage).filter((each) => each.startsWith('unisson:typed:')).length") == 1
    page.evaluate("document.querySelector(\"form[action='/sign-out']\").requestSubmit()")
    page.wait_for_url(lambda url: "/calendar" not in url)
    assert page.evaluate("Object.keys(localStorage).filter((each) => each.startsWith('unisson:typed:')).length") == 0


def test_a_channel_s_own_text_is_begun_and_given_up(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("[name=body]").fill("Le texte commun.")
    own = page.locator(".channel-choice").first
    own.get_by_text("L’écrire autrement ici").click()
    own.get_by_role("button", name="Partir du texte commun").click()
    expect(own.locator("textarea")).to_have_value("Le texte commun.")
    own.locator("textarea").fill("Autre chose.")
    expect(page.get_by_text("a son propre texte")).to_be_visible()
    own.get_by_role("button", name="Revenir au texte commun").click()
    expect(page.get_by_text("a son propre texte")).to_be_hidden()
