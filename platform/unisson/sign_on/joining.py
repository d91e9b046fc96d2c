"""Becoming a member as one first comes by the agency's provider, and what such a member may do.

Nobody who is known already is made anything by it, and no account is taken over: an address that has one is its
holder's to link, from their own session.
"""

import uuid

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import Identity, IdentityLink, Seat
from tenants.members import BrandAssignment, Membership
from tenants.permissions import BrandRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency import invitations
from unisson.approvals.asking import ask_again
from unisson.identity.addresses import canonical
from unisson.sign_on.exchange import Vouched
from unisson.sign_on.links import UNKNOWN
from unisson.sign_on.mail_domains import is_held
from unisson.sign_on.models import JOINING_ROLES, IdentityProvider
from unisson.sign_on.providers import locked
from unisson.web.forms import one_line
from unisson.web.i18n import lazy

HAS_ACCOUNT = lazy(
    "There is an account with your address here already. Sign in to it as you did before, then link this one on “My"
    " account”: nobody else can do that for you."
)
NOT_ANY_MORE = lazy("You were a member of this agency, and are none any more. Ask it for an invitation.")
AT_ONCE = lazy("The same was done twice at once. Nothing was changed by this one: begin again.")
BRAND_FIRST = lazy("Choose a brand and a role there: a member without a brand would see nothing.")
_LONGEST = 120  # characters of a name


def set_joining(
    session: TenantSession,
    actor: Actor,
    provider_id: uuid.UUID,
    *,
    joining: bool,
    role: str,
    brand_id: uuid.UUID | None,
    brand_role: BrandRole | None,
) -> IdentityProvider:
    """Return the provider, by which people become members from now on, as what is given, or no longer.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    found = locked(session, actor, provider_id)
    actor.require(Permission.AGENCY_TEAM)
    if brand_id is not None and session.scalar(_living(brand_id)) is None:
        raise NotFoundError
    if role not in JOINING_ROLES or (joining and role == "member" and not (brand_id and brand_role)):
        raise RefusedError(BRAND_FIRST, field="brand")
    has_brand = brand_id is not None and brand_role is not None
    found.joining, found.joining_role = joining, role
    found.joining_brand_id = brand_id if has_brand else None
    found.joining_brand_role = brand_role.value if has_brand and brand_role else None
    verb = "sign_on.joining_on" if joining else "sign_on.joining_off"
    record(session, actor, verb, "agency", session.agency_id, issuer=found.issuer, role=role)
    return found


def _living(brand_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(Brand.id).where(Brand.id == brand_id, Brand.archived_at.is_(None))


def join(session: TenantSession, by: IdentityProvider, vouched: Vouched, language: str) -> uuid.UUID:
    """Return who has just become a member, linked to whom the provider vouches for: a new person, and nobody else.

    Raises RefusedError for whom the agency does not let join so.
    """
    email = _address(vouched.email)
    if not by.joining or not email or not is_held(session, email):
        raise RefusedError(UNKNOWN)
    membership = session.scalars(select(Membership).where(Membership.email == email).with_for_update()).first()
    if membership is not None and membership.removed_at is not None:
        raise RefusedError(NOT_ANY_MORE)
    is_known = session.scalar(select(Identity.id).where(Identity.email == email)) is not None
    if is_known or (membership is not None and membership.identity_id is not None):
        raise RefusedError(HAS_ACCOUNT)
    try:
        with session.begin_nested():
            return _join(session, by, vouched, membership, _person(vouched, email, language))
    except IntegrityError:  # of two at once, one was quicker
        raise RefusedError(AT_ONCE) from None


def _address(verified: str) -> str:
    try:
        return canonical(verified)
    except ValueError:
        return ""


def _person(vouched: Vouched, email: str, language: str) -> Identity:
    name = one_line(vouched.name)[:_LONGEST] or email.partition("@")[0][:_LONGEST]
    # The agency holds the domain, and its provider says that the address is theirs.
    return Identity(email=email, name=name, language=language, email_verified_at=utcnow())


def _join(
    session: TenantSession, by: IdentityProvider, vouched: Vouched, invited: Membership | None, person: Identity
) -> uuid.UUID:
    session.add(person)
    session.flush()
    session.add(
        IdentityLink(issuer=vouched.issuer, subject=vouched.subject, identity_id=person.id, email=vouched.shown or None)
    )
    membership = invited or Membership(email=person.email, name=person.name, agency_role=by.joining_role)
    membership.identity_id, membership.joined_at = person.id, utcnow()
    session.add(membership)
    session.flush()
    session.execute(insert(Seat).values(identity_id=person.id, agency_id=session.agency_id).on_conflict_do_nothing())
    if invited is not None:
        invitations.revoke(session, membership.id)
    _give_role(session, by, membership)
    record(
        session, None, "person.joined", "membership", membership.id,
        by=membership.name, by_id=membership.id, issuer=by.issuer,
    )  # fmt: skip
    return person.id


def _give_role(session: TenantSession, by: IdentityProvider, membership: Membership) -> None:
    brand_id = by.joining_brand_id
    if brand_id is None or session.scalar(_living(brand_id)) is None:
        return
    row = {
        "agency_id": session.agency_id, "membership_id": membership.id, "brand_id": brand_id,
        "role": by.joining_brand_role,
    }  # fmt: skip
    session.execute(insert(BrandAssignment).values(row).on_conflict_do_nothing())
    ask_again(session, {brand_id})
