"""Saying that a brand does not need a step, and taking that back."""

import uuid

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import new_id
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.onboarding.models import BrandSkip
from unisson.onboarding.steps import Step


def skip(session: TenantSession, actor: Actor, brand_id: uuid.UUID, step: Step) -> None:
    """Keep that the brand does not need the step; said twice, the first one stands. Raises ForbiddenError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    row = {
        "agency_id": session.agency_id, "id": new_id(), "brand_id": brand_id, "step": step.value,
        "skipped_by": actor.membership_id,
    }  # fmt: skip
    said = session.execute(insert(BrandSkip).values(row).on_conflict_do_nothing().returning(BrandSkip.id)).first()
    if said is not None:
        record(session, actor, "brand.step_skipped", "brand", brand_id, brand_id=brand_id, step=step.value)


def unskip(session: TenantSession, actor: Actor, brand_id: uuid.UUID, step: Step) -> None:
    """Ask for the step again. Raises ForbiddenError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    gone = session.execute(
        delete(BrandSkip).where(BrandSkip.brand_id == brand_id, BrandSkip.step == step.value).returning(BrandSkip.id)
    ).first()
    if gone is not None:
        record(session, actor, "brand.step_asked", "brand", brand_id, brand_id=brand_id, step=step.value)
