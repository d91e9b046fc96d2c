"""Freezing a content: the bytes that will go out, and their digest."""

import hashlib
import json
from typing import Any

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.session import TenantSession
from unisson.editorial.contents import brand_of, channels_of, own_texts, pictures_of
from unisson.editorial.models import Content, Revision
from unisson.media.models import Media, MediaKind
from unisson.topics.embargo import embargo_on


def digest_of(payload: dict[str, Any]) -> str:
    """Return the SHA-256 (hex) of `payload` in canonical JSON.

    For the strings, integers, lists and ASCII-keyed mappings that a payload holds, this form is RFC 8785's.
    """
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def payload_of(session: TenantSession, content: Content, *, date_approved: bool = True) -> dict[str, Any]:
    """Return everything that an approval of the content approves: text, images, channels, and the date.

    Where its chain does not approve the date, the payload has none, and the content may move on the calendar.
    """
    brand, embargo = brand_of(session, content), embargo_on(session, content.topic_id)
    own = own_texts(session, content)
    return {
        "format": 2,
        "kind": content.kind,
        "title": content.title,
        "language": brand.language,
        "brand": {"id": str(brand.id), "name": brand.name},
        "tags": sorted(content.tags or ()),
        "risks": sorted(content.risks or ()),
        **({"topic": str(content.topic_id)} if content.topic_id else {}),
        "embargo": embargo.until.isoformat() if embargo and date_approved else None,
        "scheduled_at": content.scheduled_at.isoformat() if content.scheduled_at and date_approved else None,
        "zone": content.zone,
        "channels": [
            {
                "id": str(channel.id),
                "kind": channel.kind,
                "name": channel.name,
                "text": own.get(channel.id, content.body),
            }
            for channel in channels_of(session, content)
        ],
        "pictures": [
            {
                "id": str(placed.media.id),
                "digest": placed.media.digest,
                "mime": placed.media.mime,
                "width": placed.media.width,
                "height": placed.media.height,
                "size": placed.media.size,
                "alt": placed.alt,
                **_of_video(placed.media),
            }
            for placed in pictures_of(session, content)
        ],
    }


def _of_video(media: Media) -> dict[str, Any]:
    """Return what a video has and an image has not; nothing for an image, whose digests stay as they were."""
    if media.kind != MediaKind.VIDEO:
        return {}
    return {"poster": media.poster_digest, "duration": media.duration_ms}


def freeze(session: TenantSession, content: Content, actor: Actor, *, date_approved: bool = True) -> Revision:
    """Return a new immutable revision of the content as it is, and make it the current one."""
    payload = payload_of(session, content, date_approved=date_approved)
    last = session.scalar(select(func.max(Revision.number)).where(Revision.content_id == content.id)) or 0
    revision = Revision(
        content_id=content.id,
        number=last + 1,
        digest=digest_of(payload),
        payload=payload,
        created_by=actor.membership_id,
    )
    session.add(revision)
    session.flush()
    content.revision_id = revision.id
    return revision
