"""Sharing a brand's calendar with others by a link: what clients may see of it, and nothing under an embargo.

A shared link is a feed (`feeds`) with an end: it opens as long as whoever made it may write for the brand.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import NotFoundError, RefusedError
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.calendars.feeds import make_feed
from unisson.calendars.models import CalendarFeed
from unisson.calendars.period import Month
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.portal.guests import actor_of
from unisson.topics.embargo import lasting_embargo
from unisson.vault import token_hash
from unisson.web.i18n import lazy

LASTS = (30, 90, 365)
"""Days that a link may last."""
MOST = 500

NO_BRAND = lazy("Choose the brand whose calendar others may read.")
NO_END = lazy("Choose how long the link lasts.")

_SHOWN = tuple(state.value for state in SHOWN_TO_CLIENTS - {ContentState.HELD, ContentState.FAILED})


class Entry(NamedTuple):
    """One content as others see it: never its text."""

    at: datetime
    title: str
    kind: str
    state: str
    channel_kinds: str
    live_url: str | None


@dataclass(frozen=True, slots=True)
class Day:
    """A day on the brand's clock that holds something."""

    day: date
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Shared:
    """A link that somebody opened: its brand, and until when it opens."""

    brand: Brand
    expires_at: datetime


def share(
    session: TenantSession, actor: Actor, name: str, brand_id: uuid.UUID | None, days: int | None
) -> tuple[CalendarFeed, str]:
    """Return a new link and the token that opens it, which is kept nowhere. Raises ForbiddenError, RefusedError."""
    if brand_id is None:
        raise RefusedError(NO_BRAND, field="brand")
    if days not in LASTS:
        raise RefusedError(NO_END, field="lasts")
    actor.require(Permission.CONTENT_WRITE, brand_id)
    feed, token = make_feed(session, actor, name, brand_id)
    feed.expires_at = utcnow() + timedelta(days=days)
    session.flush()
    return feed, token


def open_shared(session: TenantSession, token: str) -> Shared:
    """Return what a token opens at this moment. Raises NotFoundError where it opens nothing (any more)."""
    row = session.execute(
        select(CalendarFeed, Membership)
        .join(
            Membership,
            (Membership.agency_id == CalendarFeed.agency_id) & (Membership.id == CalendarFeed.membership_id),
        )
        .where(
            CalendarFeed.token_hash == token_hash(token),
            CalendarFeed.revoked_at.is_(None),
            CalendarFeed.expires_at > func.clock_timestamp(),
            Membership.removed_at.is_(None),
            Membership.joined_at <= CalendarFeed.created_at,
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError
    feed, person = row
    if feed.brand_id is None or feed.expires_at is None:
        raise NotFoundError
    brand = session.get_one(Brand, (session.agency_id, feed.brand_id))
    if brand.archived_at is not None or not actor_of(session, person).may(Permission.CONTENT_WRITE, brand.id):
        raise NotFoundError
    return Shared(brand, feed.expires_at)


def month_for_others(session: TenantSession, brand: Brand, month: Month) -> list[Day]:
    """Return a month's contents as clients see them, without what is under an embargo, by day."""
    zone = ZoneInfo(brand.timezone)
    since, until = month.reach()
    rows = session.execute(
        select(
            Content.scheduled_at,
            func.coalesce(func.nullif(Content.title, ""), ""),
            Content.kind,
            Content.state,
            Content.channel_kinds,
            Content.live_url,
        )
        .where(
            Content.brand_id == brand.id,
            Content.scheduled_at >= since,
            Content.scheduled_at < until,
            Content.state.in_(_SHOWN),
            ~lasting_embargo(),
        )
        .order_by(Content.scheduled_at, Content.id)
        .limit(MOST)
    )
    entries = [Entry(row[0].astimezone(zone), *row[1:]) for row in rows if row[0] is not None]
    days = groupby((each for each in entries if month.holds(each.at.date())), key=lambda each: each.at.date())
    return [Day(day, list(held)) for day, held in days]
