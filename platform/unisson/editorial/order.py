"""The order between contents of a topic: “release, then newsroom, then post 15 minutes later”.

A content may follow another one of its topic, so many minutes after it. When the first moves, what follows it moves
along, in the same transaction; when the first is late, the publisher and the database's gate hold back what follows.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.contents import load
from unisson.editorial.models import EDITABLE, Content, ContentState
from unisson.editorial.reopening import date_is_free, follow_date, reopen
from unisson.editorial.timing import fold_of, must_be_future, wall_time_of
from unisson.media.rights import check_submitted
from unisson.topics.embargo import check_embargo
from unisson.web.i18n import _, later, lazy, say_time

LONGEST = 30 * 24 * 60
"""Minutes between two contents at most."""
MOST_IN_A_ROW = 20

NO_DELAY = lazy("Give a number of minutes from 0 to 43,200 (thirty days).")
CIRCLE = lazy("They would follow each other in a circle. Choose another content.")
LONG_ROW = lazy("Twenty contents follow each other at most.")
FAR_APART = lazy("What follows another content comes thirty days after it at most.")


def place_after(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    first_id: uuid.UUID | None,
    minutes: int = 0,
    *,
    topic_id: uuid.UUID,
) -> Content:
    """Return the content, following `first_id` by so many minutes, or no other any more; its date goes along.

    Raises NotFoundError for a content that is not of the topic; RefusedError for a circle, or a date that can't be.
    """
    content = load(session, actor, content_id, Permission.CONTENT_SCHEDULE, lock=True)
    if content.topic_id != topic_id:
        raise NotFoundError
    if first_id is None:
        content.follows_id = content.follows_after = None
        session.flush()
        record(session, actor, "content.unordered", "content", content.id, brand_id=content.brand_id)
        return content
    if not 0 <= minutes <= LONGEST:
        raise RefusedError(NO_DELAY, field="minutes")
    first = _first(session, content, first_id)
    content.follows_id, content.follows_after = first.id, minutes
    if first.scheduled_at is not None and ContentState(content.state) in EDITABLE:
        put_at(session, actor, content, first.scheduled_at + timedelta(minutes=minutes))
    session.flush()
    record(session, actor, "content.ordered", "content", content.id, brand_id=content.brand_id, minutes=minutes)
    return content


def followers_of(session: TenantSession, content: Content) -> Sequence[Content]:
    """Return what follows a content at once, by delay."""
    if content.topic_id is None:
        return []
    return session.scalars(
        select(Content).where(Content.follows_id == content.id).order_by(Content.follows_after, Content.id)
    ).all()


class Place(NamedTuple):
    """Where a content stands in the order of its topic: after which one, and before which."""

    first: Content | None
    row: Sequence[Content]


NOWHERE = Place(None, ())


def place_of(session: TenantSession, content: Content) -> Place:
    """Return a content's place in the order of its topic."""
    if content.topic_id is None:
        return NOWHERE
    first = session.get(Content, (session.agency_id, content.follows_id)) if content.follows_id else None
    return Place(first, row_after(session, content))


def row_after(session: TenantSession, content: Content) -> Sequence[Content]:
    """Return all that follows a content, at once or after another, in one statement."""
    if content.topic_id is None:
        return []
    walk = select(Content.id).where(Content.follows_id == content.id).cte("walk", recursive=True)
    walk = walk.union(select(Content.id).where(Content.follows_id == walk.c.id))
    return session.scalars(
        select(Content).where(Content.id.in_(select(walk.c.id))).order_by(Content.scheduled_at, Content.id)
    ).all()


def pull(session: TenantSession, actor: Actor, content: Content) -> None:
    """Move what follows a content to its places after the content's new date, with all that follows in turn."""
    if content.scheduled_at is None:
        return
    for follower in followers_of(session, content):
        if ContentState(follower.state) in EDITABLE and follower.follows_after is not None:
            put_at(session, actor, follower, content.scheduled_at + timedelta(minutes=follower.follows_after))


def keep_order(session: TenantSession, content: Content) -> None:
    """Take a content's own new date into the order: it comes as much after its first as it now does.

    Raises RefusedError where it would come before.
    """
    if content.follows_id is None:
        return
    if content.scheduled_at is None:
        content.follows_id = content.follows_after = None
        return
    first = session.get_one(Content, (session.agency_id, content.follows_id))
    if first.scheduled_at is None:
        return
    apart = content.scheduled_at - first.scheduled_at
    if apart < timedelta():
        raise RefusedError(later(_say_before, first.title or first.body[:60], first.scheduled_at, first.zone),
                           field="wall_time")  # fmt: skip
    minutes = int(apart.total_seconds() // 60)
    if minutes > LONGEST:
        raise RefusedError(FAR_APART, field="wall_time")
    content.follows_after = minutes


def leave_order(session: TenantSession, content: Content) -> None:
    """Take a content out of its topic's order, with what follows it: it goes to another topic, or to none."""
    for follower in followers_of(session, content):
        follower.follows_id = follower.follows_after = None
    content.follows_id = content.follows_after = None


def _first(session: TenantSession, content: Content, first_id: uuid.UUID) -> Content:
    """Return what is to be followed, locked; what it follows in turn can't be changed into a circle meanwhile."""
    row = 0
    first = _locked(session, first_id)
    if first.topic_id != content.topic_id or first.brand_id != content.brand_id:
        raise NotFoundError
    above: Content | None = first
    while above is not None:
        row += 1
        if above.id == content.id:
            raise RefusedError(CIRCLE, field="first_id")
        if row > MOST_IN_A_ROW:
            raise RefusedError(LONG_ROW, field="first_id")
        above = _locked(session, above.follows_id) if above.follows_id else None
    return first


def _locked(session: TenantSession, content_id: uuid.UUID) -> Content:
    wanted = select(Content).where(Content.id == content_id).with_for_update()
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def put_at(session: TenantSession, actor: Actor, content: Content, instant: datetime) -> None:
    """Give a content that may change another date, and what follows it its own; approvals of the date are asked again.

    Raises RefusedError for a date that has passed, is before the embargo, or past the rights of an image.
    """
    if content.scheduled_at == instant:
        return
    must_be_future(instant, session.now())
    check_embargo(session, content.topic_id, instant, content.channel_kinds)
    content.scheduled_at, content.wall_time = instant, wall_time_of(instant, content.zone)
    content.fold = fold_of(instant, content.zone)
    check_submitted(session, content)
    reopened = (
        content.state != ContentState.DRAFT and not date_is_free(session, content) and reopen(session, content, actor)
    )
    session.flush()
    if not reopened:
        follow_date(session, content)
    record(session, actor, "content.moved", "content", content.id, brand_id=content.brand_id, reopened=reopened)
    pull(session, actor, content)


def _say_before(title: str, at: datetime, zone: str) -> str:
    return _(
        "It comes after “%(title)s” (%(at)s). Choose a later time, or take it out of the order on the topic's page.",
        title=title,
        at=say_time(at, zone, "moment_year"),
    )
