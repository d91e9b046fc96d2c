"""How an agency is guarded, as its settings page shows it: each table in one statement, however many there are."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from tenants.brands import Brand
from tenants.identities import SignIn
from tenants.members import Membership, has_second_step
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.calendars.models import CalendarFeed
from unisson.identity.sign_ins import IDLE
from unisson.publishing.models import Channel
from unisson.sign_on.models import IdentityProvider

EXPORTS = 10


class Guarded(NamedTuple):
    """A member: whether they have a second step, in how many browsers they are signed in, when they last acted here."""

    id: uuid.UUID
    name: str
    role: str
    has_second_step: bool
    browsers: int
    last_at: datetime | None
    feeds: int


class Connected(NamedTuple):
    """A channel that the agency holds the access to."""

    id: uuid.UUID
    brand: str
    brand_slug: str
    kind: str
    name: str
    since: datetime
    trouble: str | None


class Trusted(NamedTuple):
    """An identity provider that lets people in. `off_since`: since when it does not."""

    id: uuid.UUID
    name: str
    issuer: str
    off_since: datetime | None


class Taken(NamedTuple):
    """A file that somebody took out."""

    at: datetime
    who: str
    verb: str


def members(session: TenantSession) -> Sequence[Guarded]:
    """Return who can sign in to the agency, by name.

    Of their browsers the number alone: where and when they are used is the person's own, and may be another agency's.
    """
    alive = (
        select(func.count())
        .select_from(SignIn)
        .where(
            SignIn.identity_id == Membership.identity_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > func.clock_timestamp(),
            SignIn.last_seen_at > func.clock_timestamp() - IDLE,
        )
        .scalar_subquery()
    )
    last = (
        select(Event.at)
        .where(Event.agency_id == Membership.agency_id, Event.actor_id == Membership.id)
        .order_by(Event.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    feeds = (
        select(func.count())
        .select_from(CalendarFeed)
        .where(
            CalendarFeed.agency_id == Membership.agency_id,
            CalendarFeed.membership_id == Membership.id,
            CalendarFeed.revoked_at.is_(None),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Membership.id,
            Membership.name,
            Membership.agency_role,
            has_second_step(Membership.identity_id),
            alive,
            last,
            feeds,
        )
        .where(Membership.removed_at.is_(None), Membership.joined_at.is_not(None))
        .order_by(Membership.name, Membership.id)
    )
    return [Guarded(*row) for row in rows]


def channels(session: TenantSession) -> Sequence[Connected]:
    """Return what is connected, by brand and name."""
    rows = session.execute(
        select(Channel.id, Brand.name, Brand.slug, Channel.kind, Channel.name, Channel.created_at, Channel.trouble)
        .join(Brand, (Brand.agency_id == Channel.agency_id) & (Brand.id == Channel.brand_id))
        .where(Channel.disconnected_at.is_(None), ~Channel.mockup, Brand.archived_at.is_(None))
        .order_by(Brand.name, Channel.kind, Channel.name)
    )
    return [Connected(*row) for row in rows]


def exports(session: TenantSession) -> Sequence[Taken]:
    """Return the files that were taken out last, the newest first."""
    rows = session.execute(
        select(Event.at, Event.actor_name, Event.verb)
        .where(Event.family == "export")
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(EXPORTS)
    )
    return [Taken(*row) for row in rows]


def providers(session: TenantSession) -> Sequence[Trusted]:
    """Return the agency's identity providers, by name."""
    row = IdentityProvider
    rows = session.execute(select(row.id, row.name, row.issuer, row.off_since).order_by(row.name, row.id))
    return [Trusted(*each) for each in rows]
