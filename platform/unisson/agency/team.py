"""Who belongs to the agency, and as what. Roles are read at each request, so a change counts at once."""

import uuid

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from tenants.identities import Identity, Seat
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency import invitations
from unisson.agency.people import can_see
from unisson.approvals.asking import ask_again, brands_waiting_on
from unisson.identity import sign_ins
from unisson.web.i18n import lazy

LAST_KEYHOLDER = lazy(
    "This is the only owner who may always use their password, and your people come in by the provider alone. Choose"
    " another one first, in the settings of the sign-in."
)
LAST_OWNER = lazy("An agency needs an owner. Make somebody else an owner first.")
OWNERS_ONLY = lazy("Only an owner can make somebody an owner, or change what an owner is.")
JOINED = lazy("This person has joined already; there is nothing to send.")
CONFIRM_FIRST = lazy("Confirm your own e-mail address first: the link is in the mail that we sent you.")
ROLE_FIRST = lazy("Choose a role in the agency, or a brand and a role there.")


def invite(
    session: TenantSession,
    actor: Actor,
    *,
    email: str,
    name: str,
    agency_role: AgencyRole = AgencyRole.MEMBER,
    brand_id: uuid.UUID | None = None,
    brand_role: BrandRole | None = None,
) -> Membership:
    """Return the person's membership, with the role added; a letter leaves unless they have joined already.

    `email` is canonical (`identity.addresses`). Inviting the same person again adds the role and sends a new letter.
    Raises NotFoundError for a brand that the actor can't see, ForbiddenError, RefusedError.
    """
    _require(session, actor, agency_role, brand_id)
    _one_at_a_time(session)
    if agency_role is AgencyRole.MEMBER and not (brand_id and brand_role):
        raise RefusedError(ROLE_FIRST, field="brand_role")
    membership = _membership(session, email, name)
    if agency_role.value not in {AgencyRole.MEMBER.value, membership.agency_role}:
        _give_agency_role(session, actor, membership, agency_role)
    if brand_id and brand_role:
        _add_role(session, membership, brand_id, brand_role)
        ask_again(session, {brand_id})
    record(session, actor, "person.invited", "membership", membership.id, brand_id=brand_id, role=brand_role)
    if membership.joined_at is None:
        invitations.issue(session, membership.id, actor.membership_id)
    return membership


def know(
    session: TenantSession,
    actor: Actor,
    brand_id: uuid.UUID,
    *,
    email: str,
    name: str,
    asks_for: Permission = Permission.BRAND_TEAM,
) -> Membership:
    """Return the person of an address whom the brand asks for something: they need no role and no account.

    `email` is canonical; whoever has the permission `asks_for` may ask. Raises NotFoundError for a brand that the actor
    can't see, ForbiddenError, RefusedError.
    """
    _known_brand(session, actor, brand_id)
    actor.require(asks_for, brand_id)
    require_confirmed(session, actor)
    membership = _membership(session, email, name)
    record(session, actor, "person.named", "membership", membership.id, brand_id=brand_id)
    return membership


def _require(session: TenantSession, actor: Actor, agency_role: AgencyRole, brand_id: uuid.UUID | None) -> None:
    """An agency role asks for the agency's permission, a brand role for the brand's; both for one's own address."""
    if brand_id is not None:
        _known_brand(session, actor, brand_id)
        actor.require(Permission.BRAND_TEAM, brand_id)
    if brand_id is None or agency_role is not AgencyRole.MEMBER:
        actor.require(Permission.AGENCY_TEAM)
    if agency_role is AgencyRole.OWNER and actor.agency_role is not AgencyRole.OWNER:
        raise RefusedError(OWNERS_ONLY, field="agency_role")
    require_confirmed(session, actor)


def require_confirmed(session: TenantSession, actor: Actor) -> None:
    """Pass, or raise RefusedError: somebody whose own address is unconfirmed may not write to others in our name."""
    confirmed = session.scalar(select(Identity.email_verified_at).where(Identity.id == actor.identity_id))
    if confirmed is None:
        raise RefusedError(CONFIRM_FIRST)


