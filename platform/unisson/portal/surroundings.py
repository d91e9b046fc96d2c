"""What stands around a content on a client's pages: the days about it, and the colleagues who may decide instead."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tenants.base import utcnow
from tenants.permissions import BRAND_ROLE_PERMISSIONS, Permission
from tenants.session import TenantSession
from unisson.approvals.roster import roster
from unisson.editorial.models import Content
from unisson.editorial.visibility import visible_states
from unisson.portal.guests import Guest

AROUND = timedelta(days=14)
MOST_AROUND = 20
NEAREST = 8
"""How many stand beside one content: its page holds its previews and its forms too."""


@dataclass(frozen=True, slots=True)
class Around:
    """One content of the brand near the dates that are looked at."""

    content_id: uuid.UUID
    title: str
    at: datetime
    zone: str
    state: str
    channel_kinds: tuple[str, ...]


def colleagues(session: TenantSession, guest: Guest) -> list[tuple[uuid.UUID, str]]:
    """Return the client's other people who may be handed a decision, by name."""
    there = roster(session, guest.brand)
    found = [
        person
        for person in there.people.values()
        if person.id != guest.person.id
        and there.is_outside(person)
        and any(Permission.CONTENT_SEE in BRAND_ROLE_PERMISSIONS[role] for role in there.roles.get(person.id, ()))
    ]
    return [(each.id, each.name) for each in sorted(found, key=lambda each: (each.name.casefold(), each.id))]


def around(
    session: TenantSession, guest: Guest, moments: Sequence[datetime | None], most: int = MOST_AROUND
) -> list[Around]:
    """Return the brand's contents two weeks around `moments` (today for none), the nearest `most` that they see."""
    if not guest.actor.may(Permission.CALENDAR_SEE, guest.brand.id):
        return []
    dated = [each for each in moments if each] or [utcnow()]
    rows = session.execute(
        select(
            Content.id, Content.title, func.left(Content.body, 80).label("lead"), Content.scheduled_at, Content.zone,
            Content.state, Content.channel_kinds,
        )
        .where(
            Content.brand_id == guest.brand.id,
            Content.state.in_(visible_states(guest.actor, guest.brand.id)),
            Content.scheduled_at >= min(dated) - AROUND,
            Content.scheduled_at < max(dated) + AROUND,
        )
        .order_by(func.abs(func.extract("epoch", Content.scheduled_at - min(dated))), Content.id)
        .limit(most)
    )  # fmt: skip
    found = [
        Around(row.id, row.title or row.lead, row.scheduled_at, row.zone, row.state, tuple(row.channel_kinds.split()))
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.at, each.content_id))
