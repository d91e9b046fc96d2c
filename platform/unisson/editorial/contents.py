"""Loading contents through the actor: what they can't see does not exist for them."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import NotFoundError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState, Illustration, Revision, Variant
from unisson.editorial.visibility import visible_states
from unisson.media.models import Media
from unisson.publishing.models import Channel
from unisson.web.i18n import lazy

STALE = lazy(
    "Somebody changed this content after you opened it. Your text is still in the form: compare, then save again."
)


@dataclass(frozen=True, slots=True)
class PlacedPicture:
    """An image of a content with its alternative text, in order."""

    media: Media
    alt: str


def load(
    session: TenantSession, actor: Actor, content_id: uuid.UUID, permission: Permission, *, lock: bool = False
) -> Content:
    """Return the content if `actor` sees it and has `permission` on its brand.

    `lock` takes the row for update, so that it can't start leaving meanwhile. What an archived brand has is found no
    more than the brand. Raises NotFoundError, ForbiddenError.
    """
    row = session.execute(_LOCKED if lock else _WANTED, {"content": content_id}).one_or_none()
    if row is None:
        raise NotFoundError
    content, brand = session.hold(row[0]), session.hold(row[1])
    if not still_sees(actor, content):
        raise NotFoundError
    actor.require(permission, content.brand_id)
    if brand.archived_at is not None:
        raise NotFoundError
    return content


_WANTED = (
    select(Content, Brand)
    .join(Brand, (Brand.agency_id == Content.agency_id) & (Brand.id == Content.brand_id))
    .where(Content.id == bindparam("content"))
)
_LOCKED = _WANTED.with_for_update(of=Content).execution_options(populate_existing=True)


def still_sees(actor: Actor, content: Content) -> bool:
    """Return whether the actor sees the content in the state that it is in."""
    return ContentState(content.state) in visible_states(actor, content.brand_id)


def check_fresh(content: Content, version_shown: int | None) -> None:
    """Pass if the form was made from the content as it is. Raises StaleError."""
    if version_shown is not None and version_shown != content.version:
        raise StaleError(STALE)


def brand_of(session: TenantSession, content: Content) -> Brand:
    """Return the content's brand."""
    return session.read_once(Brand, content.brand_id)


def channels_of(session: TenantSession, content: Content) -> Sequence[Channel]:
    """Return the channels that the content goes to, by kind and name."""
    return session.scalars(
        select(Channel)
        .join(Variant, (Variant.agency_id == Channel.agency_id) & (Variant.channel_id == Channel.id))
        .where(Variant.content_id == content.id)
        .order_by(Channel.kind.desc(), Channel.name, Channel.id)
    ).all()


def own_texts(session: TenantSession, content: Content) -> dict[uuid.UUID, str]:
    """Return the texts of a content that are a channel's own, by channel: everywhere else its common text stands."""
    rows = session.execute(
        select(Variant.channel_id, Variant.body).where(Variant.content_id == content.id, Variant.body.is_not(None))
    )
    return {row.channel_id: row.body for row in rows if row.body is not None}


def open_channels(session: TenantSession, brand_id: uuid.UUID) -> Sequence[Channel]:
    """Return the connected channels of a brand, by kind and name."""
    return session.scalars(
        select(Channel)
        .where(Channel.brand_id == brand_id, Channel.disconnected_at.is_(None))
        .order_by(Channel.kind.desc(), Channel.name)
    ).all()


def pictures_of(session: TenantSession, content: Content) -> list[PlacedPicture]:
    """Return the content's images, in order."""
    rows = session.execute(_PICTURES, {"content": content.id})
    return [PlacedPicture(row[0], row[1]) for row in rows]


_PICTURES = (
    select(Media, Illustration.alt)
    .join(Illustration, (Illustration.agency_id == Media.agency_id) & (Illustration.media_id == Media.id))
    .where(Illustration.content_id == bindparam("content"))
    .order_by(Illustration.position)
)


def revisions_of(session: TenantSession, content: Content) -> Sequence[Revision]:
    """Return the content's submitted versions, newest first."""
    return session.scalars(
        select(Revision).where(Revision.content_id == content.id).order_by(Revision.number.desc())
    ).all()
