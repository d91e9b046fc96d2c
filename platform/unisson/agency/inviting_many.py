"""Inviting several people at once, all of them or none, with the same roles on the same brands."""

import uuid
from collections.abc import Sequence

from tenants.access import Actor
from tenants.errors import RefusedError
from tenants.members import Membership
from tenants.permissions import AgencyRole, BrandRole
from tenants.session import TenantSession
from unisson.agency.team import grant, invite
from unisson.publishing.subscribers import Entry
from unisson.web.i18n import lazy

MOST = 50
"""People that are invited at a time: an agency may send 200 invitations an hour."""
TOO_MANY = lazy("At most 50 people can be invited at a time. Nobody was invited.")


def invite_all(
    session: TenantSession,
    actor: Actor,
    people: Sequence[Entry],
    *,
    agency_role: AgencyRole,
    brand_ids: Sequence[uuid.UUID],
    brand_role: BrandRole | None,
) -> list[Membership]:
    """Return the memberships of the people, in their order, each with the roles; letters leave to who has not joined.

    The caller takes everything back when this raises: RefusedError, ForbiddenError, NotFoundError (see `invite`).
    """
    if len(people) > MOST:
        raise RefusedError(TOO_MANY, field="recipients")
    first, others = (brand_ids[0], brand_ids[1:]) if brand_ids else (None, ())
    made = []
    for each in people:
        membership = invite(
            session,
            actor,
            email=each.email,
            name=each.name or each.email.partition("@")[0],
            agency_role=agency_role,
            brand_id=first,
            brand_role=brand_role if first else None,
        )
        if brand_role is not None:
            for brand_id in others:
                grant(session, actor, membership.id, brand_id, brand_role)
        made.append(membership)
    return made
