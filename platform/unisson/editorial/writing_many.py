"""Writing many drafts at once, by the rules of writing one, in as many statements for a hundred as for one."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.contents import open_channels
from unisson.editorial.models import Content, Variant
from unisson.editorial.writing import Draft, fill_in
from unisson.publishing.models import Channel
from unisson.topics.planning import titles


@dataclass(frozen=True, slots=True)
class Desk:
    """What drafts of one brand are written with, read once: its clock, its open channels, its topics."""

    actor: Actor
    brand: Brand
    channels: dict[uuid.UUID, Channel]
    topics: dict[uuid.UUID, str]
    now: datetime

    @classmethod
    def of(cls, session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Self:
        """Return the desk of a brand. Raises NotFoundError (for an archived brand too), ForbiddenError."""
        actor.require(Permission.CONTENT_WRITE, brand_id)
        brand = session.read_once(Brand, brand_id)
        if brand.archived_at is not None:
            raise NotFoundError
        channels = {channel.id: channel for channel in open_channels(session, brand_id)}
        return cls(actor, brand, channels, titles(session, brand_id), session.now())

    def made(self, draft: Draft) -> Content:
        """Return a new draft that is not kept yet.

        Raises RefusedError for what can't be kept, NotFoundError for another brand's channel or topic.
        """
        if set(draft.channel_ids) - self.channels.keys():
            raise NotFoundError
        if draft.topic_id is not None and draft.topic_id not in self.topics:
            raise NotFoundError
        content = Content(
            id=new_id(), brand_id=self.brand.id, author_id=self.actor.membership_id, zone=self.brand.timezone
        )
        fill_in(content, self.brand, draft, lambda: self.now)
        content.channel_kinds = " ".join(sorted({self.channels[each].kind for each in draft.channel_ids}))
        return content


def write_many(session: TenantSession, desk: Desk, drafts: Sequence[Draft]) -> list[uuid.UUID]:
    """Return the ids of new drafts, in their order. Images are no part of them. Raises as `Desk.made` does."""
    contents = [desk.made(draft) for draft in drafts]
    session.add_all(contents)
    session.flush()
    for content, draft in zip(contents, drafts, strict=True):
        session.add_all(Variant(content_id=content.id, channel_id=each) for each in sorted(set(draft.channel_ids)))
        record(session, desk.actor, "content.written", "content", content.id, brand_id=desk.brand.id)
    session.flush()
    ids = [content.id for content in contents]
    for content in contents:
        session.expunge(content)
    return ids
