"""Beside the text in a real browser: the card is read while one goes on typing, posts are added and survive the tab."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select, update

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.identities import DirectoryEntry
from tests.journeys.conftest import Live, sign_in
from unisson.publishing.models import Channel
from unisson.runtime import web_runtime

pytestmark = pytest.mark.browser

BRAND = "traversees-du-lagon"
NEW = f"/atelier-nord/brands/{BRAND}/contents/new"


@pytest.fixture
def bluesky(live: Live) -> Iterator[None]:
    """A Bluesky channel of a brand, for as long as a test lasts."""
    database = web_runtime(live.settings).database
    with database.everywhere() as everywhere:
        agency_id = everywhere.scalars(
            select(DirectoryEntry.agency_id).where(DirectoryEntry.slug == "atelier-nord")
        ).one()
    with database.agency(agency_id) as session:
        brand_id = session.scalars(select(Brand.id).where(Brand.slug == BRAND)).one()
        settings = {"service": "https://pds.example", "handle": "lagon.example"}
        channel = Channel(brand_id=brand_id, kind="bluesky", name="@lagon.example", settings=settings)
        session.add(channel)
        session.flush()
        channel_id = channel.id
    yield
    with database.agency(agency_id) as session:
        session.execute(update(Channel).where(Channel.id == channel_id).values(disconnected_at=utcnow()))
    database.engine.dispose()


@pytest.fixture
def context(browser: Browser, live: Live, bluesky: None) -> Iterator[BrowserContext]:
    """The browser of somebody who writes for the brand."""
    context = browser.new_context(base_url=live.url, locale="fr-FR", viewport={"width": 390, "height": 844})
    page = context.new_page()
    sign_in(page, "ines.caradec@example.org")
    page.close()
    yield context
    context.close()


def opened(context: BrowserContext) -> Page:
    page = context.new_page()
    page.goto(NEW)
    return page


def test_a_page_that_can_t_be_read_is_said_while_one_writes_on(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("#body").fill("À lire : http://127.0.0.1:9/page")
    expect(page.locator("#link-card")).to_contain_text("Pas d’aperçu")
    expect(page.locator("#body")).to_be_focused()
    page.locator("[name=card_title]").fill("Un titre à nous")
    expect(page.locator(".link-card-title")).to_have_text("Un titre à nous")
    page.locator("[name=card_off]").check()
    expect(page.locator(".link-card-title")).to_have_count(0)
    page.locator("#body").fill("Plus de lien.")
    expect(page.locator("[name=card_title]")).to_have_count(0)


def test_posts_are_added_in_place_and_survive_the_tab(context: BrowserContext) -> None:
    page = opened(context)
    page.locator("#body").fill("Un")
    add = page.get_by_role("button", name="Ajouter un post au fil")
    add.click()
    expect(page.locator("#post-2")).to_be_focused()
    page.locator("#post-2").fill("Deux")
    add.click()
    page.locator("#post-3").fill("Trois")
    expect(page.locator("#post-2")).to_have_value("Deux")
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
    page.close()
    page = opened(context)
    page.get_by_role("button", name="Reprendre").click()
    expect(page.locator("[name=post]")).to_have_count(2)
    assert [each.input_value() for each in page.locator("[name=post]").all()] == ["Deux", "Trois"]
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url(lambda url: "/contents/" in url and not url.endswith("/new"))
    expect(page.get_by_text("Post 3 sur 3")).to_be_visible()
