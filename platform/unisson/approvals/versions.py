"""The submitted versions of a content: who submitted which, when, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tenants.errors import NotFoundError
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals.models import ApprovalRun, RunSeat, RunStage, RunState
from unisson.approvals.roster import POLES
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


_ASKED_OF_CLIENTS = (
    select(RunStage.id)
    .join(RunSeat, (RunSeat.agency_id == RunStage.agency_id) & (RunSeat.stage_id == RunStage.id))
    .where(
        RunStage.agency_id == ApprovalRun.agency_id,
        RunStage.run_id == ApprovalRun.id,
        RunStage.opened_at.is_not(None),
        RunSeat.role.not_in([role.value for role in POLES]),
    )
    .exists()
)


def versions_of(session: TenantSession, content: Content, *, everything: bool) -> Sequence[VersionRow]:
    """Return the submitted versions of a content, newest first.

    Without `everything` only what the client side was asked about, and the one that stands: what the agency kept to
    itself, or sent back before, is its own.
    """
    wanted = (
        select(Revision.number, Revision.digest, Membership.name, Revision.created_at, ApprovalRun.state)
        .join(Membership, (Membership.agency_id == Revision.agency_id) & (Membership.id == Revision.created_by))
        .outerjoin(
            ApprovalRun, (ApprovalRun.agency_id == Revision.agency_id) & (ApprovalRun.revision_id == Revision.id)
        )
        .where(Revision.content_id == content.id)
        .order_by(Revision.number.desc())
    )
    if not everything:
        wanted = wanted.where((Revision.id == content.revision_id) | _ASKED_OF_CLIENTS)
    rows = session.execute(wanted)
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
