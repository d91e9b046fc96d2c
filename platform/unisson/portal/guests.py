"""Who stands at a link's door: its addressee on a browser that is theirs, or somebody who must show a code first."""

import uuid
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole
from tenants.session import TenantSession
from unisson.approvals import links
from unisson.approvals.models import ApprovalLink
from unisson.portal import codes
from unisson.portal.models import LinkDevice
from unisson.vault import token_hash
from unisson.web.i18n import lazy

NOBODY = uuid.UUID(int=0)

EXPIRED = lazy("This link has expired. Nothing was decided with it.")
REVOKED = lazy("The agency withdrew this link: it opens nothing any more.")
OVER = lazy("What you were asked is decided, or somebody else decides. If anything new comes, you get another mail.")


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who reads and decides for a brand; by a personal link, on a known browser, unless they signed in."""

    actor: Actor
    person: Membership
    brand: Brand
    link: ApprovalLink | None = None
    device: LinkDevice | None = None

    @property
    def is_stranger(self) -> bool:
        """Whether they hold no role here: a chain asks them by their address."""
        return self.actor.agency_role is AgencyRole.MEMBER and not self.actor.brand_roles.get(self.brand.id)

    @property
    def signs_as(self) -> str:
        """Return the name that their next decision is signed with, unless they type another."""
        return (self.device.typed_name if self.device else "") or self.person.name


@dataclass(frozen=True, slots=True)
class Door:
    """A link that somebody follows. `why_shut` is the sentence to say where it opens nothing; it may be `renewed`."""

    link: ApprovalLink
    person: Membership
    brand: Brand
    why_shut: object = None
    may_be_renewed: bool = False


def door(session: TenantSession, token: str) -> Door:
    """Return what the token opens, open or shut. Raises NotFoundError for one that never opened anything."""
    found = session.execute(_DOOR, {"held": token_hash(token)}).one_or_none()
    if found is None:
        raise NotFoundError
    link, person, brand = session.hold(found[0]), session.hold(found[1]), session.hold(found[2])
    if brand.archived_at is not None or person.removed_at is not None or link.revoked_at is not None:
        return Door(link, person, brand, why_shut=REVOKED)
    if not links.serves(session, link, person):
        return Door(link, person, brand, why_shut=OVER)
    if link.expires_at <= utcnow():
        return Door(link, person, brand, why_shut=EXPIRED, may_be_renewed=True)
    return Door(link, person, brand)


_DOOR = (
    select(ApprovalLink, Membership, Brand)
    .join(Membership, (Membership.agency_id == ApprovalLink.agency_id) & (Membership.id == ApprovalLink.membership_id))
    .join(Brand, (Brand.agency_id == ApprovalLink.agency_id) & (Brand.id == ApprovalLink.brand_id))
    .where(ApprovalLink.token_hash == bindparam("held"))
)


def enter(session: TenantSession, opened: Door, cookie: str | None, signed_in: uuid.UUID | None) -> Guest | None:
    """Return the addressee, if this browser is known to be theirs or they are signed in; else None.

    `cookie` is the browser's token, `signed_in` the identity of whoever is signed in, if anybody.
    """
    device = codes.device_of(session, opened.person.id, cookie)
    is_theirs = signed_in is not None and signed_in == opened.person.identity_id
    if device is None and not is_theirs:
        return None
    return Guest(actor_of(session, opened.person), opened.person, opened.brand, opened.link, device)


def member(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Guest:
    """Return a signed-in member at the portal of a brand that they see. Raises NotFoundError."""
    if not actor.sees_brand(brand_id):
        raise NotFoundError
    person = session.get_one(Membership, (session.agency_id, actor.membership_id))
    return Guest(actor, person, session.get_one(Brand, (session.agency_id, brand_id)))


def actor_of(session: TenantSession, person: Membership) -> Actor:
    """Return what a person is here, whether or not they have an account."""
    roles: dict[uuid.UUID, frozenset[BrandRole]] = {}
    held = select(BrandAssignment.brand_id, BrandAssignment.role).where(BrandAssignment.membership_id == person.id)
    for brand_id, role in session.execute(held):
        roles[brand_id] = roles.get(brand_id, frozenset()) | {BrandRole(role)}
    return Actor(
        agency_id=session.agency_id,
        membership_id=person.id,
        identity_id=person.identity_id or NOBODY,
        name=person.name,
        email=person.email,
        agency_role=AgencyRole(person.agency_role),
        brand_roles=roles,
    )
