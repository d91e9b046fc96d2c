"""Two people, and two tabs, at one content: who writes is told, nobody writes over the other, nothing typed is lost."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_keeping import NEW, sign_in

pytestmark = pytest.mark.browser

INES, SALOME = "ines.caradec@example.org", "salome.vidal@example.org"
BEAT = 15_000
WRITES = re.compile(r"Inès Caradec écrit ici depuis \d+ h \d\d \(Paris\)".replace(" ", r"\s"))


@pytest.fixture
def ines(person: Callable[..., Page]) -> Iterator[Page]:
    """A community manager who has a draft of her own open in the composer."""
    page = person()
    page.clock.install()
    sign_in(page, INES)
    page.goto(NEW)
    page.locator("[name=title]").fill("Le kouign-amann du samedi")
    page.locator("[name=body]").fill("Samedi, dès 8 h.")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url(lambda url: "/contents/" in url and not url.endswith("/new"))
    page.goto(f"{page.url}/edit")
    return page


@pytest.fixture
def salome(person: Callable[..., Page]) -> Page:
    """A press officer, in a browser of her own."""
    page = person()
    page.clock.install()
    sign_in(page, SALOME)
    return page


def body(page: Page):
    return page.locator("[name=body]")


def beat(page: Page) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/presence")):
        page.clock.fast_forward(BEAT)


def type_in(page: Page, words: str) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/presence")):
        body(page).press("End")
        body(page).press_sequentially(words)


def test_the_second_reads_takes_over_and_the_first_is_told(ines: Page, salome: Page) -> None:
    type_in(ines, " Et dimanche.")
    salome.goto(ines.url)
    expect(salome.get_by_text(WRITES)).to_be_visible()
    expect(body(salome)).not_to_be_editable()
    expect(salome.get_by_role("button", name="Enregistrer le brouillon")).to_be_disabled()
    expect(salome.locator("[name=channel_ids]").first).to_be_disabled()
    beat(ines)
    expect(ines.get_by_text("Salomé Vidal l’a ouvert aussi")).to_be_visible()

    salome.get_by_role("button", name="Prendre la plume").click()
    expect(body(salome)).to_be_editable()
    body(ines).press_sequentially(" Ou lundi.")
    beat(ines)
    expect(ines.get_by_text("Salomé Vidal a pris la plume")).to_be_visible()
    expect(body(ines)).not_to_be_editable()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche. Ou lundi.")
    kept = ines.evaluate(
        "Object.entries(localStorage).map(([key, value]) => key.startsWith('unisson:typed:') && value)"
    )
    assert any("Ou lundi." in str(each) for each in kept)

    ines.get_by_role("button", name="Reprendre la plume").click()
    expect(body(ines)).to_be_editable()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche. Ou lundi.")
    beat(salome)
    expect(salome.get_by_text("Inès Caradec a pris la plume")).to_be_visible()
    expect(body(salome)).not_to_be_editable()


def test_leaving_gives_the_pen_up(ines: Page, salome: Page) -> None:
    type_in(ines, " Et dimanche.")
    salome.goto(ines.url)
    expect(body(salome)).not_to_be_editable()
    ines.on("dialog", lambda dialog: dialog.accept())
    ines.goto("/atelier-nord/calendar")
    beat(salome)
    expect(salome.get_by_text(WRITES)).to_be_hidden()
    expect(body(salome)).to_be_editable()
    type_in(salome, " Sans faute.")
    expect(body(salome)).to_be_editable()


def test_whoever_takes_over_begins_with_what_was_saved(ines: Page, salome: Page) -> None:
    edit = ines.url
    type_in(ines, " Et dimanche.")
    salome.goto(edit)
    expect(body(salome)).not_to_be_editable()
    ines.get_by_role("button", name="Enregistrer le brouillon").click()
    ines.wait_for_url(lambda url: not url.endswith("/edit"))
    ines.goto(edit)
    type_in(ines, " Ou lundi.")
    salome.get_by_role("button", name="Prendre la plume").click()
    expect(body(salome)).to_have_value("Samedi, dès 8 h. Et dimanche.")
    expect(body(salome)).to_be_editable()
    expect(salome.get_by_text("dans un autre onglet")).to_be_hidden()
    beat(ines)
    expect(body(ines)).not_to_be_editable()


def test_two_tabs_of_one_person_are_told_and_both_write(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    second = ines.context.new_page()
    second.goto(ines.url)
    expect(second.get_by_text("Vous l’avez ouvert dans un autre onglet aussi")).to_be_visible()
    expect(body(second)).to_be_editable()
    beat(ines)
    expect(ines.get_by_text("Vous l’avez ouvert dans un autre onglet aussi")).to_be_visible()
    expect(body(ines)).to_be_editable()


def test_on_a_phone_the_pen_is_a_thumb_high(ines: Page, person: Callable[..., Page]) -> None:
    type_in(ines, " Et dimanche.")
    phone = person(width=390, height=844)
    sign_in(phone, SALOME)
    phone.goto(ines.url)
    box = phone.get_by_role("button", name="Prendre la plume").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_without_scripts_the_form_works_as_ever(ines: Page, browser, live) -> None:
    type_in(ines, " Et dimanche.")
    context = browser.new_context(base_url=live.url, java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    sign_in(page, SALOME)
    page.goto(ines.url)
    expect(page.get_by_text(WRITES)).to_have_count(0)
    body(page).fill("Samedi, dès 9 h.")
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    expect(page).to_have_url(re.compile(r"/contents/[0-9a-f-]+$"))
    context.close()
