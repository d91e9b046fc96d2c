"""Where a content's approval stands, in rows that pages show: stages with who can decide, and every decision so far."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tenants.members import Membership
from tenants.permissions import BrandRole
from tenants.session import TenantSession
from unisson.approvals.chains import approvers
from unisson.approvals.models import ApprovalRun, Decision, RunStage, Verdict
from unisson.editorial.models import Content, Revision
from unisson.web.i18n import lazy

ROLE_NAMES = {
    BrandRole.CM.value: lazy("Community manager"),
    BrandRole.RP.value: lazy("Press officer"),
    BrandRole.CLIENT_APPROVER.value: lazy("Client"),
}


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the current run. `state` is done, current or waiting; `people` are those who could decide."""

    label: object
    state: str
    people: tuple[str, ...]
    since: datetime | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision: by whom, in which role, about which version, when and how."""

    who: str
    role: object
    verdict: str
    version: int
    digest: str
    comment: str
    decided_at: datetime
    by_link: bool
    current: bool


def stages_of(session: TenantSession, content: Content) -> list[StageRow]:
    """Return the stages of the current revision's run, in order; none when nothing is submitted."""
    rows = session.execute(
        select(RunStage, ApprovalRun.submitted_by, Decision, Membership.name)
        .join(ApprovalRun, (ApprovalRun.agency_id == RunStage.agency_id) & (ApprovalRun.id == RunStage.run_id))
        .outerjoin(Decision, (Decision.agency_id == RunStage.agency_id) & (Decision.stage_id == RunStage.id))
        .outerjoin(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
        .where(ApprovalRun.revision_id == content.revision_id)
        .order_by(RunStage.position)
    ).all()
    return [
        _decided(stage, decision, name)
        if decision is not None  # type: ignore[redundant-expr]  # an outer join's row may be none
        else _undecided(session, content.brand_id, stage, {content.author_id, submitted_by})
        for stage, submitted_by, decision, name in rows
    ]


def _decided(stage: RunStage, decision: Decision, name: str) -> StageRow:
    who = decision.typed_name or name
    return StageRow(ROLE_NAMES[stage.role], "done", (), stage.opened_at, who, decision.decided_at)


def _undecided(session: TenantSession, brand_id: uuid.UUID, stage: RunStage, own_work_of: set[uuid.UUID]) -> StageRow:
    people = tuple(each.name for each in approvers(session, brand_id, stage.role) if each.id not in own_work_of)
    state = "current" if stage.opened_at else "waiting"
    return StageRow(ROLE_NAMES[stage.role], state, people, stage.opened_at, None, None)


def decisions_of(session: TenantSession, content: Content, *, everything: bool) -> list[DecisionRow]:
    """Return the decisions on the content, newest first; without `everything` only the clients' own."""
    wanted = (
        select(Decision, RunStage.role, Membership.name, Revision.number, Revision.id)
        .join(RunStage, (RunStage.agency_id == Decision.agency_id) & (RunStage.id == Decision.stage_id))
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .join(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
        .where(ApprovalRun.content_id == content.id)
        .order_by(Decision.decided_at.desc())
    )
    if not everything:
        wanted = wanted.where(RunStage.role == BrandRole.CLIENT_APPROVER.value)
    return [
        DecisionRow(
            who=decision.typed_name or name,
            role=ROLE_NAMES[role],
            verdict=Verdict(decision.verdict).value,
            version=number,
            digest=decision.digest,
            comment=decision.comment,
            decided_at=decision.decided_at,
            by_link=decision.link_id is not None,
            current=revision_id == content.revision_id,
        )
        for decision, role, name, number, revision_id in session.execute(wanted)
    ]
