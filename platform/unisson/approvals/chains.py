"""Who may decide in a stage, and the chain that a submission will follow."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from tenants.errors import RefusedError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import BrandRole
from tenants.session import TenantSession
from unisson.approvals.models import ApprovalPolicy, Stage
from unisson.web.i18n import lazy

CROSS = {"rp": "cm", "cm": "rp"}
"""Where nobody else holds one pole's role, the other pole decides: the two trades check each other."""

NOBODY = {
    "rp": lazy("Nobody else on this brand can approve as press officer. Invite one, then submit again."),
    "cm": lazy("Nobody else on this brand can approve as community manager. Invite one, then submit again."),
    "client_approver": lazy("This brand has no client approver yet. Invite one, then submit again."),
}
NO_CHAIN = lazy("This brand has no approval chain. Ask an administrator of the agency to set one.")


def approvers(session: TenantSession, brand_id: uuid.UUID, role: str) -> Sequence[Membership]:
    """Return the people who hold `role` on the brand, invited ones included, by name."""
    return session.scalars(
        select(Membership)
        .join(
            BrandAssignment,
            (BrandAssignment.agency_id == Membership.agency_id) & (BrandAssignment.membership_id == Membership.id),
        )
        .where(BrandAssignment.brand_id == brand_id, BrandAssignment.role == role, Membership.removed_at.is_(None))
        .order_by(Membership.name, Membership.id)
    ).all()


def stages_for(session: TenantSession, brand_id: uuid.UUID, own_work_of: frozenset[uuid.UUID]) -> list[str]:
    """Return the roles that decide, in order, for a content written or submitted by `own_work_of`.

    Nobody approves their own work: a pole that has nobody else is stood in for by the other one.
    Raises RefusedError, saying who is missing.
    """
    wanted = session.scalars(
        select(Stage.role)
        .join(ApprovalPolicy, (ApprovalPolicy.agency_id == Stage.agency_id) & (ApprovalPolicy.id == Stage.policy_id))
        .where(ApprovalPolicy.brand_id == brand_id)
        .order_by(Stage.position)
    ).all()
    if not wanted:
        raise RefusedError(NO_CHAIN)
    return [_role_with_somebody(session, brand_id, role, own_work_of) for role in wanted]


def _role_with_somebody(
    session: TenantSession, brand_id: uuid.UUID, role: str, own_work_of: frozenset[uuid.UUID]
) -> str:
    for candidate in (role, CROSS.get(role)):
        if candidate and any(
            _can_answer(person, candidate, own_work_of) for person in approvers(session, brand_id, candidate)
        ):
            return candidate
    raise RefusedError(NOBODY[BrandRole(role).value])


def _can_answer(person: Membership, role: str, own_work_of: frozenset[uuid.UUID]) -> bool:
    """A client decides from a link without an account; an agency's pole decides signed in."""
    joined = person.joined_at is not None or role == BrandRole.CLIENT_APPROVER
    return joined and person.id not in own_work_of
