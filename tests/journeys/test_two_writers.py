"""Two people, and two tabs, at one content: who writes is told, nobody writes over the other, nothing typed is lost."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, Route, expect

from tests.journeys.conftest import in_time, sign_in
from tests.journeys.test_keeping import NEW

pytestmark = pytest.mark.browser

INES, SALOME = "ines.caradec@example.org", "salome.vidal@example.org"
BEAT = 15_000
WRITES = re.compile(r"Inès Caradec écrit ici depuis \d+ h \d\d \(Paris\)".replace(" ", r"\s"))


@pytest.fixture
def ines(person: Callable[..., Page]) -> Iterator[Page]:
    """A community manager who has a draft of her own open in the composer."""
    page = person()
    stand_still(page)
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
    stand_still(page)
    sign_in(page, SALOME)
    return page


def stand_still(page: Page) -> None:
    """Stop the browser's clock, so that only what a test waits for comes to pass."""
    page.clock.install()
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))


def body(page: Page):
    return page.locator("[name=body]")


def at_rest(page: Page) -> None:
    """Wait until what the page asked was answered, and heard: a beat or a saving that falls due meanwhile is left out."""
    is_busy = "each => ({ presence: each.asking, autosave: each.sending })[each.identifier]"
    page.wait_for_function(f"() => !unisson.application.controllers.some({is_busy})")


def beat(page: Page) -> None:
    at_rest(page)
    with page.expect_response(lambda answer: answer.url.endswith("/presence")):
        page.clock.fast_forward(BEAT)


def state(page: Page, words: str | re.Pattern[str]) -> None:
    expect(page.locator(".autosave-state p:visible")).to_contain_text(words)


def pause(page: Page) -> None:
    """Two seconds without a key, and the saving that follows."""
    at_rest(page)
    with page.expect_response(lambda answer: answer.url.endswith("/autosave")):
        page.clock.fast_forward(2_100)


def type_in(page: Page, words: str) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/presence")):
        body(page).press("End")
        body(page).press_sequentially(words)
    at_rest(page)


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
    # The browser says so behind the page that it opens: a beat may come before that.
    in_time(lambda: beat(salome) or body(salome).is_editable())
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


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_of_it_stands_in_the_way(ines: Page, salome: Page, dark: bool) -> None:
    for page in (ines, salome):
        page.emulate_media(color_scheme="dark" if dark else "light")
    both_write(ines, salome)
    beat(salome)
    expect(salome.get_by_text("Inès Caradec a pris la plume")).to_be_visible()
    assert obstacles(ines) == []
    assert obstacles(salome) == []
    ines.get_by_role("button", name="Garder le mien").focus()
    ines.keyboard.press("Enter")
    expect(ines.locator(".clash")).to_have_count(0)


def obstacles(page: Page) -> list[str]:
    """What axe finds serious; it counts on a clock that goes on."""
    page.wait_for_load_state()
    page.clock.resume()
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found if each["impact"] in {"serious", "critical"}
    ]


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


