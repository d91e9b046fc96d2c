"""A CM plans on a mock-up, the client connects the account from a phone, the post leaves, and the client withdraws it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.journeys.conftest import Live, in_time, sign_in
from tests.journeys.test_pages import obstacles
from tests.journeys.test_the_path import link_of
from tests.standins.pds import PASSWORD, StandInPds

LIGHT = 60_000
CLIENT = "marie-laure.poadja@example.com"
TITLE = "Baleines en vue"
MOCKUP = "Traversées du Lagon sur Bluesky"
HERE = "/atelier-nord/brands/traversees-du-lagon"


@pytest.fixture
def pds(tmp_path: Path, provider_port: int) -> Iterator[StandInPds]:
    server = StandInPds(tmp_path / "effects.jsonl", port=provider_port)
    yield server
    server.close()


def test_a_client_connects_from_a_phone_and_the_post_leaves(
    person: Callable[..., Page], live: Live, pds: StandInPds, provider_port: int
) -> None:
    ines = sign_in(person(), "ines.caradec@example.org", to="/atelier-nord/calendar?brand=traversees-du-lagon")
    ines.goto(f"{HERE}/channels")
    expect(ines.get_by_text("La balle est au client")).to_be_visible()
    asked = len(live.mails(CLIENT, "/connect/", at_least=0))
    ines.get_by_role("button", name="Envoyer un nouveau lien").click()
    expect(ines.get_by_text("Un nouveau lien est en route")).to_be_visible()
    assert obstacles(ines, colours=True) == []

    phone = person(width=390, height=844, dark=True)
    mail = live.mails(CLIENT, "/connect/", at_least=asked + 1)[0]
    _open_with_a_code(phone, live, link_of(mail, "/connect/"))
    assert 0 < weight(phone) < LIGHT
    assert obstacles(phone, colours=True) == []
    _give(phone, "http://localhost:1", "mauvais")
    expect(phone.locator("[name=handle]")).to_have_value("traversees-lagon.example.com")
    assert "mauvais" not in phone.content()
    _give(phone, f"http://localhost:{provider_port}", PASSWORD)
    expect(phone.get_by_role("heading", name="est connecté")).to_be_visible()
    assert obstacles(phone, colours=True) == []

    assert live.mails("ines.caradec@example.org", "est connecté")
    _its_day_comes(live)
    in_time(lambda: any("Pendant la saison" in str(each) for each in pds.effects.all()))
    assert len(pds.effects.all()) == 1
    ines.goto(f"{HERE}/channels")
    expect(ines.get_by_role("link", name=MOCKUP)).to_be_visible()
    expect(ines.get_by_text("Connecté", exact=True)).to_be_visible()

    given = live.mails(CLIENT, "Vous avez connecté")[0]
    phone.goto(link_of(given, "/connect/"))
    phone.get_by_role("button", name="Retirer l’accès").click()
    expect(phone.get_by_role("heading", name="est retiré")).to_be_visible()
    ines.reload()
    expect(ines.get_by_text("Retiré par le client")).to_be_visible()
    expect(ines.get_by_text("Maquette", exact=True)).to_be_visible()


def _open_with_a_code(phone: Page, live: Live, address: str) -> None:
    phone.goto(address)
    assert obstacles(phone, colours=True) == []
    assert MOCKUP not in phone.content()
    before = len(live.codes(CLIENT))
    phone.get_by_role("button", name="M’envoyer un code").click()
    phone.locator("[name=code]").fill(live.codes(CLIENT, at_least=before + 1)[0])
    phone.get_by_role("button", name="Continuer").click()
    expect(phone.get_by_text("Ce que vous donnez")).to_be_visible()


def _give(phone: Page, service: str, password: str) -> None:
    phone.locator("[name=app_password]").fill(password)
    phone.locator("[name=service]").fill(service)
    phone.get_by_role("button", name="Connecter").click()
    phone.wait_for_load_state()


def weight(page: Page) -> int:
    """Return the bytes of all that the page loads, once it is loaded anew."""
    loaded: list[int] = []

    def weigh(answer: Response) -> None:
        if answer.status == 200:
            loaded.append(len(answer.body()))

    page.on("response", weigh)
    page.reload(wait_until="networkidle")
    page.remove_listener("response", weigh)
    return sum(loaded)


def _its_day_comes(live: Live) -> None:
    """Have the approved post be due in a second: the two days until its date pass."""
    owner = create_engine(make_url(live.settings.database_url).set(drivername="postgresql+psycopg"))
    with owner.begin() as connection:
        due = connection.execute(
            text(
                "update app.publications p set due_at = clock_timestamp() + interval '1 second'"
                " from app.channels ch where ch.agency_id = p.agency_id and ch.id = p.channel_id and ch.name = :name"
                " and p.state = 'scheduled' returning p.id, p.due_at"
            ),
            {"name": MOCKUP},
        ).one()
        connection.execute(
            text("update app.dispatch set due_at = :at where kind = 'publication' and item_id = :id"),
            {"at": due.due_at, "id": due.id},
        )
    owner.dispose()
