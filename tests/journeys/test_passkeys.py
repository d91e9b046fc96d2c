"""Somebody adds a passkey, signs in by it alone, confirms by it, and removes it: Chromium's own device answers."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_second_step import leave_open, sound

pytestmark = pytest.mark.browser

WHO = "yann.perennes@example.com"


def device_of(page: Page) -> Callable[[bool], None]:
    """Give the browser a device that unlocks by a finger; return how to say whether it is the right one."""
    wire: CDPSession = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    number = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def finger(is_right: bool) -> None:
        wire.send("WebAuthn.setUserVerified", {"authenticatorId": number, "isUserVerified": is_right})

    return finger


def test_from_the_first_passkey_to_its_removal(live: Live, person: Callable[..., Page], browser: Browser) -> None:
    page = sign_in(person(width=390, dark=True), WHO, to="/me/second-factor")
    finger = device_of(page)
    sound(page)
    page.get_by_role("link", name="Ajouter une clé d’accès").click()
    expect(page.get_by_label("Nom de cette clé d’accès")).to_have_value("Chrome sur Linux")
    expect(page.get_by_text("Ce navigateur ne crée pas")).to_be_hidden()
    sound(page)
    page.get_by_label("Nom de cette clé d’accès").fill("Mon téléphone")
    page.get_by_label("Nom de cette clé d’accès").press("Enter")
    expect(page.locator(".recovery-codes li")).to_have_count(10, timeout=60_000)  # ten slow hashes
    page.get_by_role("link", name="Je les ai gardés").click()
    expect(page.get_by_text("Mon téléphone")).to_be_visible()
    sound(page)
    page.goto("/me/passkeys/new")
    page.get_by_role("button", name="Créer la clé d’accès").click()
    expect(page.locator(".toast")).to_contain_text("détient déjà une clé d’accès")

    page.goto("/me")
    page.get_by_role("button", name="Se déconnecter").click()
    page.goto("/sign-in?next=/me/second-factor")
    sound(page)
    finger(False)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    expect(page.locator(".toast")).to_contain_text("Aucune clé d’accès n’a répondu")
    finger(True)
    page.get_by_role("button", name="Se connecter avec une clé d’accès").click()
    page.wait_for_url("**/me/second-factor")
    expect(page.get_by_text("Elle est active, par clé d’accès")).to_be_visible()

    leave_open(live, WHO)
    page.get_by_role("button", name="Retirer cette clé d’accès").click()
    expect(page.get_by_role("heading", name="Est-ce toujours vous")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_text("Elle est désactivée")).to_be_visible()
    expect(page.get_by_text("Mon téléphone")).to_have_count(0)
    assert live.mails(WHO, "Une clé d’accès a été ajoutée")

    plain = browser.new_context(base_url=live.url, java_script_enabled=False, locale="fr-FR")
    still = plain.new_page()
    still.goto("/sign-in")
    expect(still.get_by_label("Mot de passe")).to_be_visible()
    expect(still.get_by_role("button", name="Se connecter avec une clé d’accès")).to_be_hidden()
    plain.close()
