"""Writing a release in a browser: its parts show for the kinds that have them, quotes come and go, keys write Markdown."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_keeping import await_kept

pytestmark = pytest.mark.browser

NEW = "/atelier-nord/brands/biscuiterie-trehoret/contents/new"


def begun(context: BrowserContext) -> Page:
    page = sign_in(context.new_page(), "salome.vidal@example.org")
    page.goto(NEW)
    return page


@pytest.fixture
def page(browser: Browser, live: Live) -> Iterator[Page]:
    """A new content, opened by a press officer."""
    context = browser.new_context(base_url=live.url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    yield begun(context)
    context.close()


@pytest.fixture
def plain(browser: Browser, live: Live) -> Iterator[Page]:
    """The same without scripts."""
    context = browser.new_context(base_url=live.url, locale="fr-FR", java_script_enabled=False)
    yield begun(context)
    context.close()


def a_release(page: Page) -> None:
    page.locator("[name=kind][value=press_release]").check()


def row(page: Page, number: int) -> Page:
    return page.locator(f"[name=quote-{number}-text]")


def test_its_parts_show_for_the_kinds_that_have_them(page: Page) -> None:
    for name in ("standfirst", "quote-0-text", "boilerplate", "contact_name"):
        expect(page.locator(f"[name={name}]")).to_be_hidden()
    a_release(page)
    for name in ("standfirst", "quote-0-text", "boilerplate", "contact_name"):
        expect(page.locator(f"[name={name}]")).to_be_visible()
    assert "Fondée en 1926" in page.locator("[name=boilerplate]").input_value()
    page.locator("[name=kind][value=post]").check()
    expect(page.locator("[name=standfirst]")).to_be_hidden()


def test_quotes_come_and_go_by_keyboard_and_the_preview_follows(page: Page) -> None:
    a_release(page)
    row(page, 0).fill("La première.")
    page.locator("[name=quote-0-name]").fill("Hervé Cadiou")
    page.locator("[name=quote-0-name]").press("Tab")
    expect(page.locator("[name=quote-0-role]")).to_have_value("directeur de l’atelier")
    page.get_by_role("button", name="Ajouter une citation").focus()
    page.keyboard.press("Enter")
    expect(row(page, 1)).to_be_focused()
    page.keyboard.type("La deuxième.")
    page.locator("[name=quote-1-name]").fill("Aziliz Kerdraon")
    preview = page.locator("figure.release-quote").first
    expect(preview).to_contain_text("La première.")
    page.get_by_role("group", name="Citation 1").get_by_role("button", name="Retirer cette citation").focus()
    page.keyboard.press("Enter")
    expect(row(page, 0)).to_have_value("La deuxième.")
    expect(page.locator("[name=quote-0-name]")).to_have_value("Aziliz Kerdraon")
    expect(row(page, 1)).to_be_hidden()
    expect(preview).to_contain_text("La deuxième.")
    for _more in range(5):
        page.get_by_role("button", name="Ajouter une citation").click()
    expect(page.get_by_role("button", name="Ajouter une citation")).to_be_hidden()


def test_keys_and_buttons_write_markdown_and_can_be_undone(page: Page) -> None:
    body = page.locator("[name=body]")
    body.fill("Un mot fort")
    body.press("Control+End")
    body.press("Control+Shift+ArrowLeft")
    body.press("Control+b")
    expect(body).to_have_value("Un mot **fort**")
    body.press("Control+b")
    expect(body).to_have_value("Un mot fort")
    body.press("Control+i")
    expect(body).to_have_value("Un mot *fort*")
    body.press("Control+z")
    expect(body).to_have_value("Un mot fort")
    body.press("Control+k")
    expect(body).to_have_value("Un mot [fort](https://)")
    page.keyboard.type("https://example.org")
    expect(body).to_have_value("Un mot [fort](https://example.org)")
    body.fill("Un\nDeux")
    body.press("Control+a")
    page.locator("[aria-label=Liste]").first.click()
    expect(body).to_have_value("- Un\n- Deux")
    expect(page.locator(".preview-newsroom li")).to_have_count(2)


def test_enter_in_another_field_adds_no_quote(page: Page) -> None:
    a_release(page)
    row(page, 0).fill("La première.")
    page.locator("[name=title]").fill("Un titre")
    page.locator("[name=title]").press("Enter")
    page.wait_for_load_state()
    expect(page.locator("[name=title]")).to_have_value("Un titre")
    expect(row(page, 0)).to_have_value("La première.")


def test_a_release_that_was_being_written_is_taken_up_again(page: Page) -> None:
    a_release(page)
    row(page, 0).fill("La première.")
    page.get_by_role("button", name="Ajouter une citation").click()
    row(page, 1).fill("La deuxième.")
    await_kept(page, "La deuxième.")
    again = page.context.new_page()
    page.close(run_before_unload=False)
    again.goto(NEW)
    again.get_by_role("button", name="Reprendre").click()
    expect(row(again, 1)).to_have_value("La deuxième.")
    expect(row(again, 1)).to_be_visible()


def test_without_scripts_every_part_is_there_and_another_quote_is_one_click(plain: Page) -> None:
    expect(plain.locator("[name=standfirst]")).to_be_visible()
    a_release(plain)
    plain.locator("[name=title]").fill("La boutique ouvre")
    row(plain, 0).fill("La première.")
    expect(row(plain, 1)).to_be_hidden()
    plain.get_by_role("button", name="Ajouter une citation").click()
    expect(row(plain, 0)).to_have_value("La première.")
    row(plain, 1).fill("La deuxième.")
    plain.get_by_role("button", name="Enregistrer le brouillon").click()
    plain.wait_for_url(lambda url: "/contents/" in url and not url.endswith("/new"))
    expect(plain.locator("figure.release-quote")).to_have_count(4)  # two, in the newsroom and by e-mail
