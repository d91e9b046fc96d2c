"""Rights that end: no image goes out after the last day of its rights, on the brand's clock.

The verbs ask here and say so in words. The database holds the same rule by itself in the gate of every attempt to
send (`20261127_library`, `20261127_links`).
"""

import uuid
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select

from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState, Illustration
from unisson.media.models import Media
from unisson.publishing.channels.abilities import WITH_CARD
from unisson.web.i18n import _, later, say_day

WRITTEN = frozenset({ContentState.DRAFT, ContentState.CHANGES_REQUESTED, ContentState.CANCELLED})
"""It has not been submitted as it is: its date may be anything until then."""


def check_rights(session: TenantSession, content: Content, field: str = "pictures") -> None:
    """Pass if the rights of all images of the content last until its date. Raises RefusedError, at `field`."""
    if content.scheduled_at is None:
        return
    zone = session.read_once(Brand, content.brand_id).timezone
    day = content.scheduled_at.astimezone(ZoneInfo(zone)).date()
    ended = session.scalars(
        select(Media)
        .where(_leaves_with(content), Media.rights_until < day)
        .order_by(Media.rights_until, Media.id)
        .limit(1)
    ).one_or_none()
    if ended is not None:
        raise RefusedError(later(_say_ended, ended), field=field)


def _leaves_with(content: Content) -> ColumnElement[bool]:
    """Return which images go out with the content: its own, or where it has none, that of its link's card."""
    own = select(Illustration.media_id).where(Illustration.content_id == content.id)
    card = content.card or {}
    if not card.get("image") or card.get("off") or WITH_CARD.isdisjoint(content.channel_kinds.split()):
        return Media.id.in_(own)
    return or_(Media.id.in_(own), (Media.id == uuid.UUID(card["image"])) & ~own.exists())


def check_submitted(session: TenantSession, content: Content) -> None:
    """Pass if what is submitted may stand at its date. Raises RefusedError, at the date."""
    if ContentState(content.state) not in WRITTEN:
        check_rights(session, content, "wall_time")


def _say_ended(media: Media) -> str:
    return _(
        "The rights of the image “%(image)s” end on %(day)s. Choose an earlier date or another image;"
        " nothing was changed.",
        image=media.filename,
        day=say_day(media.rights_until) if media.rights_until else "",
    )
