"""The submitted versions of a content: who submitted which, when, and what became of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tenants.errors import NotFoundError
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals.models import ApprovalRun, RunState
from unisson.editorial.models import Content, Revision
from unisson.web.i18n import lazy

BECAME = {
    RunState.OPEN: lazy("waits for decisions"),
    RunState.APPROVED: lazy("approved"),
    RunState.CHANGES_REQUESTED: lazy("changes requested"),
    RunState.VOID: lazy("changed or withdrawn"),
}


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One submitted version. `became` is None where its passage is not on record."""

    number: int
    digest: str
    by: str
    at: datetime
    became: object


def versions_of(session: TenantSession, content_id: uuid.UUID) -> Sequence[VersionRow]:
    """Return the submitted versions of a content, newest first."""
    rows = session.execute(
        select(Revision.number, Revision.digest, Membership.name, Revision.created_at, ApprovalRun.state)
        .join(Membership, (Membership.agency_id == Revision.agency_id) & (Membership.id == Revision.created_by))
        .outerjoin(
            ApprovalRun, (ApprovalRun.agency_id == Revision.agency_id) & (ApprovalRun.revision_id == Revision.id)
        )
        .where(Revision.content_id == content_id)
        .order_by(Revision.number.desc())
    )
    return [
        VersionRow(number, digest, by, at, BECAME[RunState(state)] if state else None)
        for number, digest, by, at, state in rows
    ]


def version_of(session: TenantSession, content: Content, number: int) -> Revision:
    """Return one version of a content. Raises NotFoundError."""
    found = session.scalars(
        select(Revision).where(Revision.content_id == content.id, Revision.number == number)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found