def _known_brand(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> None:
    known = session.scalar(select(Brand.id).where(Brand.id == brand_id, Brand.archived_at.is_(None)))
    if known is None or not actor.sees_brand(brand_id):
        raise NotFoundError


def _membership(session: TenantSession, email: str, name: str) -> Membership:
    """Return the one membership of an address: new, as it was, or taken back without its former roles."""
    session.execute(
        insert(Membership)
        .values(agency_id=session.agency_id, email=email, name=name)
        .on_conflict_do_nothing(index_elements=["agency_id", "email"])
    )
    membership = session.scalars(select(Membership).where(Membership.email == email).with_for_update()).one()
    if membership.removed_at is not None:
        membership.removed_at = membership.joined_at = None
        membership.agency_role = AgencyRole.MEMBER.value
        membership.name = name
    session.flush()
    return membership


def _add_role(session: TenantSession, membership: Membership, brand_id: uuid.UUID, role: BrandRole) -> None:
    row = {"agency_id": session.agency_id, "membership_id": membership.id, "brand_id": brand_id, "role": role.value}
    session.execute(insert(BrandAssignment).values(row).on_conflict_do_nothing())


def person(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Return a person of the agency that the actor can see, locked for a change. Raises NotFoundError."""
    membership = session.scalars(
        select(Membership).where(Membership.id == membership_id, Membership.removed_at.is_(None)).with_for_update()
    ).first()
    if membership is None or not can_see(session, actor, membership_id):
        raise NotFoundError
    return membership


def change_role(session: TenantSession, actor: Actor, membership_id: uuid.UUID, role: AgencyRole) -> Membership:
    """Return the person with their new role in the agency; their other browsers are signed out.

    Raises NotFoundError, ForbiddenError, RefusedError (the last owner stays one).
    """
    _one_at_a_time(session)
    membership = person(session, actor, membership_id)
    actor.require(Permission.AGENCY_TEAM)
    if membership.agency_role != role.value:
        _give_agency_role(session, actor, membership, role)
        record(session, actor, "person.role_changed", "membership", membership.id, role=role.value)
    return membership


def _give_agency_role(session: TenantSession, actor: Actor, membership: Membership, role: AgencyRole) -> None:
    touches_owner = AgencyRole.OWNER.value in {membership.agency_role, role.value}
    if touches_owner and actor.agency_role is not AgencyRole.OWNER:
        raise RefusedError(OWNERS_ONLY, field="agency_role")
    if membership.agency_role == AgencyRole.OWNER.value and role is not AgencyRole.OWNER:
        _keep_an_owner(session, membership.id)
        membership.breaks_glass = False
    membership.agency_role = role.value
    session.flush()
    ask_again(session, brands_waiting_on(session, membership.id))
    _sign_out(session, actor, membership)


def _one_at_a_time(session: TenantSession) -> None:
    """Who is what in the agency changes one at a time, so that two owners can't leave in the same instant."""
    session.execute(select(Agency.agency_id).with_for_update())


def _keep_an_owner(session: TenantSession, leaving: uuid.UUID) -> None:
    others = session.scalars(
        select(Membership.id).where(
            Membership.agency_role == AgencyRole.OWNER.value,
            Membership.removed_at.is_(None),
            Membership.joined_at.is_not(None),
            Membership.id != leaving,
        )
    )
    if others.first() is None:
        raise RefusedError(LAST_OWNER)
    _keep_a_keyholder(session, leaving)


def _keep_a_keyholder(session: TenantSession, leaving: uuid.UUID) -> None:
    """While the agency lets people in by its provider alone, one owner stays whom a password lets in."""
    if session.scalar(select(Agency.sign_on_from)) is None:
        return
    keyholders = session.scalars(
        select(Membership.id).where(Membership.breaks_glass, Membership.removed_at.is_(None))
    ).all()
    if leaving in keyholders and len(keyholders) == 1:
        raise RefusedError(LAST_KEYHOLDER)


def _sign_out(session: TenantSession, actor: Actor, membership: Membership) -> None:
    """No cookie of before carries what somebody is now; the actor's own is renewed by the page."""
    if membership.identity_id is not None and membership.identity_id != actor.identity_id:
        sign_ins.end_all(session, membership.identity_id)


def grant(
    session: TenantSession, actor: Actor, membership_id: uuid.UUID, brand_id: uuid.UUID, role: BrandRole
) -> Membership:
    """Return the person with a further role on a brand. Raises NotFoundError, ForbiddenError."""
    membership = person(session, actor, membership_id)
    _known_brand(session, actor, brand_id)
    actor.require(Permission.BRAND_TEAM, brand_id)
    _add_role(session, membership, brand_id, role)
    ask_again(session, {brand_id})
    record(session, actor, "person.role_given", "membership", membership.id, brand_id=brand_id, role=role.value)
    return membership


def withdraw(session: TenantSession, actor: Actor, membership_id: uuid.UUID, assignment_id: uuid.UUID) -> Membership:
    """Return the person without that role on that brand; their browsers are signed out.

    Raises NotFoundError, ForbiddenError.
    """
    membership = person(session, actor, membership_id)
    assignment = session.scalars(
        select(BrandAssignment).where(
            BrandAssignment.id == assignment_id, BrandAssignment.membership_id == membership_id
        )
    ).first()
    if assignment is None:
        raise NotFoundError
    actor.require(Permission.BRAND_TEAM, assignment.brand_id)
    session.delete(assignment)
    session.flush()
    ask_again(session, {assignment.brand_id})
    _sign_out(session, actor, membership)
    record(
        session, actor, "person.role_withdrawn", "membership", membership.id,
        brand_id=assignment.brand_id, role=assignment.role,
    )  # fmt: skip
    return membership


def remove(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> None:
    """Take the person out of the agency; what they wrote and decided stays, under their name.

    Raises NotFoundError, ForbiddenError, RefusedError (the last owner stays).
    """
    _one_at_a_time(session)
    membership = person(session, actor, membership_id)
    actor.require(Permission.AGENCY_TEAM)
    if membership.agency_role == AgencyRole.OWNER.value:
        if actor.agency_role is not AgencyRole.OWNER:
            raise ForbiddenError(Permission.AGENCY_TEAM)
        _keep_an_owner(session, membership.id)
    let_go(session, membership)
    record(session, actor, "person.removed", "membership", membership.id)


def is_last_owner(session: TenantSession, membership: Membership) -> bool:
    """Return whether the agency would be without an owner; nobody else's place changes in this transaction."""
    _one_at_a_time(session)
    if membership.agency_role != AgencyRole.OWNER.value or membership.removed_at is not None:
        return False
    try:
        _keep_an_owner(session, membership.id)
    except RefusedError:
        return True
    return False


def let_go(session: TenantSession, membership: Membership) -> None:
    """End what the person may do here, and ask others for what waited on them."""
    invitations.revoke(session, membership.id)
    waited = brands_waiting_on(session, membership.id)
    session.execute(delete(BrandAssignment).where(BrandAssignment.membership_id == membership.id))
    if membership.identity_id is not None:
        session.execute(
            delete(Seat).where(Seat.identity_id == membership.identity_id, Seat.agency_id == session.agency_id)
        )
    membership.removed_at = utcnow()
    membership.joined_at = None
    membership.breaks_glass = False
    session.flush()
    ask_again(session, waited)


def resend(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Send the person a new invitation; the earlier one ends. Raises NotFoundError, ForbiddenError, RefusedError."""
    membership = person(session, actor, membership_id)
    _require_invited(session, actor, membership)
    require_confirmed(session, actor)
    invitations.issue(session, membership.id, actor.membership_id)
    record(session, actor, "person.invited", "membership", membership.id)
    return membership


def _require_invited(session: TenantSession, actor: Actor, membership: Membership) -> None:
    """Who may invite to the agency, or to a brand that the person is for, may send or withdraw the invitation."""
    brands = session.scalars(select(BrandAssignment.brand_id).where(BrandAssignment.membership_id == membership.id))
    if not any(actor.may(Permission.BRAND_TEAM, brand_id) for brand_id in brands):
        actor.require(Permission.AGENCY_TEAM)
    if membership.joined_at is not None:
        raise RefusedError(JOINED)


def revoke_invitation(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Withdraw the pending invitation. The person keeps their roles: a client may go on deciding from links.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    membership = person(session, actor, membership_id)
    _require_invited(session, actor, membership)
    invitations.revoke(session, membership.id)
    record(session, actor, "invitation.revoked", "membership", membership.id)
    return membership
