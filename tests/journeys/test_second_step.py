"""Somebody sets up codes on their phone, signs in with one, loses the phone, and comes in by a recovery code."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from tenants.base import utcnow
from tenants.identities import FactorReset, Identity, IdentityLetter, Seat, SignIn
from tests.journeys.conftest import Live, sign_in
from tests.journeys.test_pages import obstacles
from unisson.demo.script import PASSWORD
from unisson.identity import tokens
from unisson.runtime import web_runtime

pytestmark = pytest.mark.browser

YANN = "yann.perennes@example.com"


def enter(page: Page) -> None:
    page.goto("/sign-in")
    page.locator("[name=email]").fill(YANN)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/sign-in/second-step")


def leave_open(live: Live, email: str) -> None:
    """Let more time pass since somebody has shown who they are than a dangerous act may come after."""
    long_ago = utcnow() - timedelta(minutes=20)
    runtime = web_runtime(live.settings)
    with runtime.database.everywhere() as session:
        mine = select(Identity.id).where(Identity.email == email).scalar_subquery()
        session.execute(update(SignIn).where(SignIn.identity_id == mine).values(confirmed_at=long_ago))
    runtime.database.engine.dispose()
    runtime.valkey.close()


def mailed_link(live: Live, email: str) -> str:
    """Return the path of the link by which somebody removes a second step, a day after their agency asked for it."""
    runtime = web_runtime(live.settings)
    with runtime.database.everywhere() as session:
        mine = session.scalars(select(Identity).where(Identity.email == email)).one()
        seat = session.scalars(select(Seat).where(Seat.identity_id == mine.id)).one()
        about = {"asking_agency_id": seat.agency_id, "agency_name": "Studio Marée", "asked_by": "Yann"}
        times = {"opens_at": utcnow(), "expires_at": utcnow() + timedelta(days=6)}
        session.add(FactorReset(identity_id=mine.id, **about, **times))
        letter = IdentityLetter(identity_id=mine.id, purpose="factor_reset", sent_at=utcnow())
        session.add(letter)
        session.flush()
        token = tokens.mint(session, letter)
    runtime.database.engine.dispose()
    runtime.valkey.close()
    return f"/second-step-reset/{token}"


def sound(page: Page) -> None:
    assert obstacles(page, colours=True) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_from_the_set_up_to_a_lost_phone(live: Live, person: Callable[..., Page]) -> None:
    page = sign_in(person(width=390, dark=True), YANN, to="/me/second-factor")
    page.get_by_role("button", name="Configurer").click()
    expect(page.locator(".qr-frame svg")).to_be_visible()
    sound(page)
    phone = pyotp.TOTP(page.locator(".secret-key").inner_text())
    page.locator("[name=code]").fill("000000")
    page.get_by_role("button", name="L’activer").click()
    expect(page.locator(".field-error")).to_be_visible()
    page.locator("[name=code]").fill(phone.now())
    page.get_by_role("button", name="L’activer").click()
    expect(page.locator(".recovery-codes li")).to_have_count(10, timeout=60_000)  # ten slow hashes
    sound(page)
    spare = page.locator(".recovery-codes li").first.inner_text()

    desk = person()
    enter(desk)
    sound(desk)
    desk.locator("[name=code]").fill(spare.lower())
    desk.locator("[name=code]").press("Enter")
    desk.wait_for_url(lambda url: "/sign-in" not in url)
    expect(desk.locator(".toast")).to_contain_text("code de secours")
    (told,) = live.mails(YANN, "Un code de secours a servi à se connecter")
    assert told["subject"] == "Votre connexion à Unisson a été modifiée"

    desk.goto("/me/second-factor")
    expect(desk.get_by_text("Il reste 9 codes")).to_be_visible()
    sound(desk)
    leave_open(live, YANN)
    desk.get_by_role("button", name="Désactiver les codes").click()
    expect(desk.get_by_role("heading", name="Est-ce toujours vous")).to_be_visible()
    sound(desk)
    desk.get_by_label("Mot de passe").fill("faux")
    desk.get_by_label("Mot de passe").press("Enter")
    expect(desk.locator(".field-error")).to_be_visible()
    desk.get_by_label("Mot de passe").fill(PASSWORD)
    desk.get_by_label("Mot de passe").press("Enter")
    expect(desk.get_by_text("Elle est désactivée")).to_be_visible()

    phone = person(width=390, dark=True)
    phone.goto(mailed_link(live, YANN))
    sound(phone)
    phone.get_by_label("Mot de passe").fill(PASSWORD)
    phone.get_by_label("Mot de passe").press("Enter")
    phone.wait_for_url("**/sign-in")
    expect(phone.locator(".toast")).to_contain_text("Votre seconde étape est supprimée")
