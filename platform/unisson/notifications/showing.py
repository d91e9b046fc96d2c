"""Which notices somebody may still see: of brands that they know, and of contents that they see there now."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, SQLColumnExpression, Subquery, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute

from tenants.access import Actor
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import visible_states
from unisson.notifications.models import Notice
from unisson.threads.models import Audience

MOST = 100
"""Unread notices that are counted: the bell says 99+ for more."""

AUDIENCE = func.coalesce(Notice.about["audience"].as_string(), "")
"""Of a conversation: the agency's own, or with the client; empty for what is none."""

_Id = uuid.UUID | ColumnElement[Any] | InstrumentedAttribute[uuid.UUID]

Place = tuple[str | None, str | None, str, int]
"""A brand, a state of contents there, the audience of a conversation, and how many unread notices are about it."""


def shown_to(actor: Actor, brands: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Return which notices show to `actor`, who knows `brands`, in a statement that outer joins `Content`."""
    whole = [each for each in brands if actor.may(Permission.CONTENT_WRITE, each)]
    parts: list[ColumnElement[bool]] = [
        Notice.brand_id.is_(None),
        and_(Notice.content_id.is_(None), Notice.brand_id.in_(brands)),
        Content.brand_id.in_(whole),
    ]
    for each in set(brands) - set(whole):
        states = [state.value for state in visible_states(actor, each)]
        if states:
            is_theirs = AUDIENCE.is_distinct_from(Audience.INTERNAL.value)
            parts.append(and_(Content.brand_id == each, Content.state.in_(states), is_theirs))
    return or_(*parts)


def unread_of(session: TenantSession, actor: Actor, brands: Collection[uuid.UUID]) -> int:
    """Return how many unread notices show to `actor`, up to MOST."""
    counted = select(unread_by_place(session.agency_id, actor.membership_id))
    return counted_for(actor, brands, session.scalar(counted))


def counted_for(actor: Actor, brands: Collection[uuid.UUID], places: Iterable[Sequence[Any]] | None) -> int:
    """Return how many of what `unread_by_place` counted show to `actor`, who knows `brands`."""
    known = {str(each): each for each in brands}
    return sum(place[3] for place in places or () if _shows(actor, known, place))


def _shows(actor: Actor, known: dict[str, uuid.UUID], place: Sequence[Any]) -> bool:
    brand, state, audience, _number = place
    if brand is None:
        return True
    brand_id = known.get(brand)
    if brand_id is None:
        return False
    if state is None or actor.may(Permission.CONTENT_WRITE, brand_id):
        return True
    return audience != Audience.INTERNAL.value and ContentState(state) in visible_states(actor, brand_id)


def unread_by_place(agency_id: _Id, membership_id: _Id) -> Any:
    """Return the newest unread notices of a member, counted by place, as one JSON column of a statement."""
    places = unread_places(agency_id, membership_id)
    in_order = aggregate_order_by(
        func.json_build_array(*places.c), places.c.brand_id, places.c.state, places.c.audience
    )
    return select(func.json_agg(in_order)).scalar_subquery()


def unread_places(agency_id: _Id, membership_id: _Id) -> Subquery:
    """Return the same as rows, each a `Place`."""
    newest = (
        select(Notice.agency_id, Notice.brand_id, Notice.content_id, AUDIENCE.label("audience"))
        .where(*_unread(agency_id, membership_id))
        .order_by(Notice.created_at.desc())
        .limit(MOST)
        .correlate_except(Notice)
        .subquery()
    )
    return (
        select(newest.c.brand_id, Content.state, newest.c.audience, func.count().label("number"))
        .select_from(newest)
        .outerjoin(Content, (Content.agency_id == newest.c.agency_id) & (Content.id == newest.c.content_id))
        .group_by(newest.c.brand_id, Content.state, newest.c.audience)
        .subquery()
    )


def none_unread(agency_id: _Id, membership_id: _Id) -> ColumnElement[bool]:
    """Return whether a member has no unread notice, as a column of a statement."""
    return ~select(Notice.id).where(*_unread(agency_id, membership_id)).correlate_except(Notice).exists()


def _unread(agency_id: _Id, membership_id: _Id) -> tuple[SQLColumnExpression[bool], ...]:
    return (
        Notice.agency_id == agency_id,
        Notice.membership_id == membership_id,
        Notice.read_at.is_(None),
        Notice.in_app,
    )
