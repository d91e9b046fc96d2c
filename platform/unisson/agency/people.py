"""Whom somebody sees in an agency: everybody for its staff, those of one's own brands for a client."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import aliased

from tenants.access import Actor
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole
from tenants.session import TenantSession


@dataclass(frozen=True, slots=True)
class RoleLine:
    """One role on one brand."""

    assignment_id: uuid.UUID
    brand_id: uuid.UUID
    brand_slug: str
    brand_name: str
    accent: str
    role: BrandRole


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person as a list shows them, with the roles that its reader may know of."""

    id: uuid.UUID
    name: str
    email: str
    agency_role: AgencyRole
    has_joined: bool
    roles: list[RoleLine] = field(default_factory=list)


_ROLE = aliased(BrandAssignment)
_PEOPLE = (
    select(
        Membership.id, Membership.name, Membership.email, Membership.agency_role,
        Membership.joined_at.is_not(None).label("has_joined"),
        _ROLE.id.label("assignment_id"), _ROLE.role, Brand.id.label("brand_id"), Brand.slug.label("brand_slug"),
        Brand.name.label("brand_name"), Brand.accent,
    )
    .outerjoin(_ROLE, (_ROLE.agency_id == Membership.agency_id) & (_ROLE.membership_id == Membership.id))
    .outerjoin(
        Brand, (Brand.agency_id == _ROLE.agency_id) & (Brand.id == _ROLE.brand_id) & Brand.archived_at.is_(None)
    )
    .where(Membership.removed_at.is_(None))
    .order_by(Membership.name, Membership.id, Brand.name, _ROLE.role)
)  # fmt: skip


def people(session: TenantSession, actor: Actor, *, brand_id: uuid.UUID | None = None) -> Sequence[PersonLine]:
    """Return the people that the actor sees, by name; of one brand when `brand_id` is given."""
    lines: dict[uuid.UUID, PersonLine] = {}
    for row in session.execute(_PEOPLE):
        line = lines.setdefault(
            row.id, PersonLine(row.id, row.name, row.email, AgencyRole(row.agency_role), row.has_joined)
        )
        if row.brand_id is not None and actor.sees_brand(row.brand_id) and brand_id in {None, row.brand_id}:
            role = BrandRole(row.role)
            line.roles.append(
                RoleLine(row.assignment_id, row.brand_id, row.brand_slug, row.brand_name, row.accent, role)
            )
    everybody = brand_id is None and actor.sees_every_brand
    return [line for line in lines.values() if line.roles or everybody or _is_self(actor, line, brand_id)]


def _is_self(actor: Actor, line: PersonLine, brand_id: uuid.UUID | None) -> bool:
    return brand_id is None and line.id == actor.membership_id


def person_line(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> PersonLine | None:
    """Return one person as the actor sees them, or None."""
    return next((line for line in people(session, actor) if line.id == membership_id), None)


def can_see(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> bool:
    """Return whether the actor knows of this person: themselves, a brand in common, or everybody."""
    if actor.sees_every_brand or membership_id == actor.membership_id:
        return True
    theirs = session.scalars(select(BrandAssignment.brand_id).where(BrandAssignment.membership_id == membership_id))
    return any(actor.sees_brand(brand_id) for brand_id in theirs)
