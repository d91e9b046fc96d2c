"""Members' browsers over HTTPS, and the invitations as the worker would send them."""

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import select
from standins.names import StandInNames
from support.world import World

from tenants.members import Invitation, Membership
from unisson.agency import invitations
from unisson.app import create_app
from unisson.runtime import Runtime


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


@pytest.fixture
def names() -> Iterator[StandInNames]:
    server = StandInNames()
    yield server
    server.stop()


@pytest.fixture
def asking(runtime: Runtime, names: StandInNames) -> Flask:
    """The product, asking the stand-in."""
    asking = dataclasses.replace(runtime.settings, dns_server=names.address)
    made = create_app(runtime=dataclasses.replace(runtime, settings=asking))
    made.config["WTF_CSRF_ENABLED"] = False
    return made
