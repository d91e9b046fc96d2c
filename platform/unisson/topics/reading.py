"""Lists of topics, and what hangs on one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.topics.models import SETTLED, Pole, Topic, TopicDate

MOST = 200


@dataclass(frozen=True, slots=True)
class TopicRow:
    """One topic of a list, and how many contents hang on it."""

    topic: Topic
    contents: int


class Hanging(NamedTuple):
    """A content that hangs on a topic."""

    id: uuid.UUID
    title: str
    kind: str
    state: str
    scheduled_at: datetime | None
    zone: str
    version: int
    follows_id: uuid.UUID | None
    follows_after: int | None


def topics_of(session: TenantSession, brand_id: uuid.UUID, show: str = "") -> Sequence[TopicRow]:
    """Return a brand's topics in one statement, those opened last first; `show`: ready, cm, rp (waits on), or all."""
    count = (
        select(func.count())
        .select_from(Content)
        .where(Content.agency_id == Topic.agency_id, Content.topic_id == Topic.id)
        .correlate(Topic)
        .scalar_subquery()
    )
    wanted = select(Topic, count).where(Topic.brand_id == brand_id).order_by(Topic.created_at.desc(), Topic.id)
    settled = {Pole.CM: Topic.cm_word.in_(SETTLED), Pole.RP: Topic.rp_word.in_(SETTLED)}
    if show == "ready":
        wanted = wanted.where(*settled.values())
    elif show in list(Pole):
        wanted = wanted.where(~settled[Pole(show)])
    return [TopicRow(topic, number) for topic, number in session.execute(wanted.limit(MOST))]


def hanging_on(session: TenantSession, topic: Topic) -> Sequence[Hanging]:
    """Return the contents of a topic: by date, and those without one last."""
    rows = session.execute(
        select(
            Content.id,
            func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 120)),
            Content.kind,
            Content.state,
            Content.scheduled_at,
            Content.zone,
            Content.version,
            Content.follows_id,
            Content.follows_after,
        )
        .where(Content.topic_id == topic.id)
        .order_by(Content.scheduled_at.nulls_last(), Content.id)
        .limit(MOST)
    )
    return [Hanging(*row) for row in rows]


def dates_of(session: TenantSession, topic: Topic) -> Sequence[TopicDate]:
    """Return the key dates of a topic, in order."""
    return session.scalars(
        select(TopicDate).where(TopicDate.topic_id == topic.id).order_by(TopicDate.on_date, TopicDate.id)
    ).all()
