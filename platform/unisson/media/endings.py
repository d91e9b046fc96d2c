"""Rights about to end: whoever works for the brand is told a month before, and again a week before, once each.

A brand stands on the dispatch table for the morning of its next mark, at nine on its own clock, so that one letter
tells of all that is to be told that day. What was told is written down with the last day that was told of: an image
whose rights are prolonged has new marks.
"""

import enum
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, case, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.brands import Brand
from tenants.permissions import StageRole
from tenants.session import TenantSession
from unisson.approvals.roster import Person, roster
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, drop, holds, put, release
from unisson.editorial.models import Content, ContentState, Illustration
from unisson.jobs import ring_after_commit
from unisson.media.models import Media, RightsNotice
from unisson.notifications import notices
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

MORNING = time(9)
HANDFUL = 20
LEASE = 60.0
ARCHIVED_SECONDS = 86_400.0
"""Between two looks at an archived brand, of which nobody is told anything."""


class Mark(enum.StrEnum):
    """How long before the last day somebody is told."""

    MONTH = "month"
    WEEK = "week"


DAYS = {Mark.MONTH: 30, Mark.WEEK: 7}


def counts() -> ColumnElement[bool]:
    """Return the condition that an image matters: it lies in the library, or something planned or out shows it."""
    shown = (
        select(Illustration.id)
        .join(Content, (Content.agency_id == Illustration.agency_id) & (Content.id == Illustration.content_id))
        .where(
            Illustration.agency_id == Media.agency_id,
            Illustration.media_id == Media.id,
            Content.scheduled_at.is_not(None),
            Content.state != ContentState.CANCELLED.value,
        )
    )
    return or_(Media.archived_at.is_(None), shown.exists())


def expect(session: TenantSession, brand_id: uuid.UUID) -> None:
    """Have the brand looked at on the morning of its next mark: for who changed an image's rights or its place."""
    # One at a time: of two who change two images, the second knows of the first one's.
    brand = session.scalars(select(Brand).where(Brand.id == brand_id).with_for_update(key_share=True)).one()
    session.flush()
    at = next_look(session, brand, session.now())
    if at is None:
        drop(session, "rights", session.agency_id, brand_id)
        return
    put(session, "rights", session.agency_id, brand_id, due_at=at)
    ring_after_commit(session, "rights")


def next_look(session: TenantSession, brand: Brand, now: datetime) -> datetime | None:
    """Return when the next mark of the brand's images is told, None when none is left, in one statement."""
    zone = ZoneInfo(brand.timezone)
    here = now.astimezone(zone)
    first = here.date() if here.time() < MORNING else here.date() + timedelta(days=1)
    until = Media.rights_until
    mark = case(
        (or_(_told(Mark.MONTH), until - DAYS[Mark.WEEK] <= first), until - DAYS[Mark.WEEK]),
        else_=until - DAYS[Mark.MONTH],
    )
    day: date | None = session.scalar(
        select(func.min(func.greatest(mark, first))).where(
            Media.brand_id == brand.id, until >= first, ~_told(Mark.WEEK), counts()
        )
    )
    return datetime.combine(day, MORNING, zone).astimezone(UTC) if day else None


def tell_due(runtime: Runtime, budget_seconds: float) -> int:
    """Attend to the brands whose morning has come until none has, or the budget is over; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        if holds(session, claimed):
            _look(session, claimed)


_DUTY = Duty("rights", _attend, LEASE, at_once=HANDFUL)


def _look(session: TenantSession, claimed: Claim) -> None:
    """Tell what is to be told, and say when to look again. By the fence: who put it anew meanwhile knows better."""
    brand = session.get(Brand, (session.agency_id, claimed.item_id))
    if brand is None:
        done(session, claimed)
        return
    if brand.archived_at is not None:
        release(session, claimed, delay=ARCHIVED_SECONDS)
        return
    now = session.now()
    tell(session, brand, now.astimezone(ZoneInfo(brand.timezone)).date())
    at = next_look(session, brand, now)
    if at is None:
        done(session, claimed)
    else:
        release(session, claimed, delay=(at - now).total_seconds())


def tell(session: TenantSession, brand: Brand, today: date) -> int:
    """Write to those who work for the brand of every mark that has come and was not told; return of how many images."""
    due = session.execute(
        select(Media.id, Media.rights_until).where(
            Media.brand_id == brand.id,
            Media.rights_until >= today,
            Media.rights_until <= today + timedelta(days=DAYS[Mark.MONTH]),
            counts(),
        )
    ).all()
    if not due:
        return 0
    rows = [
        {"id": new_id(), "brand_id": brand.id, "media_id": media_id, "rights_until": until, "told_on": today,
         "mark": _mark(until, today).value, "agency_id": session.agency_id}
        for media_id, until in due if until
    ]  # fmt: skip
    fresh = session.scalars(insert(RightsNotice).on_conflict_do_nothing().returning(RightsNotice.media_id), rows).all()
    if fresh:
        for person in readers(session, brand):
            about = {"brand_id": str(brand.id), "told_on": today.isoformat()}
            notices.tell(session, person.id, "rights_ending", about)
    return len(fresh)


def readers(session: TenantSession, brand: Brand) -> Sequence[Person]:
    """Return whom it concerns: the community managers of the brand and its account managers."""
    there = roster(session, brand)
    found = {person.id: person for person in (*there.holders(StageRole.CM), *there.managers())}
    return list(found.values())


def told_on(session: TenantSession, brand_id: uuid.UUID, day: date) -> Sequence[Media]:
    """Return the images that were told of on a day and whose rights still end when they were said to."""
    return session.scalars(
        select(Media)
        .join(
            RightsNotice,
            (RightsNotice.agency_id == Media.agency_id)
            & (RightsNotice.media_id == Media.id)
            & (RightsNotice.rights_until == Media.rights_until),
        )
        .where(RightsNotice.brand_id == brand_id, RightsNotice.told_on == day, counts())
        .order_by(Media.rights_until, Media.filename, Media.id)
    ).all()


def _mark(until: date, today: date) -> Mark:
    return Mark.WEEK if until - today <= timedelta(days=DAYS[Mark.WEEK]) else Mark.MONTH


def _told(mark: Mark) -> ColumnElement[bool]:
    return exists(
        select(RightsNotice.id).where(
            RightsNotice.agency_id == Media.agency_id,
            RightsNotice.media_id == Media.id,
            RightsNotice.rights_until == Media.rights_until,
            RightsNotice.mark == mark.value,
        )
    )
