"""What a feed shows today: the dated contents of its brands, as its person sees them, without their texts."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import literal_column, select

from tenants.base import utcnow
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.calendars.feeds import OpenFeed
from unisson.calendars.reading import DATED
from unisson.editorial.models import Content, ContentState

BEHIND = timedelta(days=31)
AHEAD = timedelta(days=366)
MOST_EVENTS = 2_000


class Planned(NamedTuple):
    """One dated content."""

    id: uuid.UUID
    brand_id: uuid.UUID
    at: datetime
    title: str
    state: str
    kind: str
    channel_kinds: str
    live_url: str | None
    version: int


_PLANNED = (
    select(
        Content.id, Content.brand_id, Content.scheduled_at, Content.title, Content.state, Content.kind,
        Content.channel_kinds, Content.live_url, Content.version,
    )
    .where(DATED, Content.state != literal_column(f"'{ContentState.CANCELLED}'"))
    .order_by(Content.scheduled_at, Content.id)
    .limit(MOST_EVENTS + 1)
)  # fmt: skip


def planned(session: TenantSession, opened: OpenFeed) -> Sequence[Planned]:
    """Return a month behind and a year ahead by time: MOST_EVENTS of them, and one that says that there are more.

    What is cancelled is not among them.
    """
    today = utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
    brands = [card.id for card in opened.brands]
    asked = {
        "brands": brands,
        "writable": [each for each in brands if opened.actor.may(Permission.CONTENT_WRITE, each)],
        "since": today - BEHIND,
        "until": today + AHEAD,
    }
    return [Planned._make(row) for row in session.execute(_PLANNED, asked)] if brands else []
