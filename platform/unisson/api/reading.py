"""What a token's holder reads, by the same rules as a person: brands they see, contents in the states they see."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from tenants import brands
from tenants.access import Actor
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.api.answers import Brand, Brands, Calendar, Content, Contents, Entry
from unisson.editorial import models
from unisson.editorial.contents import brand_of, load
from unisson.editorial.models import ContentKind, ContentState
from unisson.editorial.visibility import visible_states

PERIOD = timedelta(days=92)
MOST_ENTRIES = 2_000
PAGE = 50
MOST_A_PAGE = 100

Card = brands.Brand


def cards(session: TenantSession, actor: Actor, permission: Permission, slug: str | None = None) -> Sequence[Card]:
    """Return the brands that the actor has the permission on, by name; one by its slug. Raises NotFoundError for it."""
    query = select(Card).where(Card.archived_at.is_(None)).order_by(Card.name)
    found = session.scalars(query.where(Card.slug == slug) if slug is not None else query)
    seen = [card for card in found if actor.sees_brand(card.id) and actor.may(permission, card.id)]
    if slug is not None and not seen:
        raise NotFoundError
    return seen


def all_brands(session: TenantSession, actor: Actor) -> Brands:
    """Return the brands that the actor sees."""
    return Brands(
        brands=[
            Brand(slug=one.slug, name=one.name, timezone=one.timezone, language=one.language, sector=one.sector)
            for one in cards(session, actor, Permission.CALENDAR_SEE)
        ]
    )


def contents(session: TenantSession, actor: Actor, card: Card, after: uuid.UUID | None, limit: int) -> Contents:
    """Return contents of a brand in the order in which they were made, after one of them."""
    query = _entries(actor, [card]).order_by(models.Content.id).limit(limit + 1)
    if after is not None:
        query = query.where(models.Content.id > after)
    found = [_entry(row) for row in session.execute(query)]
    return Contents(contents=found[:limit], next=found[limit - 1].id if len(found) > limit else None)


def content(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> Content:
    """Return one content. Raises NotFoundError."""
    one = load(session, actor, content_id, Permission.CONTENT_SEE)
    return Content(
        id=one.id,
        brand=brand_of(session, one).slug,
        kind=ContentKind(one.kind),
        state=ContentState(one.state),
        title=one.title,
        scheduled_at=_utc(one.scheduled_at),
        timezone=one.zone,
        channels=one.channel_kinds.split(),
        address=one.live_url,
        version=one.version,
        text=one.body,
        tags=one.tags,
        created_at=one.created_at.astimezone(UTC),
    )


def calendar(session: TenantSession, actor: Actor, seen: Sequence[Card], since: datetime, until: datetime) -> Calendar:
    """Return what is planned on brands from `since` on and before `until`, in one statement."""
    when = models.Content.scheduled_at
    query = _entries(actor, seen).where(when >= since, when < until).order_by(when, models.Content.id)
    found = [_entry(row) for row in session.execute(query.limit(MOST_ENTRIES + 1))]
    return Calendar(entries=found[:MOST_ENTRIES], is_cut=len(found) > MOST_ENTRIES)


def _entries(actor: Actor, seen: Sequence[Card]) -> Select[*tuple[Any, ...]]:
    row = models.Content
    return (
        select(
            row.id, Card.slug, row.kind, row.state, row.title, row.scheduled_at, row.zone, row.channel_kinds,
            row.live_url, row.version,
        )
        .join(Card, and_(Card.agency_id == row.agency_id, Card.id == row.brand_id))
        .where(row.brand_id.in_([card.id for card in seen]), _in_a_state_seen(actor, seen))
    )  # fmt: skip


def _in_a_state_seen(actor: Actor, seen: Sequence[Card]) -> ColumnElement[bool]:
    """Return the condition that each brand's contents are in a state that the actor sees there."""
    row = models.Content
    by_states: dict[frozenset[ContentState], list[uuid.UUID]] = {}
    for card in seen:
        by_states.setdefault(visible_states(actor, card.id), []).append(card.id)
    return or_(
        False,
        *(
            and_(row.brand_id.in_(ids), row.state.in_([state.value for state in states]))
            for states, ids in by_states.items()
        ),
    )


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        id=row.id,
        brand=row.slug,
        kind=ContentKind(row.kind),
        state=ContentState(row.state),
        title=row.title,
        scheduled_at=_utc(row.scheduled_at),
        timezone=row.zone,
        channels=row.channel_kinds.split(),
        address=row.live_url,
        version=row.version,
    )


def _utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
