"""What a chain is tried on: one of the brand's contents, or facts that somebody chose."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.approvals.chain import Condition, Facts
from unisson.approvals.policies import facts_of
from unisson.approvals.rehearsal import Sample
from unisson.editorial.models import Content, ContentKind, ContentState, Risk
from unisson.publishing.channels.port import ChannelKind
from unisson.web.guards import BrandCard, actor

OFFERED = 30
AHEAD = timedelta(days=7)
"""When a sample without a date would leave: about when people plan."""


class ToTry(NamedTuple):
    """A content that a chain may be tried on."""

    id: uuid.UUID
    title: str
    scheduled_at: datetime | None
    zone: str


def contents_to_try(session: TenantSession, brand_id: uuid.UUID) -> Sequence[ToTry]:
    """Return the brand's contents that are not out yet, those written last first."""
    rows = session.execute(
        select(
            Content.id,
            func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 80)),
            Content.scheduled_at,
            Content.zone,
        )
        .where(
            Content.brand_id == brand_id,
            Content.state.in_(
                (ContentState.DRAFT, ContentState.IN_REVIEW, ContentState.CHANGES_REQUESTED, ContentState.SCHEDULED)
            ),
        )
        .order_by(Content.id.desc())
        .limit(OFFERED)
    )
    return [ToTry(*row) for row in rows]


def chosen_sample(
    session: TenantSession,
    card: BrandCard,
    typed: "MultiDict[str, str] | Mapping[str, str]",
    made_for: Condition | None = None,
) -> Sample:
    """Return what the form chose to try on: a content of the brand, or a made-up one with what is ticked.

    A made-up one is such as the chain is `made_for`, where one is given. What can't be read, or is no content of the
    brand, is a plain post: nothing depends on it.
    """
    content = _content(session, card.id, typed.get("try", ""))
    if content is not None:
        return Sample(facts_of(content), content.scheduled_at or utcnow() + AHEAD, content.author_id)
    values = typed if isinstance(typed, MultiDict) else MultiDict(typed)
    kind = values.get("try_kind", "")
    facts = Facts(
        kind=kind if kind in list(ContentKind) else ContentKind.POST.value,
        channels=frozenset(each for each in values.getlist("try_channels") if each in list(ChannelKind)),
        tags=frozenset(each.strip().casefold() for each in values.get("try_tags", "").split(",") if each.strip()),
        risks=frozenset(each for each in values.getlist("try_risks") if each in list(Risk)),
        topics=frozenset(each for each in values.getlist("try_topic") if each),
    )
    return Sample(
        fitted(facts, made_for) if made_for else facts,
        utcnow() + AHEAD,
        actor().membership_id if values.get("try_mine") else None,
    )


def fitted(facts: Facts, made_for: Condition) -> Facts:
    """Return the facts with the first word of each condition that they don't meet."""
    return Facts(
        kind=facts.kind if facts.kind in made_for.kinds or not made_for.kinds else made_for.kinds[0],
        channels=_with_one(facts.channels, made_for.channels),
        tags=_with_one(facts.tags, made_for.tags),
        risks=_with_one(facts.risks, made_for.risks),
        topics=_with_one(facts.topics, made_for.topics),
    )


def _with_one(had: frozenset[str], wanted: Sequence[str]) -> frozenset[str]:
    return had if had.intersection(wanted) else had.union(wanted[:1])


def _content(session: TenantSession, brand_id: uuid.UUID, typed: str) -> Content | None:
    try:
        wanted = uuid.UUID(typed)
    except ValueError:
        return None
    return session.scalars(select(Content).where(Content.id == wanted, Content.brand_id == brand_id)).one_or_none()
