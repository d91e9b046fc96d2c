"""A plan is bought and changed, then not paid for, then paid for again: in a browser, with the events and the worker."""

import dataclasses
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from support.billing import Till, prices_setting
from support.desk import Desk
from support.world import World
from werkzeug.serving import make_server

from tenants.base import utcnow
from tests.journeys.test_pages import obstacles
from tests.standins.stripe_api import StandInStripe
from tests.standins.stripe_objects import KEY, WEBHOOK_SECRET
from unisson.app import create_app
from unisson.config import Settings
from unisson.runtime import Runtime

pytestmark = pytest.mark.browser

PATIENCE = 90
"""Seconds until what the worker does is seen: it may still be starting."""


@pytest.fixture
def served(
    billed: Runtime, billed_worker: Runtime, world: World, stripe_at: StandInStripe, mails: None
) -> Iterator[tuple[Till, str]]:
    """An agency that is billed, at an address of its own, where Stripe's events arrive."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://localhost:{server.server_port}"
    settings = dataclasses.replace(billed.settings, base_url=url, trusted_hosts=("localhost",))
    runtime = dataclasses.replace(billed, settings=settings)
    server.app = app = create_app(runtime=runtime)
    stripe_at.hook = f"{url}/stripe/events"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Till(Desk(app, runtime, world), billed_worker, stripe_at), url
    stripe_at.hook = None
    server.shutdown()
    thread.join(5)
    server.server_close()


@pytest.fixture
def mails(billed_settings: Settings, tmp_path: Path) -> Iterator[None]:
    """A worker of the mails, as a deployment starts it, with keys."""
    kept = billed_settings
    environment = {
        **os.environ, "ENVIRONMENT": "test", "SECRET_KEY": kept.secret_key, "DATABASE_URL": kept.database_url,
        "VALKEY_URL": kept.valkey_url, "DATA_DIR": str(tmp_path), "STORAGE_URL": kept.storage_url,
        "MAIL_URL": "mailbox:", "STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "STRIPE_API_URL": kept.stripe_api_url,
        "STRIPE_PRICES": ",".join(f"{plan}.{interval}={price}" for plan, interval, price in prices_setting()),
    }  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-m", "unisson.cli", "worker", "mail"]
        running = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        yield
        running.kill()
        running.wait(60)


@pytest.fixture
def person(browser: Browser, served: tuple[Till, str]) -> Iterator[Callable[..., Page]]:
    """Open a browser that is signed in as somebody of the agency."""
    till, url = served
    contexts = []

    def open_browser(role: str, *, width: int = 1280, dark: bool = False) -> Page:
        client = till.desk.world.sign_in(till.desk.app.test_client(), role)
        name = till.desk.app.config["SESSION_COOKIE_NAME"]
        kept = client.get_cookie(name)
        assert kept is not None
        context = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            locale="fr-FR",
        )
        context.set_default_timeout(PATIENCE * 1000)
        context.add_cookies([{"name": name, "value": kept.value, "url": "https://localhost", "secure": True}])
        contexts.append(context)
        return context.new_page()

    yield open_browser
    for context in contexts:
        context.close()


def sound(page: Page) -> None:
    assert obstacles(page, colours=True) == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def ask(page: Page, brands: str) -> None:
    page.get_by_label("Nombre de marques").fill(brands)
    page.get_by_role("button", name="Voir ce que cela coûte").click()


def test_bought_changed_unpaid_and_paid_again(served: tuple[Till, str], person: Callable[..., Page]) -> None:
    till, _url = served
    page = person("owner", width=390, dark=True)
    page.goto(f"/{till.desk.world.slug}/billing")
    expect(page.locator("#billing-state")).to_contain_text("Essai gratuit, sans carte")
    sound(page)
    ask(page, "1")
    expect(page.locator(".field-error").first).to_contain_text("Autre marque, Marque")
    ask(page, "3")
    sound(page)
    page.get_by_role("button", name="Continuer vers le paiement").click()
    page.get_by_role("button", name="Payer").click()
    expect(page.locator("#billing-state")).to_contain_text("votre formule en comprend 3", timeout=PATIENCE * 1000)
    expect(page.locator("#billing-state")).to_contain_text("Payée")
    sound(page)
    change_the_plan(till, page)
    lapse_and_recover(till, person)


def change_the_plan(till: Till, page: Page) -> None:
    """Five brands instead of three: what is shown is charged."""
    ask(page, "5")
    shown = page.get_by_text(re.compile("sont débités")).inner_text()
    sound(page)
    page.get_by_role("button", name="Changer de formule").click()
    expect(page.locator("#billing-state")).to_contain_text("votre formule en comprend 5")
    charged = till.stripe.charges[-1][1]
    assert f"{charged // 100},{charged % 100:02}" in re.sub(r"[\s\u202f]", "", shown)


def lapse_and_recover(till: Till, person: Callable[..., Page]) -> None:
    """A renewal is not paid for eight days: nothing new, until it is."""
    at = int((utcnow() - timedelta(days=8)).timestamp())
    till.told_at(at)
    owed = till.stripe.fail_payment(till.account().subscription_id, at=at)
    page = person("cm")
    page.goto(f"/{till.desk.world.slug}/brands/{till.desk.world.brand_slug}/contents/new")
    expect(page.get_by_text("L’agence n’est pas payée")).to_have_count(0)
    wait_for(till, "read_only")
    page.locator("[name=title]").fill("Une nouvelle")
    page.locator("[name=title]").press("Enter")
    expect(page.get_by_text("rien de nouveau ne peut être commencé").first).to_be_visible()
    owner = person("owner")
    owner.goto(f"/{till.desk.world.slug}/billing")
    expect(owner.locator(".notice").filter(has_text="L’agence n’est pas payée")).to_be_visible()
    expect(owner.get_by_role("link", name=re.compile("^Payer"))).to_be_visible()
    sound(owner)
    till.stripe.pay(str(owed["id"]))
    wait_for(till, "good")
    owner.reload()
    expect(owner.get_by_text("L’agence n’est pas payée")).to_have_count(0)
    expect(owner.locator("#billing-state")).to_contain_text("Payée")


def wait_for(till: Till, standing: str) -> None:
    """Until the worker has looked, because of an event."""
    for _ in range(PATIENCE * 10):
        if till.standing()[0] == standing:
            return
        threading.Event().wait(0.1)
    raise AssertionError(till.standing())
