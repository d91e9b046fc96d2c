"""An owner plugs the agency's identity provider in; somebody new comes in by it, and from then on it alone lets in.

The provider is a real one (oidc-provider-mock), in a process of its own.
"""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_second_step import leave_open, sound
from unisson.demo.script import PASSWORD

pytestmark = pytest.mark.browser

MAELLE, SALOME = "maelle.riou@example.org", "salome.vidal@example.org"
WHERE = "/studio-maree/settings/sign-on"


@pytest.fixture(scope="module")
def provider(live: Live, provider_port: int) -> Iterator[str]:
    url = f"http://localhost:{provider_port}"
    command = [sys.executable, "-m", "oidc_provider_mock", "-p", str(provider_port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{url}/.well-known/openid-configuration", timeout=2)
                break
            except OSError:
                time.sleep(0.1)
        yield url
        running.terminate()


def know(provider: str, subject: str, **claims: object) -> None:
    """Have the provider know somebody."""
    body = json.dumps(claims).encode()
    asked = urllib.request.Request(
        f"{provider}/users/{subject}", body, {"Content-Type": "application/json"}, method="PUT"
    )
    urllib.request.urlopen(asked, timeout=30)


def at_the_provider(page: Page, subject: str) -> None:
    """Be somebody at the provider, and come back."""
    page.locator("input[name=sub]").fill(subject)
    page.get_by_role("button", name="Authorize").click()


def test_from_the_first_provider_to_the_provider_alone(live: Live, person: Callable[..., Page], provider: str) -> None:
    know(provider, "maelle", email="maelle@studio-maree.fr", email_verified=True, name="Maëlle Riou")
    know(provider, "ada", email="ada@studio-maree.fr", email_verified=True, name="Ada Le Goff")
    page = sign_in(person(), MAELLE, to=WHERE)
    page.get_by_role("link", name="Un autre (OpenID Connect)").click()
    page.get_by_label("Nom sur le bouton").fill("Le portail")
    page.get_by_label("Adresse du fournisseur").fill(f"{provider}/nulle-part")
    page.get_by_label("Identifiant client").fill("unisson")
    page.get_by_label("Secret client").fill("secret")
    page.get_by_role("button", name="Lire et ajouter").click()
    expect(page.locator(".field-error")).to_contain_text("404")
    sound(page)
    page.get_by_label("Adresse du fournisseur").fill(provider)
    page.get_by_label("Secret client").fill("secret")
    page.get_by_role("button", name="Lire et ajouter").click()
    leave_open(live, MAELLE)
    page.get_by_role("link", name="Lier mon propre compte").click()
    page.get_by_label("Mot de passe actuel").fill(PASSWORD)
    page.get_by_role("button", name="C’est bien moi").click()
    at_the_provider(page, "maelle")
    expect(page.get_by_text("maelle@studio-maree.fr")).to_be_visible()
    sound(page)
    page.get_by_role("button", name="Oui, c’est le mien : le lier").click()
    page.wait_for_url(f"**{WHERE}")

    page.get_by_role("link", name="Voir les domaines").click()
    page.get_by_label("Domaine", exact=True).fill("studio-maree.fr")
    page.get_by_role("button", name="Ajouter").click()
    page.get_by_role("button", name="Envoyer un code").click()
    (mail,) = live.mails("postmaster@studio-maree.fr")
    page.get_by_label("Code", exact=True).fill(re.search(r"\d{8}", mail["subject"])[0])  # type: ignore[index]
    page.get_by_role("button", name="Il est à nous").click()
    expect(page.get_by_text("Montré par un code envoyé.")).to_be_visible()
    sound(page)

    page.goto(WHERE)
    page.get_by_role("link", name="Devenir membre : non").click()
    page.get_by_label("Permettre de devenir membre").check()
    page.get_by_label("Marque pour commencer").select_option(label="La Halle aux Voiles")
    sound(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("link", name="Devenir membre : oui")).to_be_visible()
    sound(page)

    phone = person(width=390, dark=True)
    phone.goto("/sign-in")
    phone.get_by_role("link", name="Se connecter par mon agence").click()
    sound(phone)
    phone.get_by_label("Votre adresse e-mail professionnelle").fill("ada@studio-maree.fr")
    phone.keyboard.press("Enter")
    phone.get_by_role("link", name="Continuer avec Le portail").click()
    at_the_provider(phone, "ada")
    phone.wait_for_url(lambda url: "/studio-maree/calendar" in url)
    expect(phone.get_by_text("La Halle aux Voiles").first).to_be_attached()
    phone.goto("/me")
    phone.get_by_role("button", name="Se déconnecter").last.click()
    expect(phone.get_by_role("heading", name="Vous êtes déconnecté")).to_be_visible()
    sound(phone)
    phone.get_by_role("link", name="S’y déconnecter aussi").click()
    phone.wait_for_url(f"{provider}/oauth2/end_session**")

    page.get_by_role("link", name="Modifier").last.click()
    page.get_by_label(re.compile(MAELLE)).check()
    page.get_by_role("button", name="Faire entrer mon équipe par le fournisseur seul").click()
    page.wait_for_url(f"**{WHERE}")
    other = sign_in(person(width=390), SALOME, to="/studio-maree/calendar")
    expect(other.get_by_role("link", name="Lier Le portail à mon compte")).to_be_visible()
    sound(other)
    other.goto("/atelier-nord/calendar")
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    assert "/sign-on" not in other.url

    page.goto(f"{WHERE}/requirement")
    page.get_by_role("button", name="Accepter de nouveau les mots de passe").click()
    page.wait_for_url(f"**{WHERE}")
