"""What the demonstration plans: a strategy, topics with their key dates, an embargo, the order of contents."""

import uuid
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.calendars.models import NoteKind
from unisson.calendars.notes import Noted, note_down
from unisson.demo.script import BrandScript, StrategyScript, TopicScript, fr
from unisson.editorial.models import Content
from unisson.editorial.order import place_after
from unisson.publishing.models import Channel
from unisson.strategy.planning import TEXTS, Pillar, StrategyPlan, open_strategy, set_black_out
from unisson.strategy.rhythm import set_beats
from unisson.topics.models import Pole, PoleWord
from unisson.topics.planning import Plan, note_date, open_topic, speak
from unisson.topics.shifting import TypedEmbargo, set_embargo


def plan_topic(session: TenantSession, owner: Actor, brand: Brand, told: TopicScript) -> uuid.UUID:
    """Write a topic as it is told; return which."""
    today = utcnow().astimezone(ZoneInfo(brand.timezone)).date()
    plan = Plan(fr(told.title), fr(told.objective), fr(told.key_messages), fr(told.audience))
    topic = open_topic(session, owner, brand.id, plan)
    for pole, word in ((Pole.CM, told.cm), (Pole.RP, told.rp)):
        speak(session, owner, topic.id, pole, PoleWord(word))
    for day, label in told.dates:
        note_date(session, owner, topic.id, today + timedelta(days=day), fr(label))
    if told.embargo:
        day, at, reason = told.embargo
        ends = datetime.combine(today + timedelta(days=day), time.fromisoformat(at))
        set_embargo(session, owner, topic.id, TypedEmbargo(ends, fold=0, reason=fr(reason)), topic.version)
    return topic.id


def plan_strategy(session: TenantSession, owner: Actor, brand: Brand, told: StrategyScript) -> None:
    """Write the strategy of a brand for the months around today."""
    today = utcnow().astimezone(ZoneInfo(brand.timezone)).date()
    plan = StrategyPlan(
        title=fr(told.title),
        starts_on=today - timedelta(days=60),
        ends_on=today + timedelta(days=120),
        texts={name: fr(getattr(told, name)) for name in TEXTS},
        pillars=[Pillar(fr(name), share) for name, share, _words in told.pillars],
        banned=[fr(word) for word in told.banned],
        mentions={risk: fr(words) for risk, words in told.mentions},
    )
    open_strategy(session, owner, brand.id, plan)


def plan_days(
    session: TenantSession, owner: Actor, brand: Brand, told: BrandScript, channels: Mapping[str, Channel]
) -> None:
    """Note a brand's events and black-out, and set its weekly rhythm."""
    today = utcnow().astimezone(ZoneInfo(brand.timezone)).date()
    for kind, first, days, title in told.notes:
        starts = today + timedelta(days=first)
        note_down(
            session, owner, brand.id, Noted(NoteKind(kind), fr(title), "", starts, starts + timedelta(days=days - 1))
        )
    if told.quiet:
        first, days, reason = told.quiet
        starts = today + timedelta(days=first)
        set_black_out(
            session, owner, brand.id, starts, starts + timedelta(days=days - 1), reason=fr(reason), stops=False
        )
    for kind, weekdays, clock in told.beats:
        set_beats(session, owner, brand.id, channels[kind].id, weekdays=weekdays, clock=time.fromisoformat(clock))


def pillar_of(told: StrategyScript | None, text: str) -> str:
    """Return the pillar that a text speaks of, by its words; "" for none."""
    pillars = told.pillars if told else ()
    return next((fr(name) for name, _share, words in pillars if any(word in text for word in words)), "")


def put_in_order(session: TenantSession, owner: Actor, topic_id: uuid.UUID, told: TopicScript) -> None:
    """Let pieces of a topic follow each other as it is told, at the dates that they have."""
    rows = session.scalars(select(Content).where(Content.topic_id == topic_id))
    known = {content.title: content for content in rows}
    for follower, first in told.order:
        later, earlier = known[fr(follower)], known[fr(first)]
        if later.scheduled_at is not None and earlier.scheduled_at is not None:
            apart = int((later.scheduled_at - earlier.scheduled_at).total_seconds() // 60)
            place_after(session, owner, later.id, earlier.id, apart, topic_id=topic_id)
