"""Freezing a content: the bytes that will go out, and their digest."""

import hashlib
import json
from typing import Any

from sqlalchemy import bindparam, func, select

from tenants.access import Actor
from tenants.base import new_id
from tenants.session import TenantSession
from unisson.editorial.contents import brand_of
from unisson.editorial.leaving import Parts, frozen_image, leaving, parts_of
from unisson.editorial.models import Content, Revision
from unisson.editorial.press import shown_press
from unisson.topics.embargo import embargo_on


def digest_of(payload: dict[str, Any]) -> str:
    """Return the SHA-256 (hex) of `payload` in canonical JSON.

    For the strings, integers, lists and ASCII-keyed mappings that a payload holds, this form is RFC 8785's.
    """
    canonical = json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def payload_of(
    session: TenantSession, content: Content, *, date_approved: bool = True, parts: Parts | None = None
) -> dict[str, Any]:
    """Return everything that an approval of the content approves: text, images, channels, and the date.

    Where its chain does not approve the date, the payload has none, and the content may move on the calendar. `parts`
    are the content's own, where they were read before in this transaction, while nobody else could change them.
    """
    brand, embargo = brand_of(session, content), embargo_on(session, content.topic_id)
    press = shown_press(content.kind, content.press)
    parts = parts or parts_of(session, content)
    pictures = [frozen_image(placed.media, placed.alt) for placed in parts.pictures]
    return {
        "format": 2,
        "kind": content.kind,
        "title": content.title,
        **(
            {"press": press.as_json()} if press else {}
        ),  # only where there is one: digests of before stay what they were
        "language": brand.language,
        "brand": {"id": str(brand.id), "name": brand.name},
        "tags": sorted(content.tags or ()),
        "risks": sorted(content.risks or ()),
        **({"topic": str(content.topic_id)} if content.topic_id else {}),
        "embargo": embargo.until.isoformat() if embargo and date_approved else None,
        "scheduled_at": content.scheduled_at.isoformat() if content.scheduled_at and date_approved else None,
        "zone": content.zone,
        **leaving(session, content, parts),
        "pictures": pictures,
    }


def freeze(session: TenantSession, content: Content, actor: Actor, parts: Parts, *, date_approved: bool) -> Revision:
    """Return a new immutable revision of the content as it is; it is for the caller to make it the current one."""
    payload = payload_of(session, content, date_approved=date_approved, parts=parts)
    last = session.scalar(_LAST, {"content": content.id}) or 0
    revision = Revision(
        id=new_id(),
        content_id=content.id,
        number=last + 1,
        digest=digest_of(payload),
        payload=payload,
        created_by=actor.membership_id,
    )
    session.add_rows(revision)
    return revision


_LAST = select(func.max(Revision.number)).where(Revision.content_id == bindparam("content"))
