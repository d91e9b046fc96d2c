"""Private feeds: made, listed and revoked by whom they are of, and opened by their secret address alone.

A feed is a window, not a copy: whatever it shows is asked for at that moment, as the person who made it. It holds no
right of its own.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import Identity
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.calendars.models import CalendarFeed
from unisson.portal.guests import actor_of
from unisson.vault import new_token, token_hash
from unisson.web.guards import BrandCard
from unisson.web.i18n import lazy

MOST_FEEDS = 20
LONG_NAME = 100
NOTED_EVERY = timedelta(hours=1)
"""How often it is noted that a feed is read: programs come every few minutes."""

NO_NAME = lazy("Give the feed a name: your calendar will show it.")
TOO_LONG = lazy("A name has 100 characters at most.")
TOO_MANY = lazy("You have 20 feeds already. Revoke one that nothing reads any more.")


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed as its owner's list shows it. `brand` is None for all that they see."""

    id: uuid.UUID
    name: str
    brand: str | None
    created_at: datetime
    read_at: datetime | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A feed that somebody opened: as whom, in which language, and the brands whose calendar they see now."""

    feed: CalendarFeed
    actor: Actor
    language: str | None
    brands: Sequence[BrandCard]


def make_feed(session: TenantSession, actor: Actor, name: str, brand_id: uuid.UUID | None) -> tuple[CalendarFeed, str]:
    """Return a new feed and the token that opens it, which is kept nowhere.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    if brand_id is not None:
        actor.require(Permission.CALENDAR_SEE, brand_id)
    if not name:
        raise RefusedError(NO_NAME, field="name")
    if len(name) > LONG_NAME:
        raise RefusedError(TOO_LONG, field="name")
    live = session.scalar(_LIVE.where(CalendarFeed.membership_id == actor.membership_id)) or 0
    if live >= MOST_FEEDS:
        raise RefusedError(TOO_MANY)
    token = new_token()
    feed = CalendarFeed(
        membership_id=actor.membership_id, brand_id=brand_id, name=name, token_hash=token_hash(token),
        created_at=utcnow(),
    )  # fmt: skip
    session.add(feed)
    session.flush()
    record(session, actor, "feed.made", "feed", feed.id, brand_id=brand_id, name=name)
    return feed, token


def feeds_of(session: TenantSession, actor: Actor) -> Sequence[FeedLine]:
    """Return the actor's feeds that still open, the newest first."""
    rows = session.execute(
        select(
            CalendarFeed.id,
            CalendarFeed.name,
            Brand.name,
            CalendarFeed.created_at,
            CalendarFeed.read_at,
            CalendarFeed.expires_at,
        )
        .outerjoin(Brand, (Brand.agency_id == CalendarFeed.agency_id) & (Brand.id == CalendarFeed.brand_id))
        .where(CalendarFeed.membership_id == actor.membership_id, CalendarFeed.revoked_at.is_(None))
        .order_by(CalendarFeed.created_at.desc(), CalendarFeed.id)
    )
    return [FeedLine(*row) for row in rows]


def revoke_feed(session: TenantSession, actor: Actor, feed_id: uuid.UUID) -> str:
    """Make one of the actor's feeds open nothing any more; return its name. Raises NotFoundError."""
    feed = session.scalars(
        select(CalendarFeed)
        .where(CalendarFeed.id == feed_id, CalendarFeed.membership_id == actor.membership_id)
        .with_for_update()
    ).one_or_none()
    if feed is None:
        raise NotFoundError
    if feed.revoked_at is None:
        feed.revoked_at = utcnow()
        session.flush()
        record(session, actor, "feed.revoked", "feed", feed.id, brand_id=feed.brand_id, name=feed.name)
    return feed.name


def open_feed(session: TenantSession, token: str) -> OpenFeed:
    """Return what a token opens at this moment; no brand where its person sees none any more.

    Raises NotFoundError where it opens nothing: unknown, revoked, or of somebody who is disabled or has left. Whoever
    left and came back has joined after it was made.
    """
    row = session.execute(_OPENED.where(CalendarFeed.token_hash == token_hash(token))).one_or_none()
    if row is None:
        raise NotFoundError
    feed, person, spoken = row
    actor = actor_of(session, person)
    wanted = _BRANDS if feed.brand_id is None else _BRANDS.where(Brand.id == feed.brand_id)
    cards = [BrandCard(*brand) for brand in session.execute(wanted)]
    seen = [card for card in cards if actor.may(Permission.CALENDAR_SEE, card.id)]
    return OpenFeed(feed, actor, spoken or person.language, seen)


def note_reading(feed: CalendarFeed) -> None:
    """Note that a program reads the feed, once an hour at most."""
    now = utcnow()
    if feed.read_at is None or now - feed.read_at > NOTED_EVERY:
        feed.read_at = now


_LIVE = select(func.count()).select_from(CalendarFeed).where(CalendarFeed.revoked_at.is_(None))
_OPENED = (
    select(CalendarFeed, Membership, Identity.language)
    .join(Membership, (Membership.agency_id == CalendarFeed.agency_id) & (Membership.id == CalendarFeed.membership_id))
    .join(Identity, Identity.id == Membership.identity_id)
    .where(
        CalendarFeed.revoked_at.is_(None),
        CalendarFeed.expires_at.is_(None),
        Membership.removed_at.is_(None),
        Membership.joined_at <= CalendarFeed.created_at,
        Identity.disabled_at.is_(None),
    )
)
_BRANDS = (
    select(Brand.id, Brand.slug, Brand.name, Brand.accent, Brand.timezone, Brand.language, Brand.sector)
    .where(Brand.archived_at.is_(None))
    .order_by(Brand.name, Brand.id)
)
