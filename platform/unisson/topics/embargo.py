"""Embargoes: nothing of a topic is dated, moved or sent before its embargo ends.

The verbs ask here and say so in words. The database holds the same rule by itself (`20261127_embargo`): at commit for
dates, whichever way they were changed, and in the gate of every attempt to send.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.topics.models import Holds, Topic
from unisson.web.i18n import _, later, say_time, say_zone

ON_A_LIST = "email"
"""The one kind of channel that the public can't read: it reaches those who are on its list."""


@dataclass(frozen=True, slots=True)
class Embargo:
    """Until when a topic is kept, on the clock of which zone, what of it, and why."""

    until: datetime
    wall_time: datetime
    zone: str
    fold: int = 0
    holds: Holds = Holds.EVERYTHING
    reason: str = ""
    shared: bool = False

    def forbids(self, at: datetime | None, kinds: str) -> bool:
        """Whether a content for channels of `kinds` (as a content stores them) can't be dated `at`."""
        return at is not None and at < self.until and (self.holds is Holds.EVERYTHING or kinds != ON_A_LIST)

    @property
    def said(self) -> object:
        """Return the end of it in words, in the reader's language."""
        return later(lambda: f"{say_time(self.until, self.zone, 'moment_year')} ({say_zone(self.zone)})")


def embargo_of(topic: Topic) -> Embargo | None:
    """Return the topic's embargo; None where it has none."""
    if topic.embargo_until is None or topic.embargo_wall_time is None or topic.embargo_zone is None:
        return None
    return Embargo(
        until=topic.embargo_until,
        wall_time=topic.embargo_wall_time,
        zone=topic.embargo_zone,
        fold=topic.embargo_fold,
        holds=Holds(topic.embargo_holds),
        reason=topic.embargo_reason,
        shared=topic.embargo_shared,
    )


def embargo_on(session: TenantSession, topic_id: uuid.UUID | None, *, lock: bool = False) -> Embargo | None:
    """Return the embargo of a topic; None without a topic. `lock` keeps it as it is until the transaction ends."""
    if topic_id is None:
        return None
    wanted = select(Topic).where(Topic.id == topic_id)
    if lock:
        wanted = wanted.with_for_update(read=True).execution_options(populate_existing=True)
    topic = session.scalars(wanted).one_or_none()
    return embargo_of(topic) if topic else None


def check_embargo(session: TenantSession, topic_id: uuid.UUID | None, at: datetime | None, kinds: str) -> None:
    """Pass if a content of the topic may be dated `at`. Raises RefusedError, at the date."""
    if topic_id is None or at is None:
        return
    check_against(embargo_on(session, topic_id, lock=True), at, kinds)


def check_against(embargo: Embargo | None, at: datetime | None, kinds: str) -> None:
    """Pass if a content for channels of `kinds` may be dated `at` under the embargo. Raises RefusedError."""
    if embargo is not None and embargo.forbids(at, kinds):
        raise RefusedError(later(_say_too_early, embargo), field="wall_time")


def embargoes_of(session: TenantSession, brand_id: uuid.UUID) -> dict[uuid.UUID, Embargo]:
    """Return the embargoes of a brand's topics, by topic."""
    topics = session.scalars(select(Topic).where(Topic.brand_id == brand_id, Topic.embargo_until.is_not(None)))
    return {topic.id: embargo for topic in topics if (embargo := embargo_of(topic)) is not None}


def kept_from_strangers() -> ColumnElement[bool]:
    """Return the condition on contents: their topic is under an embargo that people without a role may not know of."""
    return (
        select(Topic.id)
        .where(
            Topic.agency_id == Content.agency_id,
            Topic.id == Content.topic_id,
            Topic.embargo_until > func.clock_timestamp(),
            Topic.embargo_shared.is_(False),
        )
        .exists()
    )


def lasting_embargo() -> ColumnElement[bool]:
    """Return the condition on contents: their topic is under an embargo now."""
    return (
        select(Topic.id)
        .where(
            Topic.agency_id == Content.agency_id,
            Topic.id == Content.topic_id,
            Topic.embargo_until > func.clock_timestamp(),
        )
        .exists()
    )


def _say_too_early(embargo: Embargo) -> str:
    return _(
        "The topic is under embargo until %(until)s. Choose that moment or a later one; nothing was changed.",
        until=embargo.said,
    )
