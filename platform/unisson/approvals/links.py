"""Personal links: one person of a brand reads and decides without an account. GET shows, only POST decides.

A link is random (256 bits), kept as its hash, expiring and revocable. Each mail carries one of its own; every one of
them opens all that waits on its addressee for the brand. What is decided is bound to bytes by the decision itself.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Uuid, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, AgencyRole, Permission
from tenants.session import TenantSession
from tenants.wire import Command
from unisson.activity.trail import record
from unisson.approvals.models import ApprovalLink, ApprovalRun, Decision, Side, Wait
from unisson.editorial.models import Content
from unisson.notifications.letters import write
from unisson.vault import new_token, token_hash

LIFETIME = timedelta(days=30)
"""How long a link opens: longer than contents are planned ahead, shorter than a mailbox is forgotten."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Somebody whom a content waits on, or who decided on it, by a link: their newest one, None before it is mailed."""

    person: Membership
    link: ApprovalLink | None


def mint(session: TenantSession, membership_id: uuid.UUID, brand_id: uuid.UUID) -> tuple[ApprovalLink, str]:
    """Return a new link and the token that opens it, which is nowhere else but in the mail that is being written."""
    token = new_token()
    link = ApprovalLink(
        membership_id=membership_id, brand_id=brand_id, token_hash=token_hash(token), expires_at=utcnow() + LIFETIME
    )
    session.add(link)
    session.flush()
    return link, token


def find(session: TenantSession, token: str) -> ApprovalLink:
    """Return the link that a token opens or opened. Raises NotFoundError."""
    link = session.scalars(select(ApprovalLink).where(ApprovalLink.token_hash == token_hash(token))).one_or_none()
    if link is None:
        raise NotFoundError
    return link


def seen(link: ApprovalLink) -> None:
    """Note that somebody opened the link."""
    if link.first_seen_at is None:
        link.first_seen_at = utcnow()


SEEN = Command(
    update(ApprovalLink)
    .where(ApprovalLink.id == bindparam("link", type_=Uuid), ApprovalLink.first_seen_at.is_(None))
    .values(first_seen_at=func.clock_timestamp())
)
"""The same, of the link with this id."""


def serves(session: TenantSession, link: ApprovalLink, person: Membership) -> bool:
    """Return whether the link is for somebody who has to do with the brand now: its people, and whoever is asked."""
    if person.removed_at is not None or link.revoked_at is not None:
        return False
    held = select(BrandAssignment.id).where(
        BrandAssignment.membership_id == person.id,
        BrandAssignment.brand_id == link.brand_id,
        BrandAssignment.role.in_(CLIENT_SIDE),
    )
    asked = select(Wait.id).where(Wait.membership_id == person.id, Wait.brand_id == link.brand_id)
    return session.scalar(select(or_(held.exists(), asked.exists()))) or False


def revoke(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> ApprovalLink:
    """Make every link of this addressee for the brand open nothing any more. Raises NotFoundError, ForbiddenError."""
    link = _managed(session, actor, link_id)
    _revoke_all(session, link)
    record(session, actor, "link.revoked", "membership", link.membership_id, brand_id=link.brand_id)
    return link


def renew(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> ApprovalLink:
    """Mail the addressee a new link; the old ones open nothing any more. Raises NotFoundError, ForbiddenError."""
    link = _managed(session, actor, link_id)
    _revoke_all(session, link)
    record(session, actor, "link.renewed", "membership", link.membership_id, brand_id=link.brand_id)
    send(session, link.membership_id, link.brand_id)
    return link


def send(session: TenantSession, membership_id: uuid.UUID, brand_id: uuid.UUID) -> None:
    """Mail a person a link of their own, whatever waits on them."""
    write(session, membership_id, "portal_link", {"brand_id": str(brand_id)})


def addressees_of(session: TenantSession, content: Content) -> Sequence[Addressee]:
    """Return the client's people whom the content waits on or who decided by a link, by name, in one statement."""
    asked = select(Wait.membership_id).where(Wait.content_id == content.id, Wait.side == Side.CLIENT.value)
    decided = (
        select(Decision.membership_id)
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .where(ApprovalRun.content_id == content.id, Decision.link_id.is_not(None))
    )
    newest = (
        select(ApprovalLink)
        .where(ApprovalLink.brand_id == content.brand_id)
        .ext(distinct_on(ApprovalLink.membership_id))
        .order_by(ApprovalLink.membership_id, ApprovalLink.created_at.desc())
        .subquery()
    )
    link = aliased(ApprovalLink, newest)
    rows = session.execute(
        select(Membership, link)
        .outerjoin(link, (link.agency_id == Membership.agency_id) & (link.membership_id == Membership.id))
        .where(
            or_(Membership.id.in_(asked), Membership.id.in_(decided)),
            Membership.agency_role == AgencyRole.MEMBER.value,
        )
        .order_by(func.lower(Membership.name), Membership.id)
    )
    return [Addressee(row[0], row[1]) for row in rows]


def links_used(session: TenantSession, content_id: uuid.UUID) -> Sequence[tuple[ApprovalLink, Membership]]:
    """Return the links by which somebody decided on the content, with their addressees, oldest first."""
    used = (
        select(Decision.link_id)
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .where(ApprovalRun.content_id == content_id, Decision.link_id.is_not(None))
    )
    rows = session.execute(
        select(ApprovalLink, Membership)
        .join(
            Membership, (Membership.agency_id == ApprovalLink.agency_id) & (Membership.id == ApprovalLink.membership_id)
        )
        .where(ApprovalLink.id.in_(used))
        .order_by(ApprovalLink.created_at, ApprovalLink.id)
    )
    return [(row[0], row[1]) for row in rows]


def _revoke_all(session: TenantSession, link: ApprovalLink) -> None:
    session.execute(
        update(ApprovalLink)
        .where(
            ApprovalLink.membership_id == link.membership_id,
            ApprovalLink.brand_id == link.brand_id,
            ApprovalLink.revoked_at.is_(None),
        )
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session="fetch")
    )


def _managed(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> ApprovalLink:
    link = session.get(ApprovalLink, (session.agency_id, link_id))
    if link is None:
        raise NotFoundError
    actor.require(Permission.LINK_MANAGE, link.brand_id)
    return link
