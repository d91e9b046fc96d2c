"""What the filters of the calendar offer, and what those that are set are called."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from tenants.members import Membership
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.calendars.filters import Filters
from unisson.calendars.wording import words
from unisson.editorial.forms import KINDS
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.topics.models import Topic
from unisson.web.guards import BrandCard
from unisson.web.i18n import _, lazy

CHANNELS = ("newsroom", "bluesky", "email", "mockup")
POLES = {"cm": lazy("Community managers"), "rp": lazy("Press relations")}
MOST_TOPICS = 300
"""That a list offers, those opened last; an older one is reached from its own page."""

_NOBODY = uuid.UUID(int=0)
_writable = bindparam("writable", type_=ARRAY(Uuid))
_title = select(Topic.title).where(Topic.id == bindparam("topic", type_=Uuid), Topic.brand_id == any_(_writable))
_name = select(Membership.name).where(
    Membership.id == bindparam("who", type_=Uuid), func.cardinality(_writable) > bindparam("none", 0)
)
_NAMES = Question(select(func.json_build_array(_title.scalar_subquery(), _name.scalar_subquery())))


class Chip(NamedTuple):
    """One filter that is set, in words, and the address without it."""

    label: str
    path: str


class Named(NamedTuple):
    """What the topic and the person of the filters are called; "" where none is set, or none that the reader sees."""

    topic: str = ""
    person: str = ""


def named(session: TenantSession, filters: Filters, writable: Sequence[uuid.UUID]) -> Named:
    """Return what the topic and the person of the filters are called, asked only where there is one."""
    if not filters.topic_id and not filters.author_id:
        return Named()
    values: dict[str, Value] = {
        "topic": filters.topic_id or _NOBODY, "who": filters.author_id or _NOBODY, "writable": tuple(writable),
    }  # fmt: skip
    topic, person = session.ask(_NAMES, values)
    return Named(topic or "", person or "")


def chips(filters: Filters, called: Named, path: Callable[[Filters], str]) -> list[Chip]:
    """Return the filters that are set, each with the address without it; `path` gives the address of filters."""
    return [Chip(label, path(filters.without(name, value))) for name, value, label in _labels(filters, called)]


def _labels(filters: Filters, called: Named) -> Iterator[tuple[str, str, str]]:
    said = words()
    for name, value in filters.pairs():
        match name:
            case "state":
                yield name, value, said.labels[value]
            case "kind":
                yield name, value, str(KINDS[value])
            case "channel":
                yield name, value, said.channels(value)
            case "pole":
                yield name, value, str(POLES[value])
            case "topic":
                yield name, value, _("Topic: %(title)s", title=called.topic) if called.topic else _("One topic")
            case "who":
                yield name, value, _("By: %(name)s", name=called.person) if called.person else _("One person")
            case "tag":
                yield name, value, _("Tag: %(tag)s", tag=value)
            case _:
                yield name, value, _("Words: %(words)s", words=value)


def offered(session: TenantSession, filters: Filters, brands: Sequence[BrandCard], inside: Sequence[BrandCard]) -> Any:
    """Return what the fields of filters offer somebody who looks at `brands` and writes for those `inside`."""
    return {
        "by": filters,
        "kinds": KINDS,
        "channels": CHANNELS,
        "poles": POLES,
        "state_names": [state for state in ContentState if inside or state in SHOWN_TO_CLIENTS],
        "topics": _topics(session, brands, inside),
        "people": _people(session, inside),
    }


def _topics(
    session: TenantSession, brands: Sequence[BrandCard], inside: Sequence[BrandCard]
) -> Mapping[uuid.UUID, str]:
    names = {card.id: card.name for card in brands if card in inside}
    wanted = (
        select(Topic.id, Topic.title, Topic.brand_id)
        .where(Topic.brand_id.in_(names))
        .order_by(Topic.created_at.desc(), Topic.id)
        .limit(MOST_TOPICS)
    )
    rows = session.execute(wanted).all()
    return {row.id: f"{row.title} · {names[row.brand_id]}" if len(names) > 1 else row.title for row in rows}


def _people(session: TenantSession, inside: Sequence[BrandCard]) -> Mapping[uuid.UUID, str]:
    """Return who wrote something of these brands, by name."""
    wrote = select(Content.id).where(
        Content.agency_id == Membership.agency_id,
        Content.author_id == Membership.id,
        Content.brand_id.in_([card.id for card in inside]),
    )
    wanted = select(Membership.id, Membership.name).where(wrote.exists()).order_by(Membership.name, Membership.id)
    return {row.id: row.name for row in session.execute(wanted)}
