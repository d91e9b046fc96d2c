"""A CM plans on a mock-up, the client connects the account from a phone, the post leaves, and the client withdraws it."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.journeys.conftest import Live, sign_in
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
    asked = len(live.mails(CLIENT))
    ines.get_by_role("button", name="Envoyer un nouveau lien").click()
    expect(ines.get_by_text("Un nouveau lien est en route")).to_be_visible()
    assert obstacles(ines, colours=True) == []

    phone = person(width=390, height=844, dark=True)
    mail = next(each for each in live.mails(CLIENT, at_least=asked + 1) if "/connect/" in each["text"])
    _open_with_a_code(phone, live, link_of(mail, "/connect/"))
    loaded: list[int] = []
    phone.on("response", lambda answer: loaded.append(len(answer.body())) if answer.status == 200 else None)
    phone.reload()
    assert obstacles(phone, colours=True) == []
    assert 0 < sum(loaded) < LIGHT
    _give(phone, "http://localhost:1", "mauvais")
    expect(phone.locator("[name=handle]")).to_have_value("traversees-lagon.example.com")
    assert "mauvais" not in phone.content()
    _give(phone, f"http://localhost:{provider_port}", PASSWORD)
    expect(phone.get_by_role("heading", name="est connecté")).to_be_visible()
    assert obstacles(phone, colours=True) == []

    told = live.mails("ines.caradec@example.org")[0]
    assert "est connecté" in told["subject"] or _comes(live, "ines.caradec@example.org", "est connecté")
    _its_day_comes(live)
    _until(lambda: any("Pendant la saison" in str(each) for each in pds.effects.all()))
    assert len(pds.effects.all()) == 1
    ines.goto(f"{HERE}/channels")
    expect(ines.get_by_role("link", name=MOCKUP)).to_be_visible()
    expect(ines.get_by_text("Connecté", exact=True)).to_be_visible()

    given = _comes(live, CLIENT, "Vous avez connecté")
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
    phone.get_by_role("button", name="M’envoyer un code").click()
    mail = _comes(live, CLIENT, "code")
    found = re.search(r"\d{6}", mail["subject"])
    assert found
    phone.locator("[name=code]").fill(found[0])
    phone.get_by_role("button", name="Continuer").click()
    expect(phone.get_by_text("Ce que vous donnez")).to_be_visible()


def _give(phone: Page, service: str, password: str) -> None:
    phone.locator("[name=app_password]").fill(password)
    phone.locator("[name=service]").fill(service)
    phone.get_by_role("button", name="Connecter").click()
    phone.wait_for_load_state()


def _comes(live: Live, to: str, words: str) -> dict[str, str]:
    """Return the newest mail whose subject has these words, once it is there."""
    _until(lambda: any(words in each["subject"] for each in live.mails(to)))
    return next(each for each in live.mails(to) if words in each["subject"])


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


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
