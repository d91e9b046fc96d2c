"""A community manager brings a plan in from a spreadsheet: maps it, mends a cell, imports it, and undoes it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # it has no types
from playwright.sync_api import Page, expect
from support.plans import csv_file, soon

from tests.journeys.conftest import Live, sign_in

HOME = "/atelier-nord/brands/biscuiterie-trehoret/imports"


def sound(page: Page) -> None:
    """No obstacle for whoever can't see or use a mouse, and nothing wider than the screen."""
    page.wait_for_load_state()
    found = Axe().run(page)
    grave = [each for each in found.response["violations"] if each["impact"] in {"serious", "critical"}]
    assert grave == [], [(each["id"], each["nodes"][0]["html"]) for each in grave]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_plan_comes_in_and_goes(
    live: Live, person: Callable[..., Page], tmp_path: Path, width: int, dark: bool
) -> None:
    titles = [f"Galette {width} {n}" for n in range(3)]
    rows = [["Pour quand", "Heure", "Titre", "Légende", "Canal"]]
    rows += [[f"{soon():%d/%m/%Y}", "18 h 30", title, "Au beurre salé.", ""] for title in titles]
    rows[2][0] = "un jour"
    plan = tmp_path / "planning.csv"
    plan.write_bytes(csv_file(rows, encoding="cp1252"))

    page = person(width=width, dark=dark)
    sign_in(page, "ines.caradec@example.org", to=HOME)
    sound(page)
    page.locator("input[type=file]").set_input_files(plan)
    page.get_by_role("button", name="Lire le fichier").click()

    page.wait_for_url("**/columns")
    page.wait_for_load_state()
    sound(page)
    page.locator("[name=date]").select_option("0")
    page.get_by_role("button", name="Vérifier les lignes").click()

    expect(page.get_by_text("2 lignes sont prêtes.")).to_be_visible()
    expect(page.get_by_text("Ce n’est pas une date.")).to_be_visible()
    sound(page)
    page.locator("[name=cell-date]").fill(f"{soon():%Y-%m-%d}")
    page.get_by_role("button", name="Corriger").click()
    expect(page.get_by_text("3 lignes sont prêtes.")).to_be_visible()

    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_text("3 brouillons ont été créés.")).to_be_visible(timeout=90_000)
    sound(page)
    page.reload()
    page.get_by_role("link", name=titles[0]).click()
    expect(page.get_by_role("heading", name=titles[0])).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Annuler cet import").click()
    expect(page.get_by_text("3 brouillons ont été retirés.")).to_be_visible(timeout=90_000)
    sound(page)
    page.goto(HOME)
    expect(page.get_by_role("link", name=re.compile("planning.csv")).first).to_be_visible()
