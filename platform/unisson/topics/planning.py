"""Planning topics: writing one, changing it, and the word of each pole on it."""

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, or_, select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import BrandRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.topics.models import Pole, PoleWord, Topic, TopicDate
from unisson.web.i18n import lazy

LONG_TITLE = 200
LONG_TEXT = 5_000
MOST_DATES = 20
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)

NO_TITLE = lazy("Give the topic a title.")
LONG_WORDS = lazy("A title has 200 characters at most, each text 5,000.")
NOT_OF_THE_POLE = lazy("Choose somebody of this pole on the brand.")
STALE = lazy(
    "Somebody changed this topic after you opened it. Your text is still in the form: compare, then save again."
)

NO_LABEL = lazy("Say what happens that day, in 200 characters at most.")
NO_DAY = lazy("Choose a day.")
MANY_DATES = lazy("A topic has twenty key dates at most.")

SPEAKS: dict[Pole, Permission] = {Pole.CM: Permission.TOPIC_CM, Pole.RP: Permission.TOPIC_RP}
"""Which permission lets somebody speak for a pole."""

ROLE: dict[Pole, BrandRole] = {Pole.CM: BrandRole.CM, Pole.RP: BrandRole.RP}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a person typed of a topic."""

    title: str
    objective: str = ""
    key_messages: str = ""
    audience: str = ""
    cm_lead_id: uuid.UUID | None = None
    rp_lead_id: uuid.UUID | None = None


def load_topic(session: TenantSession, actor: Actor, topic_id: uuid.UUID, *, lock: bool = False) -> Topic:
    """Return a topic that the actor may plan with. Raises NotFoundError, ForbiddenError."""
    wanted = select(Topic).where(Topic.id == topic_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    topic = session.scalars(wanted).one_or_none()
    if topic is None:
        raise NotFoundError
    actor.require(Permission.TOPIC_PLAN, topic.brand_id)
    return topic


def open_topic(session: TenantSession, actor: Actor, brand_id: uuid.UUID, plan: Plan) -> Topic:
    """Return a new topic. Raises NotFoundError, ForbiddenError, RefusedError."""
    actor.require(Permission.TOPIC_PLAN, brand_id)
    topic = Topic(brand_id=brand_id, created_by=actor.membership_id)
    _fill(session, topic, plan)
    session.add(topic)
    session.flush()
    record(session, actor, "topic.opened", "topic", topic.id, brand_id=brand_id, title=topic.title)
    return topic


def change_topic(
    session: TenantSession, actor: Actor, topic_id: uuid.UUID, plan: Plan, version_shown: int | None
) -> Topic:
    """Return the changed topic. Raises StaleError when somebody changed it since `version_shown`; RefusedError."""
    topic = load_topic(session, actor, topic_id, lock=True)
    if version_shown != topic.version:
        raise StaleError(STALE)
    _fill(session, topic, plan)
    if session.is_modified(topic):
        topic.version += 1
        session.flush()
        record(session, actor, "topic.changed", "topic", topic.id, brand_id=topic.brand_id, title=topic.title)
    return topic


def speak(session: TenantSession, actor: Actor, topic_id: uuid.UUID, pole: Pole, word: PoleWord) -> Topic:
    """Return the topic with a pole's word on it. Raises NotFoundError, ForbiddenError."""
    topic = load_topic(session, actor, topic_id, lock=True)
    actor.require(SPEAKS[pole], topic.brand_id)
    if topic.word_of(pole) is not word:
        if pole is Pole.CM:
            topic.cm_word = word
        else:
            topic.rp_word = word
        session.flush()
        record(
            session, actor, "topic.spoken_of", "topic", topic.id, brand_id=topic.brand_id, pole=pole.value,
            word=word.value,
        )  # fmt: skip
    return topic


