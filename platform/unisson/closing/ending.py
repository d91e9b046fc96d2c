"""Asking for a brand to be deleted, and thinking better of it: thirty days in which nothing of it is lost."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.billing.plans import take_room
from unisson.closing import archiving
from unisson.closing.models import BrandEnding, BrandRecord, KeptDecision
from unisson.dispatching import drop, put
from unisson.web.i18n import lazy

GRACE = timedelta(days=30)

WRONG_NAME = lazy("Type the name of the brand exactly as it stands here. Nothing was changed.")
BEGUN = lazy("This brand is being deleted: its thirty days are over.")


def end_brand(session: TenantSession, actor: Actor, brand_id: uuid.UUID, typed: str) -> BrandEnding:
    """Archive the brand and have it deleted in thirty days. Raises NotFoundError, ForbiddenError, RefusedError."""
    actor.require(Permission.AGENCY_SETTINGS)
    brand = archiving.locked(session, brand_id)
    if " ".join(typed.split()) != " ".join(brand.name.split()):
        raise RefusedError(WRONG_NAME, field="typed")
    known = _ending(session, brand_id)
    if known is not None:
        return known
    archiving.archive(session, actor, brand_id)
    ending = BrandEnding(brand_id=brand_id, asked_by=actor.membership_id, ends_at=session.now() + GRACE)
    session.add(ending)
    session.flush()
    put(session, "ending", session.agency_id, brand_id, due_at=ending.ends_at)
    record(
        session, actor, "brand.ending_asked", "brand", brand_id, brand_id=brand_id, name=brand.name,
        ends_at=ending.ends_at.isoformat(),
    )  # fmt: skip
    return ending


def take_back(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Brand:
    """Use an archived brand again; it is not deleted any more. Raises NotFoundError, ForbiddenError, RefusedError.

    Where the plan has no room for it, it stays archived, but it is not deleted all the same.
    """
    actor.require(Permission.BRAND_CREATE)
    brand = archiving.locked(session, brand_id)
    ending = _ending(session, brand_id)
    if ending is not None:
        if ending.begun_at is not None:
            raise RefusedError(BEGUN)
        session.delete(ending)
        drop(session, "ending", session.agency_id, brand_id)
        record(session, actor, "brand.ending_stopped", "brand", brand_id, brand_id=brand_id)
    try:
        take_room(session)
    except RefusedError as refusal:
        if ending is None:
            raise RefusedError(refusal.sentence) from refusal
        return brand
    return archiving.take_back(session, actor, brand_id)


def _ending(session: Session, brand_id: uuid.UUID) -> BrandEnding | None:
    wanted = select(BrandEnding).where(BrandEnding.brand_id == brand_id).with_for_update()
    return session.scalars(wanted).one_or_none()


def records(session: TenantSession) -> Sequence[tuple[BrandRecord, str]]:
    """Return what is kept of deleted brands, the latest first, each with who asked for it."""
    rows = session.execute(
        select(BrandRecord, Membership.name)
        .join(Membership, (Membership.agency_id == BrandRecord.agency_id) & (Membership.id == BrandRecord.asked_by))
        .where(BrandRecord.erased_at.is_not(None))
        .order_by(BrandRecord.erased_at.desc())
    )
    return [(row[0], row[1]) for row in rows]


def kept_decisions(
    session: TenantSession, actor: Actor, record_id: uuid.UUID
) -> tuple[BrandRecord, Sequence[tuple[KeptDecision, Membership | None]]]:
    """Return what is kept of a deleted brand, and its decisions with who made them, oldest first.

    Raises NotFoundError, ForbiddenError.
    """
    actor.require(Permission.BRAND_CREATE)
    found = session.scalars(select(BrandRecord).where(BrandRecord.id == record_id)).one_or_none()
    if found is None:
        raise NotFoundError
    who = (Membership.agency_id == KeptDecision.agency_id) & (Membership.id == KeptDecision.membership_id)
    wanted = select(KeptDecision, Membership).outerjoin(Membership, who).where(KeptDecision.record_id == record_id)
    rows = session.execute(wanted.order_by(KeptDecision.decided_at, KeptDecision.id))
    return found, [(row[0], row[1]) for row in rows]
