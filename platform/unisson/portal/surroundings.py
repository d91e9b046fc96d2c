"""What stands around a content on a client's pages: the days about it, and the colleagues who may decide instead."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, DateTime, Integer, Text, Uuid, any_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.base import utcnow
from tenants.permissions import BRAND_ROLE_PERMISSIONS, Permission
from tenants.session import TenantSession
from tenants.wire import Question
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

    @classmethod
    def read(cls, row: Sequence[str]) -> "Around":
        """Return it of a row, as the database writes it."""
        content, title, at, zone, state = row
        return cls(uuid.UUID(content), title, datetime.fromisoformat(at), zone, state)


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
    since, until = window(moments)
    states = sorted(visible_states(guest.actor, guest.brand.id))
    beside = {"since": since, "first": since + AROUND, "until": until}
    told = session.ask(_AROUND, {"brand": guest.brand.id, "states": states, "most": most, **beside})
    return [Around.read(row) for row in told or ()]


def nearest(first: datetime, rows: Iterable[Around]) -> list[Around]:
    """Return the `MOST_AROUND` nearest to a moment, in the order of their dates."""
    near = sorted(rows, key=lambda each: (abs(each.at - first), each.content_id))[:MOST_AROUND]
    return sorted(near, key=lambda each: (each.at, each.content_id))


def window(moments: Sequence[datetime | None]) -> tuple[datetime, datetime]:
    """Return from when until when the days around `moments` are looked at; around this hour for none."""
    dated = [each for each in moments if each] or [utcnow().replace(minute=0, second=0, microsecond=0)]
    return min(dated) - AROUND, max(dated) + AROUND


def _nearest() -> Question:
    since, first, until = (bindparam(each, type_=DateTime(timezone=True)) for each in ("since", "first", "until"))
    rows = (
        select(
            Content.id, case((Content.title == "", func.left(Content.body, 80)), else_=Content.title).label("title"),
            Content.scheduled_at, Content.zone, Content.state,
        )
        .where(
            Content.brand_id == bindparam("brand", type_=Uuid),
            Content.state == any_(bindparam("states", type_=ARRAY(Text))),
            Content.scheduled_at >= since,
            Content.scheduled_at < until,
        )
        .order_by(func.abs(func.extract("epoch", Content.scheduled_at - first)), Content.id)
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )  # fmt: skip
    told = func.json_build_array(*rows.c)
    return Question(select(func.json_agg(aggregate_order_by(told, rows.c.scheduled_at, rows.c.id))))


_AROUND = _nearest()
