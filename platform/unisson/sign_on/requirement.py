"""Letting the agency's own people in by its provider alone, and those owners who may always use their password.

Clients are not concerned: they have no account at the agency's provider.
"""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.identities import Identity
from tenants.members import Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.sign_on.providers import providers_of
from unisson.web.i18n import lazy

NO_PROVIDER = lazy("Add a provider first, or turn one on.")
PROVE_FIRST = lazy("Come in by the provider yourself first, in this browser: then you know that it lets you in.")
NOBODY_LEFT = lazy(
    "Choose at least one owner who may always use their password: on the day that the provider is down, nobody else"
    " gets in to change this."
)


def owners_with_password(session: TenantSession) -> Sequence[Membership]:
    """Return the owners whom a password lets in, by name."""
    return session.scalars(
        select(Membership)
        .join(Identity, Identity.id == Membership.identity_id)
        .where(
            Membership.agency_role == AgencyRole.OWNER.value,
            Membership.joined_at.is_not(None),
            Membership.removed_at.is_(None),
            Identity.password_hash.is_not(None),
            Identity.disabled_at.is_(None),
        )
        .order_by(Membership.name, Membership.id)
    ).all()


def require(session: TenantSession, actor: Actor, keyholders: Collection[uuid.UUID], *, came_in: bool) -> None:
    """Let the agency's people in by its provider alone, but for these owners. Done again, it changes who they are.

    `came_in`: whether the actor came in by it. Raises ForbiddenError, RefusedError where somebody would be shut out.
    """
    actor.require(Permission.AGENCY_SIGN_ON)
    agency = session.scalars(select(Agency).with_for_update()).one()
    if not providers_of(session, only_on=True):
        raise RefusedError(NO_PROVIDER)
    chosen = {owner.id for owner in owners_with_password(session)} & set(keyholders)
    if not chosen:
        raise RefusedError(NOBODY_LEFT, field="keyholders")
    if not came_in and actor.membership_id not in chosen:
        raise RefusedError(PROVE_FIRST)
    _entrust(session, chosen)
    if agency.sign_on_from is None:
        agency.sign_on_from = utcnow()
    record(session, actor, "sign_on.required", "agency", session.agency_id, keyholders=sorted(map(str, chosen)))


def _entrust(session: TenantSession, chosen: Collection[uuid.UUID]) -> None:
    session.execute(
        update(Membership)
        .where(Membership.breaks_glass != Membership.id.in_(chosen))
        .values(breaks_glass=Membership.id.in_(chosen))
        .execution_options(synchronize_session="fetch")
    )


def release(session: TenantSession, actor: Actor) -> None:
    """Let passwords in again. Raises ForbiddenError."""
    actor.require(Permission.AGENCY_SIGN_ON)
    agency = session.scalars(select(Agency).with_for_update()).one()
    agency.sign_on_from = None
    _entrust(session, ())
    record(session, actor, "sign_on.left", "agency", session.agency_id)


def is_required(session: TenantSession) -> bool:
    """Return whether the agency's people come in by its provider alone."""
    return session.scalar(select(func.count()).where(Agency.sign_on_from.is_not(None))) == 1
