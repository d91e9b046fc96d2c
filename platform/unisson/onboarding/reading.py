"""How far brands are, read from what is there: one statement for all of them, and one for what was set aside."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select, text

from tenants.members import Membership
from tenants.permissions import BrandRole
from tenants.session import TenantSession
from unisson.onboarding.models import BrandSkip
from unisson.onboarding.steps import Standing, Step, standing_of

_FACTS = text("""
select b.id, b.created_at, b.logo_digest is not null as logo,
  exists (select from app.approval_policies p
            join app.policy_versions v on v.agency_id = p.agency_id and v.policy_id = p.id and v.number = p.version
           where p.agency_id = b.agency_id and p.brand_id = b.id and p.archived_at is null
             and v.changed_by is not null) as chain,
  exists (select from app.strategies s
           where s.agency_id = b.agency_id and s.brand_id = b.id and s.archived_at is null) as strategy,
  people.ready, people.invited,
  exists (select from app.channels c where c.agency_id = b.agency_id and c.brand_id = b.id
             and c.kind <> 'newsroom' and c.disconnected_at is null and not c.mockup) as channel,
  exists (select from app.channels c where c.agency_id = b.agency_id and c.brand_id = b.id and c.mockup
             and c.disconnected_at is null) as mockup,
  (select max(a.asked_at) from app.channel_asks a where a.agency_id = b.agency_id and a.brand_id = b.id
     and a.revoked_at is null and a.given_at is null and a.expires_at > clock_timestamp()) as channel_asked_at,
  exists (select from app.contents c
           where c.agency_id = b.agency_id and c.brand_id = b.id and c.state <> 'cancelled') as plan,
  exists (select from app.contents c
            join app.approval_runs r on r.agency_id = c.agency_id and r.content_id = c.id and r.state = 'approved'
           where c.agency_id = b.agency_id and c.brand_id = b.id and c.revision_id is not null) as approval,
  exists (select from app.waits w where w.agency_id = b.agency_id and w.brand_id = b.id and w.side = 'client'
             and w.purpose = 'decide') as client_decides
from app.brands b cross join lateral (
  select coalesce(array_agg(distinct a.role) filter (where m.joined_at is not null or a.role = 'client_approver'), '{}')
           as ready,
         coalesce(array_agg(distinct a.role) filter (where m.joined_at is null), '{}') as invited
    from app.brand_assignments a
    join app.memberships m on m.agency_id = a.agency_id and m.id = a.membership_id and m.removed_at is null
   where a.agency_id = b.agency_id and a.brand_id = b.id) people
where b.id = any(:brand_ids) and b.archived_at is null
""")
_ROLES = {Step.CM: BrandRole.CM, Step.RP: BrandRole.RP, Step.CLIENT: BrandRole.CLIENT_APPROVER}
_FACT_STEPS = (Step.LOGO, Step.CHAIN, Step.STRATEGY, Step.CHANNEL, Step.PLAN, Step.APPROVAL)


class Skip(NamedTuple):
    """Who said when that a step is not needed."""

    step: Step
    by: str
    at: datetime


class BrandStanding(NamedTuple):
    """How far a brand is, and since when it is there; whether it plans on a mock-up, and when its client was asked."""

    standing: Standing
    opened_at: datetime
    has_mockup: bool = False
    channel_asked_at: datetime | None = None


def standings(session: TenantSession, brand_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, BrandStanding]:
    """Return how far each of the brands is that are in use, in two statements whatever their number."""
    skipped: dict[uuid.UUID, set[Step]] = defaultdict(set)
    for brand_id, step in session.execute(
        select(BrandSkip.brand_id, BrandSkip.step).where(BrandSkip.brand_id.in_(brand_ids))
    ):
        skipped[brand_id].add(Step(step))
    found = {}
    for row in session.execute(_FACTS, {"brand_ids": list(brand_ids)}):
        done = {step for step in _FACT_STEPS if getattr(row, step.value)}
        done |= {step for step, role in _ROLES.items() if role.value in row.ready}
        invited = {step for step, role in _ROLES.items() if role.value in row.invited}
        at_client = {Step.APPROVAL} if row.client_decides else set()
        at_client |= {Step.CHANNEL} if row.channel_asked_at else set()
        standing = standing_of(done, skipped[row.id], at_client, invited)
        found[row.id] = BrandStanding(standing, row.created_at, row.mockup, row.channel_asked_at)
    return found


def skips(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Skip]:
    """Return what a brand was said not to need."""
    rows = session.execute(
        select(BrandSkip.step, Membership.name, BrandSkip.created_at)
        .join(Membership, (Membership.agency_id == BrandSkip.agency_id) & (Membership.id == BrandSkip.skipped_by))
        .where(BrandSkip.brand_id == brand_id)
    )
    return [Skip(Step(step), name, at) for step, name, at in rows]
