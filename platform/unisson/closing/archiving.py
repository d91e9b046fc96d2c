"""Archiving a brand and taking it back: nothing of it is lost, and nothing of it leaves meanwhile.

A brand that is archived is on no page but the list of them. Its newsroom and its clients' links are shut, and what is
scheduled stays scheduled: the publisher holds what comes due (`publishing.verdicts`), and the database refuses the
attempt (`app.brand_gate`).
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.closing.models import BrandEnding
from unisson.editorial.models import Content, ContentState

PLANNED = (ContentState.SCHEDULED.value, ContentState.IN_REVIEW.value, ContentState.ON_HOLD.value)


class Archived(NamedTuple):
    """A brand that is put away; `ends_at` where it is to be deleted then."""

    id: uuid.UUID
    slug: str
    name: str
    accent: str
    timezone: str
    archived_at: datetime
    ends_at: datetime | None


class Stopping(NamedTuple):
    """What stops with a brand: contents that are scheduled or being decided, and the next date of one."""

    contents: int
    next_at: datetime | None


def what_stops(session: TenantSession, brand_id: uuid.UUID) -> Stopping:
    """Return what would not go out while the brand is put away."""
    row = session.execute(
        select(func.count(), func.min(Content.scheduled_at)).where(
            Content.brand_id == brand_id, Content.state.in_(PLANNED), Content.scheduled_at > func.clock_timestamp()
        )
    ).one()
    return Stopping(row[0], row[1])


def archived_brands(session: TenantSession) -> Sequence[Archived]:
    """Return the brands that are put away, the latest first."""
    rows = session.execute(
        select(
            Brand.id, Brand.slug, Brand.name, Brand.accent, Brand.timezone, Brand.archived_at, BrandEnding.ends_at,
        )
        .outerjoin(BrandEnding, (BrandEnding.agency_id == Brand.agency_id) & (BrandEnding.brand_id == Brand.id))
        .where(Brand.archived_at.is_not(None))
        .order_by(Brand.archived_at.desc(), Brand.name)
    )  # fmt: skip
    return [Archived(*row) for row in rows]  # type: ignore[arg-type]  # it is archived: the date is there


def archived_brand(session: TenantSession, slug: str) -> Archived:
    """Return one brand that is put away. Raises NotFoundError."""
    for found in archived_brands(session):
        if found.slug == slug:
            return found
    raise NotFoundError


def archive(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Brand:
    """Put the brand away. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = locked(session, brand_id)
    if brand.archived_at is None:
        brand.archived_at = utcnow()
        session.flush()
        record(session, actor, "brand.archived", "brand", brand.id, brand_id=brand.id, name=brand.name)
    return brand


def take_back(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Brand:
    """Use the brand again as it was; what came due meanwhile is held for a person. Raises as `archive` does."""
    actor.require(Permission.BRAND_SETTINGS, brand_id)
    brand = locked(session, brand_id)
    if brand.archived_at is not None:
        brand.archived_at = None
        session.flush()
        record(session, actor, "brand.taken_back", "brand", brand.id, brand_id=brand.id, name=brand.name)
    return brand


def locked(session: TenantSession, brand_id: uuid.UUID) -> Brand:
    """Return the brand, in use or not, which nobody else changes meanwhile. Raises NotFoundError."""
    wanted = select(Brand).where(Brand.id == brand_id).with_for_update().execution_options(populate_existing=True)
    brand = session.scalars(wanted).one_or_none()
    if brand is None:
        raise NotFoundError
    return brand
