"""Setting, moving and lifting the embargo of a topic: what that breaks, and moving what it breaks along."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import RefusedError, StaleError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.models import Wait
from unisson.editorial.models import EDITABLE, Content, ContentState
from unisson.editorial.order import put_at
from unisson.editorial.reopening import date_is_free, reopen
from unisson.editorial.timing import GapError, must_be_future, resolve, wall_time_of
from unisson.topics.embargo import Embargo, embargo_of
from unisson.topics.models import Holds, Topic
from unisson.topics.planning import STALE, load_topic
from unisson.web.i18n import lazy

LONG_REASON = 500

NO_DATE = lazy("Give the date and the time at which the embargo ends.")
LONG = lazy("A reason has 500 characters at most.")
CONFIRM = lazy(
    "This embargo changes contents that are planned. Look at them below, and confirm; nothing was changed yet."
)

_PLANNED = frozenset(EDITABLE) - {ContentState.FAILED}
_SUBMITTED = frozenset({ContentState.IN_REVIEW, ContentState.SCHEDULED, ContentState.ON_HOLD})


@dataclass(frozen=True, slots=True)
class TypedEmbargo:
    """What a person typed of an embargo. `wall_time` is on the brand's clock."""

    wall_time: datetime | None
    fold: int | None = None
    holds: Holds = Holds.EVERYTHING
    reason: str = ""
    shared: bool = False


class Touched(NamedTuple):
    """A planned content that an embargo touches: `moves_to` where it has to move, None where it keeps its date."""

    content_id: uuid.UUID
    title: str
    state: str
    scheduled_at: datetime | None
    zone: str
    moves_to: datetime | None
    asks_again: bool


class TouchesError(RefusedError):
    """The embargo would change planned contents, and nobody confirmed that."""

    def __init__(self, touched: Sequence[Touched]) -> None:
        super().__init__(CONFIRM, field="confirmed")
        self.touched = touched


def set_embargo(
    session: TenantSession,
    actor: Actor,
    topic_id: uuid.UUID,
    typed: TypedEmbargo | None,
    version_shown: int | None,
    *,
    confirmed: bool = False,
) -> Topic:
    """Return the topic under another embargo, or under none; what would be before it is moved, if that is `confirmed`.

    Raises TouchesError with what it changes, StaleError, RefusedError for a date that can't be kept.
    """
    planned = _planned(session, topic_id)
    topic = load_topic(session, actor, topic_id, lock=True)
    actor.require(Permission.CONTENT_SCHEDULE, topic.brand_id)
    if version_shown != topic.version:
        raise StaleError(STALE)
    old, new = embargo_of(topic), _resolved(session, topic, typed)
    if old == new:
        return topic
    if new and not new.shared:
        _check_strangers(session, planned)
    touched = _touched(session, planned, old, new)
    if touched and not confirmed:
        raise TouchesError(touched)
    _write(topic, new)
    topic.version += 1
    session.flush()
    record(session, actor, "topic.embargo_set" if new else "topic.embargo_lifted", "topic", topic.id,
           brand_id=topic.brand_id, until=new.until.isoformat() if new else None)  # fmt: skip
    for each in touched:
        _apply(session, actor, each, new)
    return topic


def _planned(session: TenantSession, topic_id: uuid.UUID) -> Sequence[Content]:
    """Return what may still move, locked, in the order that every writer locks in: contents first, then the topic."""
    wanted = select(Content).where(Content.topic_id == topic_id, Content.state.in_(_PLANNED)).order_by(Content.id)
    locked = session.scalars(wanted.with_for_update().execution_options(populate_existing=True)).all()
    return sorted(locked, key=lambda content: (content.scheduled_at is None, content.scheduled_at, content.id))


def _resolved(session: TenantSession, topic: Topic, typed: TypedEmbargo | None) -> Embargo | None:
    if typed is None:
        return None
    if typed.wall_time is None:
        raise RefusedError(NO_DATE, field="date")
    reason = typed.reason.strip()
    if len(reason) > LONG_REASON:
        raise RefusedError(LONG, field="reason")
    zone = session.read_once(Brand, topic.brand_id).timezone
    until = resolve(typed.wall_time, zone, typed.fold)
    if until != topic.embargo_until:
        must_be_future(until, session.now())
    return Embargo(until, typed.wall_time, zone, typed.fold or 0, typed.holds, reason, typed.shared)


