"""An agency and a provider of its own, and the product that may call it."""

import dataclasses
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from standins.names import StandInNames
from standins.oidc import SECRET, StandInProvider
from support.browser import Browser
from support.desk import HTTPS, Desk
from support.world import World
from werkzeug.test import TestResponse

from tenants.base import new_id
from tenants.identities import Identity, IdentityLink, SignIn
from unisson.app import create_app
from unisson.identity.passwords import keeper
from unisson.outbound import Outbound
from unisson.runtime import Runtime
from unisson.sign_on.models import IdentityProvider
from unisson.sign_on.providers import Asked, add_provider

PASSWORD = "quatre bateaux rentrent au port 58"


class English(Browser):
    """A browser of somebody who reads English."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("headers", {"Accept-Language": "en"})
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def listening() -> Iterator[StandInProvider]:
    provider = StandInProvider()
    with provider.http:
        yield provider


@pytest.fixture
def idp(listening: StandInProvider) -> StandInProvider:
    """The provider, honest again, with somebody whom nobody knows yet."""
    listening.begin_again(f"s-{uuid.uuid4().hex}")
    return listening


@pytest.fixture(scope="session")
def names() -> Iterator[StandInNames]:
    server = StandInNames()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def calling(runtime: Runtime, listening: StandInProvider, names: StandInNames) -> Flask:
    """The product, whose operator lets it call the provider on the loopback."""
    settings = dataclasses.replace(runtime.settings, outbound_allow=(listening.http.place,), dns_server=names.address)
    made = create_app(runtime=dataclasses.replace(runtime, settings=settings))
    made.config["WTF_CSRF_ENABLED"] = False
    made.test_client_class = English
    return made


@pytest.fixture
def desk(calling: Flask, runtime: Runtime, world: World) -> Desk:
    desk = Desk(calling, runtime, world)
    desk.speak_english()
    return desk


@dataclass
class SignOn:
    """What a test of the sign-on plays with."""

    desk: Desk
    idp: StandInProvider
    provider_id: uuid.UUID

    def path(self, rest: str = "") -> str:
        return self.desk.path(f"/sign-on{rest}")

    def identity(self, role: str) -> uuid.UUID:
        return self.desk.world.people[role].identity_id

    def go(self, client: FlaskClient, address: str) -> str:
        """Go where the product sends a browser to the provider; return that address."""
        answer = client.get(address, base_url=HTTPS)
        location = answer.location or answer.headers["Refresh"].removeprefix("0; url=")
        assert location.startswith(f"{self.idp.issuer}/authorize?")
        return location

    def enter(self, client: FlaskClient | None = None, to: str = "", **more: str) -> TestResponse:
        """Come in by the provider; return the answer to coming back."""
        browser = client or self.desk.app.test_client()
        address = self.path(f"/{self.provider_id}") + (f"?next={to}" if to else "")
        return browser.get(self.idp.consent(self.go(browser, address), **more), base_url=HTTPS)

    def link(self, role: str) -> None:
        """Link somebody to whom the provider knows, by the pages."""
        browser = self.desk.browser(role)
        came = browser.get(
            self.idp.consent(self.go(browser, self.path(f"/{self.provider_id}/linking"))), base_url=HTTPS
        )
        assert came.location.endswith("/sign-on/link"), came.location
        assert browser.post(came.location, base_url=HTTPS).status_code == 303

    def links(self) -> list[uuid.UUID]:
        """Who is linked to whom the provider knows."""
        with self.desk.runtime.database.everywhere() as session:
            wanted = select(IdentityLink.identity_id).where(
                IdentityLink.issuer == self.idp.issuer, IdentityLink.subject == self.idp.subject
            )
            return list(session.scalars(wanted))

    def sign_ins(self, identity_id: uuid.UUID) -> int:
        with self.desk.runtime.database.everywhere() as session:
            return len(session.scalars(select(SignIn.id).where(SignIn.identity_id == identity_id)).all())

    def give_password(self, role: str) -> None:
        with self.desk.runtime.database.everywhere() as session:
            hashed = keeper(self.desk.runtime.settings).hash(PASSWORD)
            session.execute(update(Identity).where(Identity.id == self.identity(role)).values(password_hash=hashed))

    def by_password(self, role: str) -> FlaskClient:
        """A browser where somebody typed their password."""
        browser = self.desk.app.test_client()
        typed = {"email": self.desk.world.people[role].email, "password": PASSWORD}
        assert browser.post("/sign-in", data=typed, base_url=HTTPS).status_code == 303
        return browser


@pytest.fixture
def sign_on(desk: Desk, idp: StandInProvider) -> SignOn:
    """The provider, in the agency's list."""
    asked = Asked(kind="other", name="Le portail", address=idp.issuer, client_id="unisson", secret=SECRET)
    actor = desk.actor("owner")
    with desk.session() as session:
        added = add_provider(
            session, actor, asked, outbound=Outbound([idp.http.place]), vault=desk.runtime.vault, provider_id=new_id()
        )
        return SignOn(desk, idp, added.id)


def provider_of(desk: Desk, provider_id: uuid.UUID) -> IdentityProvider | None:
    with desk.session() as session:
        return session.get(IdentityProvider, (session.agency_id, provider_id))
