"""A desk in a product that may reach the stand-in of a Bluesky server, and what a client's browser does there."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select, update
from support.desk import Desk

from tenants.base import new_id
from tenants.members import Membership
from tests.standins.pds import PASSWORD, StandInPds
from unisson.app import create_app
from unisson.granting import asking
from unisson.granting.models import ChannelAsk
from unisson.notifications.composing import compose
from unisson.notifications.models import Letter
from unisson.portal import codes
from unisson.portal.recognising import cookie_of
from unisson.publishing.models import Channel


@dataclass
class Table:
    """The desk, the server, and the verbs of a client's browser."""

    desk: Desk
    pds: StandInPds

    def mockup(self, handle: str = "marque.test", brand_id: uuid.UUID | None = None) -> uuid.UUID:
        with self.desk.session() as session:
            channel = Channel(
                id=new_id(), brand_id=brand_id or self.desk.world.brand_id, kind="bluesky", name="Le Bluesky",
                mockup=True, settings={"handle": handle} if handle else {},
            )  # fmt: skip
            session.add(channel)
            return channel.id

    def ask(self, channel_id: uuid.UUID | None, role: str = "client_contact") -> uuid.UUID:
        """Ask the person with this role; return the request."""
        actor, person = self.desk.actor("cm"), str(self.desk.world.people[role].membership_id)
        with self.desk.session() as session:
            return asking.ask(
                session, actor, self.desk.world.brand_id, person=person, email="", channel_id=channel_id,
                note="Merci d’avance.",
            ).id  # fmt: skip

    def token(self, ask_id: uuid.UUID) -> str:
        """A link as a mail of the request carries one now."""
        with self.desk.session() as session:
            return asking.mint(session, session.get_one(ChannelAsk, (session.agency_id, ask_id)))

    def known(self, ask_id: uuid.UUID, browser: str = "phone") -> None:
        """Have a browser be one that the addressee showed a code on."""
        if browser not in self.desk.browsers:
            self.desk.browsers[browser] = self.desk.app.test_client()
        with self.desk.session() as session:
            person_id = session.get_one(ChannelAsk, (session.agency_id, ask_id)).membership_id
            _device, secret = codes.trust(session, person_id, "a test")
        client = self.desk.browsers[browser]
        client.set_cookie(cookie_of(person_id), secret, domain="localhost", secure=True, httponly=True)

    def give(self, token: str, browser: str | None = "phone", **more: str):
        data = {"service": self.pds.url, "handle": "@marque.test", "app_password": PASSWORD, **more}
        return self.desk.post(browser, f"/connect/{token}/account", data)

    def channel(self, channel_id: uuid.UUID) -> Channel:
        with self.desk.session() as session:
            return session.get_one(Channel, (session.agency_id, channel_id))

    def row(self, ask_id: uuid.UUID) -> ChannelAsk:
        with self.desk.session() as session:
            return session.get_one(ChannelAsk, (session.agency_id, ask_id))

    def letters(self, kind: str) -> list[str]:
        """What the mails of a kind say, as they would leave now."""
        with self.desk.app.test_request_context(), self.desk.session() as session:
            found = session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.created_at)).all()
            ready = [compose(session, each, "http://localhost") for each in found]
            return [f"{each.words} to {each.reader.email}" for each in ready if each is not None]


@pytest.fixture
def table(desk: Desk, tmp_path: Path) -> Iterator[Table]:
    pds = StandInPds(tmp_path / "effects.jsonl")
    settings = replace(desk.runtime.settings, outbound_allow=("127.0.0.0/8", pds.http.place))
    app = create_app(runtime=replace(desk.runtime, settings=settings))
    app.config["WTF_CSRF_ENABLED"] = False
    desk.speak_english()
    with desk.session() as session:
        session.execute(update(Membership).values(language="en"))
    yield Table(Desk(app, desk.runtime, desk.world), pds)
    pds.close()
