"""An account manager writes a chain by keyboard alone, tries it, and the next content goes through it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Live, sign_in

HOME = "/atelier-nord/brands/biscuiterie-trehoret/chains"


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(160):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s) ?? false", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


@pytest.mark.browser
def test_a_chain_is_written_tried_and_used_by_keyboard(live: Live, person: Callable[..., Page]) -> None:
    page = person(lang="fr-FR")
    sign_in(page, "hugo.bertin@example.org", to=f"{HOME}/new")

    tab_to(page, "[name=name]")
    page.keyboard.type("Au clavier")
    tab_to(page, "[name='s1-roles'][value=client_approver]")
    page.keyboard.press("Space")
    tab_to(page, "[name='s1-hours']")
    page.keyboard.type("24")
    tab_to(page, "button[value=add]")
    page.keyboard.press("Enter")
    expect(page.locator("[data-chain-target=stage]")).to_have_count(2)
    expect(page.locator("summary[data-stage=s2]")).to_be_focused()
    expect(page.locator("[name='s1-hours']")).to_be_hidden()
    tab_to(page, "[name='s2-roles'][value=rp]")
    page.keyboard.press("Space")
    expect(page.locator("summary[data-stage=s2]")).to_have_text("Le pôle RP")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator("[data-chain-target=stage] >> nth=0")).to_have_id("stage-s2")
    expect(page.locator("[data-chain-target=live]")).to_contain_text("1 sur 2")
    expect(page.locator(".chain-sentence")).to_have_text(
        "Validé par le pôle RP, puis par le client, 24 heures ouvrées avant la date."
    )
    expect(page.locator(".rehearsal").first).to_contain_text("Gwenaëlle Tréhoret")
    tab_to(page, "button.button-primary[value=save]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{HOME}")
    expect(page.get_by_text("Au clavier").first).to_be_visible()

    tab_to(page, "[name=try]")
    tab_to(page, "form[method=get] button")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"try="))
    expect(page.locator("#try .rehearsal")).to_be_visible()
