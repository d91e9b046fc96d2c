"""Writing many drafts at once, by the rules of writing one, in as many statements for a hundred as for one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from sqlalchemy import insert

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record_many
from unisson.editorial.contents import open_channels
from unisson.editorial.models import Content, Variant
from unisson.editorial.writing import Draft, fill_in, own_of
from unisson.publishing.models import Channel, kinds_of
from unisson.topics.embargo import Embargo, check_against, embargoes_of
from unisson.topics.planning import titles

COLUMNS = (
    "id", "brand_id", "topic_id", "author_id", "kind", "title", "body", "tags", "risks", "scheduled_at", "wall_time",
    "zone", "fold", "channel_kinds", "pillar", "press", "card",
    "tagged", "thread",
)  # fmt: skip
"""What a new draft says; the rest of a content is as the database begins it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafts of one brand are written with, read once: its clock, open channels, topics, embargoes."""

    actor: Actor
    brand: Brand
    channels: dict[uuid.UUID, Channel]
    topics: dict[uuid.UUID, str]
    embargoes: dict[uuid.UUID, Embargo]
    now: datetime

    @classmethod
    def of(cls, session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Self:
        """Return the desk of a brand. Raises NotFoundError (for an archived brand too), ForbiddenError."""
        actor.require(Permission.CONTENT_WRITE, brand_id)
        brand = session.read_once(Brand, brand_id)
        if brand.archived_at is not None:
            raise NotFoundError
        channels = {channel.id: channel for channel in open_channels(session, brand_id)}
        return cls(actor, brand, channels, titles(session, brand_id), embargoes_of(session, brand_id), session.now())

    def made(self, draft: Draft) -> Content:
        """Return a new draft that is not kept yet.

        Raises RefusedError for what can't be kept, NotFoundError for another brand's channel or topic.
        """
        if set(draft.channel_ids) - self.channels.keys():
            raise NotFoundError
        if draft.topic_id is not None and draft.topic_id not in self.topics:
            raise NotFoundError
        content = Content(
            id=new_id(), brand_id=self.brand.id, author_id=self.actor.membership_id, zone=self.brand.timezone, fold=0
        )
        fill_in(content, self.brand, draft, lambda: self.now)
        content.channel_kinds = kinds_of(self.channels[each] for each in draft.channel_ids)
        embargo = self.embargoes.get(draft.topic_id) if draft.topic_id else None
        check_against(embargo, content.scheduled_at, content.channel_kinds)
        return content


class Made(NamedTuple):
    """A draft with the content that it makes, neither kept yet."""

    draft: Draft
    content: Content


def write_many(session: TenantSession, desk: Desk, drafts: Sequence[Made]) -> list[uuid.UUID]:
    """Keep drafts that the desk made; return their ids, in their order. Images are no part of them."""
    ids = [made.content.id for made in drafts]
    mine = {"agency_id": session.agency_id}
    rows = [mine | {name: getattr(made.content, name) for name in COLUMNS} for made in drafts]
    session.execute(insert(Content), rows)
    variants = [
        {**mine, "id": new_id(), "content_id": content.id, "channel_id": channel_id, "body": own.get(channel_id)}
        for draft, content in drafts
        for own in (own_of(draft),)
        for channel_id in sorted(set(draft.channel_ids))
    ]
    if variants:
        session.execute(insert(Variant), variants)
    record_many(session, desk.actor, "content.written", ("content", ids), brand_id=desk.brand.id)
    return ids
