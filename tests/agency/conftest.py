"""Members' browsers over HTTPS, and the invitations as the worker would send them."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from support.world import World

from tenants.members import Invitation, Membership
from unisson.agency import invitations
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
