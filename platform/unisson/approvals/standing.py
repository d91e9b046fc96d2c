"""What a content's page says above its stages: the chain that it goes through, and the hold that stops it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tenants.members import Membership
from tenants.session import TenantSession
from unisson.approvals.holding import last_hold
from unisson.approvals.models import ApprovalPolicy, ApprovalRun, PolicyVersion
from unisson.approvals.telling import met_words
from unisson.editorial.models import Content, ContentState
from unisson.topics.planning import titles


@dataclass(frozen=True, slots=True)
class ChainRow:
    """The chain of a content's run, as it was when the run began, and which of its conditions chose it."""

    name: str
    number: int
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Who stopped a content, when, and why."""

    who: str
    at: datetime
    why: str


def chain_row(session: TenantSession, content: Content) -> ChainRow | None:
    """Return the chain of the content's current run; None where nothing is submitted."""
    row = session.execute(
        select(ApprovalPolicy.name, PolicyVersion.number, ApprovalRun.why)
        .join(
            PolicyVersion,
            (PolicyVersion.agency_id == ApprovalPolicy.agency_id) & (PolicyVersion.policy_id == ApprovalPolicy.id),
        )
        .join(
            ApprovalRun,
            (ApprovalRun.agency_id == PolicyVersion.agency_id) & (ApprovalRun.policy_version_id == PolicyVersion.id),
        )
        .where(ApprovalRun.revision_id == content.revision_id)
    ).first()
    if row is None:
        return None
    about = {uuid.UUID(each) for each in row.why.get("topics", ())}
    return ChainRow(row.name, row.number, tuple(met_words(row.why, titles(session, among=about) if about else {})))


def hold_row(session: TenantSession, content: Content) -> HoldRow | None:
    """Return the hold that stops the content; None where nothing does."""
    held = last_hold(session, content) if content.state == ContentState.ON_HOLD else None
    if held is None:
        return None
    person = session.get(Membership, (session.agency_id, held.membership_id))
    return HoldRow(held.typed_name or (person.name if person else ""), held.decided_at, held.comment)