def note_date(session: TenantSession, actor: Actor, topic_id: uuid.UUID, on_date: date | None, label: str) -> None:
    """Keep a key date of a topic. Raises NotFoundError, ForbiddenError, RefusedError."""
    topic = load_topic(session, actor, topic_id, lock=True)
    label = label.strip()
    if on_date is None or not EARLIEST <= on_date <= LATEST:
        raise RefusedError(NO_DAY, field="on_date")
    if not label or len(label) > LONG_TITLE:
        raise RefusedError(NO_LABEL, field="label")
    known = session.scalar(select(func.count()).select_from(TopicDate).where(TopicDate.topic_id == topic_id)) or 0
    if known >= MOST_DATES:
        raise RefusedError(MANY_DATES, field="on_date")
    session.add(TopicDate(brand_id=topic.brand_id, topic_id=topic.id, on_date=on_date, label=label))
    session.flush()
    record(session, actor, "topic.date_noted", "topic", topic.id, brand_id=topic.brand_id, on=on_date.isoformat())


def drop_date(session: TenantSession, actor: Actor, topic_id: uuid.UUID, date_id: uuid.UUID) -> None:
    """Take a key date away. Raises NotFoundError, ForbiddenError."""
    topic = load_topic(session, actor, topic_id, lock=True)
    gone = session.execute(
        delete(TopicDate).where(TopicDate.id == date_id, TopicDate.topic_id == topic_id).returning(TopicDate.id)
    ).first()
    if gone is None:
        raise NotFoundError
    record(session, actor, "topic.date_dropped", "topic", topic.id, brand_id=topic.brand_id)


def _fill(session: TenantSession, topic: Topic, plan: Plan) -> None:
    title = plan.title.strip()
    if not title:
        raise RefusedError(NO_TITLE, field="title")
    if len(title) > LONG_TITLE:
        raise RefusedError(LONG_WORDS, field="title")
    for name in ("objective", "key_messages", "audience"):
        if len(getattr(plan, name)) > LONG_TEXT:
            raise RefusedError(LONG_WORDS, field=name)
    for pole, lead in ((Pole.CM, plan.cm_lead_id), (Pole.RP, plan.rp_lead_id)):
        if lead is not None and lead not in leads(session, topic.brand_id, pole, topic.lead_of(pole)):
            raise RefusedError(NOT_OF_THE_POLE, field=f"{pole}_lead_id")
    topic.title, topic.objective, topic.key_messages = title, plan.objective, plan.key_messages
    topic.audience, topic.cm_lead_id, topic.rp_lead_id = plan.audience, plan.cm_lead_id, plan.rp_lead_id


def leads(
    session: TenantSession, brand_id: uuid.UUID, pole: Pole, kept: uuid.UUID | None = None
) -> dict[uuid.UUID, str]:
    """Return who may lead a topic for a pole, by name: who holds its role on the brand, and who does now (`kept`)."""
    holding = select(BrandAssignment.membership_id).where(
        BrandAssignment.brand_id == brand_id, BrandAssignment.role == ROLE[pole].value
    )
    rows = session.execute(
        select(Membership.id, Membership.name)
        .where(or_(Membership.id.in_(holding) & Membership.removed_at.is_(None), Membership.id == kept))
        .order_by(Membership.name, Membership.id)
    )
    return {row.id: row.name for row in rows}


def check_of_brand(session: TenantSession, brand_id: uuid.UUID, topic_ids: set[uuid.UUID]) -> None:
    """Pass if all topics are the brand's. Raises NotFoundError."""
    if topic_ids - set(titles(session, brand_id, topic_ids)):
        raise NotFoundError


def titles(
    session: TenantSession, brand_id: uuid.UUID | None = None, among: set[uuid.UUID] | None = None
) -> dict[uuid.UUID, str]:
    """Return the titles of topics, those opened last first: of a brand, or of all, or only those `among`."""
    wanted = select(Topic.id, Topic.title).order_by(Topic.created_at.desc(), Topic.id)
    if brand_id is not None:
        wanted = wanted.where(Topic.brand_id == brand_id)
    if among is not None:
        if not among:
            return {}
        wanted = wanted.where(Topic.id.in_(among))
    return {row.id: row.title for row in session.execute(wanted)}
