"""The contents of a month as rows: what its page shows of them, with their texts, for a file."""

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, cast, func, select

from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.calendars.filters import narrowed_by
from unisson.calendars.reading import DATED, Scope
from unisson.editorial.models import Content
from unisson.editorial.press import Press, shown_press
from unisson.topics.models import Topic
from unisson.web.guards import BrandCard
from unisson.web.i18n import lazy

MOST_ROWS = 5_000
MOST_BYTES = 32 * 1024 * 1024
"""Of texts; both bound what one file takes of a web process."""

TOO_MANY = lazy("This month holds more than one file takes: 5,000 contents, or 32 MB of texts. Choose one brand.")


@dataclass(frozen=True, slots=True)
class Line:
    """One content of the month. `at` is on its brand's clock; `topic` is empty for those who plan none.

    `press` is what a release has besides its text, and nothing for other kinds.
    """

    at: datetime
    brand: BrandCard
    title: str
    body: str
    state: str
    kind: str
    channel_kinds: str
    topic: str
    live_url: str
    press: Press

    @property
    def day(self) -> date:
        """Return the day on the brand's clock."""
        return self.at.date()

    @property
    def clock(self) -> time:
        """Return the time of day on the brand's clock, in whole minutes."""
        return self.at.time().replace(second=0, microsecond=0)


_LINES = (
    select(
        Content.brand_id, Content.scheduled_at, Content.title, Content.body, Content.state, Content.kind,
        Content.channel_kinds, Topic.title.label("topic"), Content.live_url, Content.press,
    )
    .outerjoin(Topic, (Topic.agency_id == Content.agency_id) & (Topic.id == Content.topic_id))
    .where(DATED)
    .order_by(Content.scheduled_at, Content.id)
)  # fmt: skip
_BYTES = func.octet_length(Content.body) + func.coalesce(func.octet_length(cast(Content.press, Text)), 0)
_WEIGHT = select(func.count(), func.coalesce(func.sum(_BYTES), 0)).where(DATED)


def lines(
    session: TenantSession, scope: Scope, brands: Sequence[BrandCard], planning: Collection[uuid.UUID]
) -> Sequence[Line]:
    """Return the scope's contents from the first to the last day of its month, on each brand's own clock, by time.

    Topics show of the brands in `planning` alone: they are the agency's own. Raises RefusedError where it is too much.
    """
    count, weight = session.execute(_WEIGHT.where(*_only(scope)), scope.parameters).one()
    if count > MOST_ROWS or weight > MOST_BYTES:
        raise RefusedError(TOO_MANY)
    return list(_read(session, scope, {card.id: card for card in brands}, planning))


def _read(
    session: TenantSession, scope: Scope, cards: Mapping[uuid.UUID, BrandCard], planning: Collection[uuid.UUID]
) -> Iterator[Line]:
    zones = {card.id: ZoneInfo(card.timezone) for card in cards.values()}
    rows = session.execute(_LINES.where(*_only(scope)), scope.parameters)
    for brand_id, at, title, body, state, kind, channels, topic, live, press in rows:
        assert at is not None  # noqa: S101 - DATED says so; for the type checker
        there = at.astimezone(zones[brand_id])
        if scope.span.holds(there.date()):
            shown = topic or "" if brand_id in planning else ""
            around = shown_press(kind, press) or Press()
            yield Line(there, cards[brand_id], title, body, state, kind, channels, shown, live or "", around)


def _only(scope: Scope) -> list[ColumnElement[bool]]:
    return narrowed_by(scope.filters.shape)