def _check_strangers(session: TenantSession, planned: Sequence[Content]) -> None:
    """Pass if nobody from outside is asked about a content now. Raises RefusedError, naming who is."""
    asked = session.execute(
        select(Membership.name, Content.title, func.left(Content.body, 60))
        .join(Wait, (Wait.agency_id == Membership.agency_id) & (Wait.membership_id == Membership.id))
        .join(Content, (Content.agency_id == Wait.agency_id) & (Content.id == Wait.content_id))
        .where(
            Content.id.in_([content.id for content in planned]),
            Membership.agency_role == AgencyRole.MEMBER.value,
            ~select(BrandAssignment.id)
            .where(BrandAssignment.membership_id == Membership.id, BrandAssignment.brand_id == Content.brand_id)
            .exists(),
        )
        .limit(1)
    ).first()
    if asked is not None:
        sentence = lazy(
            "%(who)s, from outside, is being asked about “%(title)s”. Let people from outside read it, or withdraw it"
            " first.",
            who=asked[0],
            title=asked[1] or asked[2],
        )
        raise RefusedError(sentence, field="shared")


def _touched(
    session: TenantSession, planned: Sequence[Content], old: Embargo | None, new: Embargo | None
) -> list[Touched]:
    """Return what the change touches, the first to leave first."""
    broken = [each for each in planned if new and new.forbids(each.scheduled_at, each.channel_kinds)]
    base = _base(broken, old)
    ends_alike = (old.until if old else None) == (new.until if new else None)
    found = []
    for content in planned:
        is_read = content.state in _SUBMITTED and not date_is_free(session, content)
        moves_to = _shifted(content, base, new) if new and base and content in broken else None
        if moves_to is not None or (is_read and not ends_alike):
            title = content.title or content.body[:80]
            found.append(
                Touched(content.id, title, content.state, content.scheduled_at, content.zone, moves_to, is_read)
            )
    return found


def _base(broken: Sequence[Content], old: Embargo | None) -> datetime | None:
    """Return what the shift is counted from: the end of the old embargo, or the first of what would come too early."""
    first = broken[0].scheduled_at if broken else None
    return old.until if old and first and old.until <= first else first


def _shifted(content: Content, base: datetime, new: Embargo) -> datetime:
    """Return where a content goes on its own clock, as far from the new end as it was from `base`."""
    if content.wall_time is None:
        raise ValueError("what has no date breaks no embargo")
    apart = content.wall_time - wall_time_of(base, content.zone)
    moved = wall_time_of(new.until, content.zone) + max(apart, timedelta())
    try:
        there = resolve(moved, content.zone, 0)
    except GapError as gap:
        there = resolve(gap.next_valid, content.zone, 0)
    return max(there, new.until)


def _write(topic: Topic, new: Embargo | None) -> None:
    topic.embargo_until = new.until if new else None
    topic.embargo_wall_time = new.wall_time if new else None
    topic.embargo_zone = new.zone if new else None
    topic.embargo_fold = new.fold if new else 0
    topic.embargo_holds = (new.holds if new else Holds.EVERYTHING).value
    topic.embargo_reason = new.reason if new else ""
    topic.embargo_shared = new.shared if new else False


def _apply(session: TenantSession, actor: Actor, touched: Touched, new: Embargo | None) -> None:
    """Move a content, unless what it follows has pulled it past the embargo already; ask again who approved the old."""
    content = session.get_one(Content, (session.agency_id, touched.content_id))
    if touched.moves_to and new and new.forbids(content.scheduled_at, content.channel_kinds):
        put_at(session, actor, content, touched.moves_to)
    if touched.asks_again and content.state in _SUBMITTED:
        reopen(session, content, actor)
        session.flush()
        record(session, actor, "content.reopened", "content", content.id, brand_id=content.brand_id, by="embargo")
