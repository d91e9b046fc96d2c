"""Reading pictures: by id for those who may see them, by digest for the publisher."""

import uuid

from sqlalchemy import select

from tenants.access import Actor
from tenants.context import acting_for
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.media.models import Media
from unisson.storage import Storage

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif"}


def picture_key(digest: str) -> tuple[str, ...]:
    """Return where in its agency the picture with this digest lies."""
    return ("media", digest[:2], digest)


def read_bytes(storage: Storage, agency_id: uuid.UUID, digest: str) -> bytes:
    """Return the bytes whose SHA-256 is `digest`. Raises FileNotFoundError, StorageAwayError."""
    with acting_for(agency_id):
        return storage.get(*picture_key(digest))


def visible_picture(session: TenantSession, actor: Actor, media_id: uuid.UUID) -> Media:
    """Return the picture. Raises NotFoundError for one of a brand that the actor does not see, ForbiddenError."""
    media = session.scalar(select(Media).where(Media.id == media_id))
    if media is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, media.brand_id)
    return media


def served_name(digest: str, mime: str) -> str:
    """Return the name under which a picture is saved: of our making, never the uploader's."""
    return f"picture-{digest[:12]}.{EXTENSIONS.get(mime, 'bin')}"
