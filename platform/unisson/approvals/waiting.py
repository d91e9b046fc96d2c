"""What waits on whom, since when: for one person, and for those who write, on everybody else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import STAGE_PERMISSION, BrandRole, Permission
from tenants.session import TenantSession
from unisson.approvals.models import ApprovalRun, Decision, RunStage, RunState
from unisson.approvals.progress import ROLE_NAMES
from unisson.editorial.models import Content, ContentState

MOST = 200
"""Rows of one page, oldest date first: what is beyond waits behind these."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One content that waits: on which role, on whom, since when."""

    content_id: uuid.UUID
    title: str
    kind: str
    excerpt: str
    brand_id: uuid.UUID
    brand_name: str
    accent: str
    zone: str
    scheduled_at: datetime
    late: bool
    since: datetime | None
    role: object
    people: tuple[str, ...]
    channel_kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on the person, and what waits on others."""

    mine: Sequence[WaitingRow]
    others: Sequence[WaitingRow]


def waiting_for(session: TenantSession, actor: Actor) -> Waiting:
    """Return what waits, oldest date first, in two queries however much it is."""
    rows = session.execute(_open_stages(actor).limit(MOST)).all()
    people = _people(session, {row.brand_id for row in rows})
    mine = [_row(row, people) for row in rows if _is_mine(actor, row)]
    others = [
        _row(row, people)
        for row in rows
        if not _is_mine(actor, row) and actor.may(Permission.CONTENT_WRITE, row.brand_id)
    ]
    return Waiting(mine, others)


def count_waiting(session: TenantSession, actor: Actor) -> int:
    """Return how many contents wait on the person's own decision."""
    return sum(_is_mine(actor, row) for row in session.execute(_open_stages(actor).limit(MOST)))


def _open_stages(actor: Actor) -> Select[tuple[object, ...]]:
    wanted = (
        select(
            Content.id, Content.title, Content.kind, Content.brand_id, Content.author_id, Content.zone,
            Content.scheduled_at, Content.channel_kinds, func.left(Content.body, 140).label("excerpt"),
            (Content.scheduled_at <= func.clock_timestamp()).label("late"),
            Brand.name.label("brand_name"), Brand.accent, ApprovalRun.submitted_by, RunStage.role, RunStage.opened_at,
        )
        .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
        .join(
            ApprovalRun,
            (ApprovalRun.agency_id == Content.agency_id) & (ApprovalRun.revision_id == Content.revision_id),
        )
        .join(RunStage, (RunStage.agency_id == ApprovalRun.agency_id) & (RunStage.run_id == ApprovalRun.id))
        .outerjoin(Decision, (Decision.agency_id == RunStage.agency_id) & (Decision.stage_id == RunStage.id))
        .where(
            Content.state == ContentState.IN_REVIEW.value,
            ApprovalRun.state == RunState.OPEN.value,
            RunStage.opened_at.is_not(None),
            Decision.id.is_(None),
            Brand.archived_at.is_(None),
        )
        .order_by(Content.scheduled_at, Content.id)
    )  # fmt: skip
    return wanted if actor.sees_every_brand else wanted.where(Content.brand_id.in_(actor.brand_roles))


def _is_mine(actor: Actor, row: Row[tuple[object, ...]]) -> bool:
    permission = STAGE_PERMISSION[BrandRole(row.role)]
    return actor.may(permission, row.brand_id) and actor.membership_id not in {row.author_id, row.submitted_by}


def _people(
    session: TenantSession, brand_ids: set[uuid.UUID]
) -> dict[tuple[uuid.UUID, str], list[tuple[uuid.UUID, str]]]:
    rows = session.execute(
        select(BrandAssignment.brand_id, BrandAssignment.role, Membership.id, Membership.name)
        .join(
            Membership,
            (Membership.agency_id == BrandAssignment.agency_id) & (Membership.id == BrandAssignment.membership_id),
        )
        .where(BrandAssignment.brand_id.in_(brand_ids), Membership.removed_at.is_(None))
        .order_by(Membership.name)
    )
    found: dict[tuple[uuid.UUID, str], list[tuple[uuid.UUID, str]]] = {}
    for brand_id, role, membership_id, name in rows:
        found.setdefault((brand_id, role), []).append((membership_id, name))
    return found


def _row(row: Row[tuple[object, ...]], people: dict[tuple[uuid.UUID, str], list[tuple[uuid.UUID, str]]]) -> WaitingRow:
    own = {row.author_id, row.submitted_by}
    return WaitingRow(
        content_id=row.id,
        title=row.title,
        kind=row.kind,
        excerpt=row.excerpt,
        brand_id=row.brand_id,
        brand_name=row.brand_name,
        accent=row.accent,
        zone=row.zone,
        scheduled_at=row.scheduled_at,
        late=bool(row.late),
        since=row.opened_at,
        role=ROLE_NAMES[row.role],
        people=tuple(name for who, name in people.get((row.brand_id, row.role), []) if who not in own),
        channel_kinds=tuple(row.channel_kinds.split()),
    )
