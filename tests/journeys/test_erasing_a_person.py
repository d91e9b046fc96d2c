"""An owner takes a person's data out, erases the person, and what they did stays in the activity without their name."""

import zipfile
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from tenants.base import utcnow
from tenants.identities import DirectoryEntry
from tenants.members import Membership
from tests.journeys.conftest import Live, in_time, sign_in
from tests.journeys.test_pages import obstacles
from unisson.activity.trail import record
from unisson.runtime import Runtime, web_runtime, worker_runtime
from unisson.trust.models import Erasure

pytestmark = pytest.mark.browser

OWNER = "claire.lemoal@example.org"
NAME = "Gaétan Passeport"


def agency(runtime: Runtime):
    with runtime.database.everywhere() as session:
        slug = DirectoryEntry.slug == "atelier-nord"
        return session.scalars(select(DirectoryEntry.agency_id).where(slug)).one()


def newcomer(live: Live) -> None:
    """Somebody who joined, and did something."""
    runtime = web_runtime(live.settings)
    with runtime.database.agency(agency(runtime)) as session:
        person = Membership(email="gaetan.passeport@example.org", name=NAME, joined_at=utcnow())
        session.add(person)
        session.flush()
        record(session, None, "person.away", "membership", person.id, by=NAME, by_id=person.id)
    runtime.database.engine.dispose()
    runtime.valkey.close()


def let_the_week_pass(live: Live) -> None:
    past = utcnow() - timedelta(minutes=1)
    runtime = worker_runtime(live.settings)
    with runtime.database.agency(agency(runtime)) as session:
        session.execute(update(Erasure).values(due_at=past))
    with runtime.database.everywhere() as session:
        session.execute(update(DirectoryEntry).where(DirectoryEntry.slug == "atelier-nord").values(night_at=past))
    runtime.database.engine.dispose()
    runtime.valkey.close()


def test_from_the_team_to_a_pseudonym(live: Live, person: Callable[..., Page]) -> None:
    newcomer(live)
    page = sign_in(person(), OWNER, to="/atelier-nord/team")
    page.get_by_role("link", name=NAME).first.click()
    page.get_by_role("link", name="Extraire ou effacer").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Extraire les données").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert NAME in archive.read("person.json").decode()
    page.get_by_role("button", name="Effacer dans une semaine").click()
    expect(page.locator(".field-error")).to_be_visible()
    page.locator("[name=sure]").check()
    assert obstacles(page, colours=True) == []
    page.get_by_role("button", name="Effacer dans une semaine").click()
    page.get_by_role("button", name="Ne pas effacer").click()
    page.locator("[name=sure]").check()
    page.get_by_role("button", name="Effacer dans une semaine").click()
    expect(page.get_by_text("À effacer dans la nuit")).to_be_visible()
    let_the_week_pass(live)
    in_time(lambda: page.reload() and page.get_by_text("Cette personne est effacée").is_visible(), 120)
    expect(page.get_by_role("heading", level=1)).to_have_text("Données : Personne effacée 1")
    page.goto("/atelier-nord/activity?about=person")
    expect(page.get_by_text("Personne effacée 1").first).to_be_visible()
    expect(page.get_by_text(NAME)).to_have_count(0)