def test_a_draft_saves_itself_and_says_when(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    pause(ines)
    state(ines, re.compile(r"Enregistré à \d+\sh\s\d\d \(Paris\)"))
    type_in_again(ines, " Ou lundi.")
    pause(ines)
    nothing_is_kept(ines)
    ines.reload()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche. Ou lundi.")
    expect(ines.get_by_text("encore gardé dans ce navigateur")).to_be_hidden()


def nothing_is_kept(page: Page) -> None:
    """What was typed is let go only once its answer has been read, which is a moment after it has come."""
    until = time.monotonic() + 30
    while kept := page.evaluate("Object.keys(localStorage).filter((each) => each.startsWith('unisson:typed:'))"):
        assert time.monotonic() < until, kept
        page.wait_for_timeout(50)


def type_in_again(page: Page, words: str) -> None:
    body(page).press("End")
    body(page).press_sequentially(words)


def test_what_is_typed_offline_is_kept_and_sent_when_the_network_is_back(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    pause(ines)
    state(ines, "Enregistré à")
    ines.context.set_offline(True)
    type_in_again(ines, " Ou lundi.")
    ines.clock.fast_forward(2_100)
    state(ines, "Hors ligne : gardé sur cet appareil, sera envoyé".replace(" :", "\u00a0:"))
    type_in_again(ines, " Ou mardi.")
    ines.clock.fast_forward(60_000)
    state(ines, "Hors ligne")
    with ines.expect_response(lambda answer: answer.url.endswith("/autosave")):
        ines.context.set_offline(False)
    state(ines, "Enregistré à")
    ines.reload()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche. Ou lundi. Ou mardi.")


def test_what_each_changed_alone_is_put_together(ines: Page, salome: Page) -> None:
    salome.goto(ines.url)
    at_rest(salome)
    type_in(ines, " Et dimanche.")
    pause(ines)
    beat(salome)
    salome.get_by_role("button", name="Prendre la plume").click()
    expect(body(salome)).to_have_value("Samedi, dès 8 h. Et dimanche.")
    salome.locator("[name=title]").fill("Le kouign-amann du week-end")
    salome.locator("[name=tags]").fill("fournil")
    pause(salome)
    ines.locator("[name=pillar], [name=tags]").last.fill("week-end")
    with ines.expect_response(lambda answer: answer.url.endswith("/presence")):
        ines.clock.fast_forward(2_100)
    expect(body(ines)).not_to_be_editable()
    ines.get_by_role("button", name="Reprendre la plume").click()
    expect(body(ines)).to_be_editable()
    pause(ines)
    state(ines, re.compile("Réuni avec la version enregistrée par Salomé Vidal"))
    expect(ines.locator("[name=title]")).to_have_value("Le kouign-amann du week-end")
    expect(ines.locator("[name=tags]")).to_have_value("fournil, week-end")


def both_write(ines: Page, salome: Page) -> None:
    """Inès types, loses the pen before it is saved, and takes it back when Salomé has saved the same field."""
    salome.goto(ines.url)
    at_rest(salome)
    expect(body(salome)).to_be_editable()
    type_in(ines, " Et dimanche.")
    beat(salome)
    salome.get_by_role("button", name="Prendre la plume").click()
    expect(body(salome)).to_be_editable()
    type_in_again(salome, " Et lundi.")
    pause(salome)
    with ines.expect_response(lambda answer: answer.url.endswith("/presence")):
        ines.clock.fast_forward(2_100)
    expect(ines.get_by_text("Salomé Vidal a pris la plume")).to_be_visible()
    ines.get_by_role("button", name="Reprendre la plume").click()
    expect(body(ines)).to_be_editable()
    pause(ines)
    state(ines, "choisissez d’abord")


def test_what_both_changed_is_shown_side_by_side_and_mine_is_kept(ines: Page, salome: Page) -> None:
    both_write(ines, salome)
    expect(ines.locator(".clash ins")).to_have_text([re.compile("dimanche"), re.compile("lundi")])
    with ines.expect_response(lambda answer: answer.url.endswith("/autosave")):
        ines.get_by_role("button", name="Garder le mien").click()
    state(ines, "Enregistré à")
    expect(ines.locator(".clash")).to_have_count(0)
    ines.reload()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche.")


def test_theirs_is_kept(ines: Page, salome: Page) -> None:
    both_write(ines, salome)
    ines.get_by_role("button", name="Garder le sien").click()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et lundi.")
    expect(ines.locator(".clash")).to_have_count(0)
    type_in_again(ines, " Sans faute.")
    pause(ines)
    state(ines, "Enregistré à")
    ines.reload()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et lundi. Sans faute.")


def test_a_tab_closed_before_the_choice_loses_nothing(ines: Page, salome: Page) -> None:
    both_write(ines, salome)
    edit, context = ines.url, ines.context
    ines.close()
    page = context.new_page()
    page.goto(edit)
    expect(body(page)).to_have_value("Samedi, dès 8 h. Et lundi.")
    page.get_by_role("button", name="Reprendre", exact=True).click()
    pause(page)
    state(page, "choisissez d’abord")
    expect(page.locator(".clash ins")).to_have_text([re.compile("dimanche"), re.compile("lundi")])


def test_saving_before_the_choice_writes_over_nobody(ines: Page, salome: Page) -> None:
    both_write(ines, salome)
    ines.get_by_role("button", name="Enregistrer le brouillon").click()
    expect(ines.get_by_text("pendant que vous écriviez")).to_be_visible()
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche.")
    salome.reload()
    expect(body(salome)).to_have_value("Samedi, dès 8 h. Et lundi.")


def test_pressing_save_while_it_saves_itself_meets_nobody(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    ines.route("**/autosave", hold)
    ines.clock.fast_forward(2_100)
    state(ines, "Enregistrement…")
    ines.get_by_role("button", name="Enregistrer le brouillon").click()
    in_time(lambda: ines.wait_for_timeout(50) or held)
    held[0].continue_()
    expect(ines).to_have_url(re.compile(r"/contents/[0-9a-f-]+$"))
    expect(ines.get_by_text("Samedi, dès 8 h. Et dimanche.").first).to_be_visible()


def test_what_is_refused_is_said_and_kept(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    ines.locator("[name=date]").fill("2001-01-01")
    ines.locator("[name=time]").fill("10:00")
    pause(ines)
    state(ines, "Pas enregistré, mais gardé sur cet appareil")
    kept = ines.evaluate("Object.values(localStorage).join()")
    assert "2001-01-01" in kept


def test_a_preview_that_comes_back_goes_on_saving(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    ines.get_by_role("button", name="Aperçu").click()
    ines.wait_for_load_state("load")
    expect(body(ines)).to_have_value("Samedi, dès 8 h. Et dimanche.")
    pause(ines)
    state(ines, "Enregistré à")


def test_a_session_that_ended_is_said(ines: Page) -> None:
    type_in(ines, " Et dimanche.")
    ines.context.clear_cookies()
    ines.clock.fast_forward(2_100)
    state(ines, re.compile("Votre session est terminée|Pas enregistré"))
    assert "Et dimanche." in ines.evaluate("Object.values(localStorage).join()")


def test_an_older_text_brought_back_meets_what_another_one_writes(ines: Page, salome: Page) -> None:
    body(ines).fill("Le premier texte.")
    day = datetime.now(UTC) + timedelta(days=20)
    ines.locator("[name=date]").fill(day.strftime("%Y-%m-%d"))
    ines.locator("[name=time]").fill("10:00")
    ines.get_by_role("button", name="Enregistrer et envoyer en validation").click()
    ines.wait_for_url(lambda url: not url.endswith("/edit"))
    content = ines.url
    ines.goto(f"{content}/edit")
    body(ines).fill("Le second texte.")
    ines.get_by_role("button", name="Enregistrer le brouillon").click()
    ines.wait_for_url(content)
    ines.goto(f"{content}/edit")
    salome.goto(f"{content}/versions")
    salome.get_by_role("link", name="Reprendre ce texte").click()
    expect(salome.locator(".change ins").first).to_contain_text("premier")
    salome.get_by_role("button", name="Reprendre ce texte").click()
    expect(salome.get_by_text("Le texte de la version 1 est repris.")).to_be_visible()

    ines.locator("[name=tags]").fill("fournil")
    pause(ines)
    state(ines, re.compile("Réuni avec la version enregistrée par Salomé Vidal"))
    expect(body(ines)).to_have_value("Le premier texte.")


def test_bringing_back_is_undone_by_a_click(ines: Page) -> None:
    day = datetime.now(UTC) + timedelta(days=20)
    ines.locator("[name=date]").fill(day.strftime("%Y-%m-%d"))
    ines.locator("[name=time]").fill("10:00")
    ines.get_by_role("button", name="Enregistrer et envoyer en validation").click()
    ines.wait_for_url(lambda url: not url.endswith("/edit"))
    content = ines.url
    ines.goto(f"{content}/edit")
    body(ines).fill("Le second texte.")
    ines.get_by_role("button", name="Enregistrer le brouillon").click()
    ines.wait_for_url(content)
    ines.goto(f"{content}/return?number=1")
    ines.get_by_role("button", name="Reprendre ce texte").click()
    expect(ines.locator("article, .preview").first).to_contain_text("Samedi, dès 8 h.")
    ines.get_by_role("button", name="Annuler", exact=True).click()
    expect(ines.get_by_text("Le texte est de nouveau celui d’avant.")).to_be_visible()
    expect(ines.get_by_text("Le second texte.").first).to_be_visible()
