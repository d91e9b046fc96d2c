"""What waits on whom, since when and until when: for one person, and for those who steer, on everybody else."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, true

from tenants.access import Actor
from tenants.brands import Brand
from tenants.members import Membership
from tenants.permissions import Permission, StageRole
from tenants.session import TenantSession
from unisson.approvals.lookups import WaitingContent
from unisson.approvals.models import Purpose, RunSeat, RunStage, Wait
from unisson.approvals.progress import ROLE_NAMES

MOST = 1_000
"""Waiting rows of one page, oldest date first: what is beyond waits behind these."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """One content that waits: on which role, on whom, since when, until when."""

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
    deadline_at: datetime | None
    role: object
    people: tuple[str, ...]
    channel_kinds: tuple[str, ...]
    to_steer: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on the person, and what waits on others."""

    mine: Sequence[WaitingRow]
    others: Sequence[WaitingRow]


def waiting_for(session: TenantSession, actor: Actor) -> Waiting:
    """Return what waits, oldest date first, in one query however much it is."""
    rows = session.execute(_waits(actor).limit(MOST)).all()
    by_content: dict[uuid.UUID, list[Row[tuple[object, ...]]]] = {}
    for row in rows:
        by_content.setdefault(row.content_id, []).append(row)
    mine, others = [], []
    for found in by_content.values():
        own = [row for row in found if row.membership_id == actor.membership_id]
        if own:
            mine.append(_row(own))
        elif actor.may(Permission.CONTENT_WRITE, found[0].brand_id):
            others.append(_row(found))
    return Waiting(mine, others)


def count_waiting(session: TenantSession, actor: Actor) -> int:
    """Return how many contents wait on the person."""
    mine = select(func.count(Wait.content_id.distinct())).where(Wait.membership_id == actor.membership_id)
    return session.scalar(mine) or 0


def _waits(actor: Actor) -> Select[*tuple[Any, ...]]:
    wanted = (
        select(
            Wait.content_id, Wait.membership_id, Wait.asked_at, Wait.deadline_at, Wait.purpose,
            WaitingContent.title, WaitingContent.kind, WaitingContent.brand_id, WaitingContent.zone,
            WaitingContent.scheduled_at, WaitingContent.channel_kinds,
            func.left(WaitingContent.body, 140).label("excerpt"),
            (WaitingContent.scheduled_at <= func.clock_timestamp()).label("late"),
            Brand.name.label("brand_name"), Brand.accent, Membership.name.label("person"),
            RunSeat.role, RunStage.name.label("stage_name"),
        )
        .select_from(Wait)
        .join(WaitingContent, true())
        .join(Brand, (Brand.agency_id == Wait.agency_id) & (Brand.id == Wait.brand_id))
        .join(Membership, (Membership.agency_id == Wait.agency_id) & (Membership.id == Wait.membership_id))
        .join(RunSeat, (RunSeat.agency_id == Wait.agency_id) & (RunSeat.id == Wait.seat_id))
        .join(RunStage, (RunStage.agency_id == Wait.agency_id) & (RunStage.id == Wait.stage_id))
        .where(Brand.archived_at.is_(None))
        .order_by(WaitingContent.scheduled_at, WaitingContent.id, Membership.name)
    )  # fmt: skip
    if actor.sees_every_brand:
        return wanted
    return wanted.where((Wait.membership_id == actor.membership_id) | Wait.brand_id.in_(actor.brand_roles))


def _row(found: Sequence[Row[tuple[object, ...]]]) -> WaitingRow:
    row = found[0]
    return WaitingRow(
        content_id=row.content_id,
        title=row.title,
        kind=row.kind,
        excerpt=row.excerpt,
        brand_id=row.brand_id,
        brand_name=row.brand_name,
        accent=row.accent,
        zone=row.zone,
        scheduled_at=row.scheduled_at,
        late=bool(row.late),
        since=min(each.asked_at for each in found),
        deadline_at=row.deadline_at,
        role=row.stage_name or (ROLE_NAMES[StageRole(row.role)] if row.role else row.person),
        people=tuple(dict.fromkeys(each.person for each in found)),
        channel_kinds=tuple(row.channel_kinds.split()),
        to_steer=row.purpose == Purpose.STEER.value,
    )
