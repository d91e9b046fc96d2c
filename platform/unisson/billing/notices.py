"""Telling an agency's owners and administrators of each step towards being closed, once."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.members import Membership
from tenants.permissions import AGENCY_ROLE_PERMISSIONS, AgencyRole, Permission
from tenants.session import TenantSession
from unisson.billing.models import BillingNotice
from unisson.billing.standing import Step
from unisson.notifications.letters import write


def tell(session: TenantSession, step: Step, closes_at: datetime) -> int:
    """Write to those who see the billing of the step, unless they were told of it; return to how many."""
    row = {"agency_id": session.agency_id, "id": new_id(), "step": step.value, "closes_at": closes_at}
    fresh = session.execute(insert(BillingNotice).values(row).on_conflict_do_nothing().returning(BillingNotice.id))
    if fresh.first() is None:
        return 0
    people = payers(session)
    for person in people:
        write(session, person.id, "billing", {"step": step.value, "closes_at": closes_at.isoformat()})
    return len(people)


def first_told(session: TenantSession, closes_at: datetime | None) -> datetime | None:
    """Return when the agency's people were first told of the lapse that closes then; None for not yet."""
    return session.scalar(select(func.min(BillingNotice.told_at)).where(BillingNotice.closes_at == closes_at))


def payers(session: TenantSession) -> Sequence[Membership]:
    """Return who sees the agency's billing, by name."""
    roles = [role for role in AgencyRole if Permission.AGENCY_BILLING in AGENCY_ROLE_PERMISSIONS[role]]
    return session.scalars(
        select(Membership)
        .where(
            Membership.agency_role.in_([role.value for role in roles]),
            Membership.removed_at.is_(None),
            Membership.joined_at.is_not(None),
        )
        .order_by(Membership.name, Membership.id)
    ).all()
