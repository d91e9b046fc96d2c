"""Topics for tests, and embargoes on them."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.desk import Desk

from tenants.base import utcnow
from unisson.topics.models import Topic
from unisson.topics.planning import Plan, open_topic
from unisson.topics.shifting import TypedEmbargo, set_embargo

PARIS = "Europe/Paris"


def at(days: float, hour: int = 10) -> datetime:
    """Return a wall time in Paris so many days from now."""
    there = utcnow().astimezone(ZoneInfo(PARIS)) + timedelta(days=days)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0, tzinfo=None)


def opened(desk: Desk) -> uuid.UUID:
    with desk.session() as session:
        return open_topic(session, desk.actor("owner"), desk.world.brand_id, Plan("Résultats")).id


def put_under(desk: Desk, topic_id: uuid.UUID, until: datetime | None, confirmed: bool = False, **more: Any) -> None:
    with desk.session() as session:
        topic = session.get_one(Topic, (session.agency_id, topic_id))
        typed = TypedEmbargo(until, fold=0, **more) if until else None
        set_embargo(session, desk.actor("rp"), topic_id, typed, topic.version, confirmed=confirmed)
