"""A person with a password, their browsers, and the phone that makes their codes."""

import re
from datetime import UTC, datetime, timedelta

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from support.browser import Browser
from support.desk import HTTPS
from support.world import World

from tenants.identities import Identity, IdentityLetter
from unisson.identity.passkeys import Site
from unisson.identity.passwords import keeper
from unisson.runtime import Runtime

PASSWORD = "quatre bateaux rentrent au port 58"
SITE = Site("localhost", "http://localhost")


class Somebody:
    """A person with a password, their browser, and the phone that makes their codes."""

    def __init__(self, app: Flask, runtime: Runtime, world: World, role: str = "cm") -> None:
        self.app, self.runtime, self.world = app, runtime, world
        self.id, self.email = world.people[role].identity_id, world.people[role].email
        self.secret = ""
        with runtime.database.everywhere() as session:
            session.execute(
                update(Identity)
                .where(Identity.id == self.id)
                .values(password_hash=keeper(runtime.settings).hash(PASSWORD), language="en")
            )

    def browser(self) -> FlaskClient:
        return Browser(self.app, self.app.response_class, use_cookies=True)

    def sign_in(self, client: FlaskClient, to: str = "") -> str:
        """Type address and password; return where that leads."""
        typed = {"email": self.email, "password": PASSWORD, "next": to}
        answer = client.post("/sign-in", data=typed, base_url=HTTPS)
        assert answer.status_code == 303
        return answer.location

    def code(self, steps: int = 0) -> str:
        return pyotp.TOTP(self.secret).at(datetime.now(UTC) + timedelta(seconds=30 * steps))

    def turn_on(self, client: FlaskClient) -> list[str]:
        """Set it up through the pages; return the recovery codes."""
        assert client.post("/me/second-factor", base_url=HTTPS).status_code == 303
        page = client.get("/me/second-factor", base_url=HTTPS).text
        assert "<svg" in page
        self.secret = re.search(r'class="secret-key">([A-Z2-7]+)<', page)[1]
        for _half_minute_may_end_meanwhile in range(2):
            shown = client.post("/me/second-factor/confirmation", data={"code": self.code(-1)}, base_url=HTTPS)
            if shown.status_code == 200:
                break
        assert shown.status_code == 200
        return re.findall(r"<li><code>([A-Z2-7-]+)</code>", shown.text)

    def letters(self) -> list[str]:
        """Return what was written to them, oldest first."""
        with self.runtime.database.everywhere() as session:
            wanted = select(IdentityLetter.purpose).where(IdentityLetter.identity_id == self.id)
            return list(session.scalars(wanted.order_by(IdentityLetter.created_at)))


def is_in(client: FlaskClient) -> bool:
    return client.get("/me", base_url=HTTPS).status_code == 200


def step(client: FlaskClient, code: str):
    return client.post("/sign-in/second-step", data={"code": code}, base_url=HTTPS, headers={"Accept-Language": "en"})
