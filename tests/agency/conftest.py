"""Members' browsers over HTTPS, and the invitations as the worker would send them."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from support.world import World

from tenants.members import Invitation, Membership
from unisson.agency import invitations
from unisson.runtime import Runtime


class Browser(FlaskClient):
    """A browser on HTTPS, at an address of its own, so that one test's tries do not count for another."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.address = ".".join(["10", *(str(secrets.randbelow(250)) for _ in range(3))])

    def open(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        kwargs.setdefault("environ_overrides", {"REMOTE_ADDR": self.address})
        return super().open(*args, **kwargs)

    def session_transaction(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("base_url", "https://localhost")
        return super().session_transaction(*args, **kwargs)


@pytest.fixture
def new_browser(app: Flask) -> Callable[[], Browser]:
    """Make browsers."""
    return lambda: Browser(app, app.response_class, use_cookies=True)


@pytest.fixture
def as_(new_browser: Callable[[], Browser], world: World) -> Callable[[str], Browser]:
    """Make the browser of the person with a role."""
    return lambda role: world.sign_in(new_browser(), role)


@pytest.fixture
def send_invitation(worker: Runtime) -> Callable[[World, str], str]:
    """Send the newest invitation of an address as the worker does, and return the token of its link."""

    def send(world: World, email: str) -> str:
        with worker.database.agency(world.agency_id) as session:
            newest = session.scalars(
                select(Invitation)
                .join(Membership, Membership.id == Invitation.membership_id)
                .where(Membership.email == email)
                .order_by(Invitation.id.desc())
                .limit(1)
            ).one()
            return invitations.mint(session, newest)

    return send
