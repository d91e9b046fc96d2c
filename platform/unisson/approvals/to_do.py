"""What a person goes on with themselves: changes asked of them, their drafts whose date comes, what did not go out."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState

SOON = timedelta(days=3)
"""From this long before its date on, a draft is one's to see to: approving takes its time."""

PAST = timedelta(days=30)
"""What was to go out longer ago stands in the calendar alone."""

MOST = 200

_STUCK = (ContentState.HELD, ContentState.FAILED)


@dataclass(frozen=True, slots=True)
class ToDo:
    """One content that nobody is asked about: its author, or whoever decides on what is stuck, goes on with it."""

    content_id: uuid.UUID
    title: str
    excerpt: str
    kind: str
    state: str
    brand_name: str
    accent: str
    zone: str
    scheduled_at: datetime | None
    late: bool | None
    channel_kinds: str


def to_do_of(session: TenantSession, actor: Actor, brands: Collection[uuid.UUID]) -> Sequence[ToDo]:
    """Return what the person goes on with in `brands`, the nearest date first, in one query however much it is."""
    writable = [each for each in brands if actor.may(Permission.CONTENT_WRITE, each)]
    to_resolve = [each for each in brands if actor.may(Permission.PUBLICATION_RESOLVE, each)]
    now = func.clock_timestamp()
    mine = (Content.author_id == actor.membership_id) & Content.brand_id.in_(writable)
    wanted = (
        (mine & (Content.state == ContentState.CHANGES_REQUESTED))
        | (mine & (Content.state == ContentState.DRAFT) & (Content.scheduled_at < now + SOON))
        | (Content.state.in_(_STUCK) & Content.brand_id.in_(to_resolve))
    )
    rows = session.execute(
        select(
            Content.id, Content.title, func.left(Content.body, 140), Content.kind, Content.state,
            Brand.name, Brand.accent, Content.zone, Content.scheduled_at,
            (Content.scheduled_at <= now), Content.channel_kinds,
        )
        .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
        .where(Content.brand_id.in_({*writable, *to_resolve}), Brand.archived_at.is_(None))
        .where((Content.scheduled_at > now - PAST) | Content.scheduled_at.is_(None))
        .where(wanted)
        .order_by(Content.scheduled_at.nulls_last(), Content.id)
        .limit(MOST)
    )  # fmt: skip
    return [ToDo(*row) for row in rows]
