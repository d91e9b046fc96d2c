"""Decisions together with what they are about: what the register shows and the end of a brand keeps."""

from typing import Any

from sqlalchemy import Select, select

from unisson.approvals.models import ApprovalPolicy, ApprovalRun, Decision, PolicyVersion, RunSeat
from unisson.editorial.models import Content, Revision


def of_decisions(*columns: Any) -> Select[tuple[Any, ...]]:
    """Return the statement that reads `columns`, a row for each decision.

    They may be of the decision, its run, content and revision, the chain's version and name, and the seat, which the
    decisions about a whole stage lack.
    """
    return (
        select(*columns)
        .select_from(Decision)
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .join(Content, (Content.agency_id == ApprovalRun.agency_id) & (Content.id == ApprovalRun.content_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .join(
            PolicyVersion,
            (PolicyVersion.agency_id == ApprovalRun.agency_id) & (PolicyVersion.id == ApprovalRun.policy_version_id),
        )
        .join(
            ApprovalPolicy,
            (ApprovalPolicy.agency_id == PolicyVersion.agency_id) & (ApprovalPolicy.id == PolicyVersion.policy_id),
        )
        .outerjoin(RunSeat, (RunSeat.agency_id == Decision.agency_id) & (RunSeat.id == Decision.seat_id))
    )
