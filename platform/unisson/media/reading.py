"""Reading pictures: by id for those who may see them, by digest for the publisher."""

import hashlib
import uuid

from sqlalchemy import literal, or_, select

from tenants.access import Actor
from tenants.context import acting_for
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.models import Content, Revision
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.media.models import Media
from unisson.storage import LARGE_PIECE, Storage
from unisson.threads.models import Audience, Thread, ThreadMessage, ThreadPicture

EXTENSIONS = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "video/mp4": "mp4",
    "video/webm": "webm",
}  # fmt: skip


def picture_key(digest: str) -> tuple[str, ...]:
    """Return where in its agency the picture with this digest lies."""
    return ("media", digest[:2], digest)


def read_bytes(storage: Storage, agency_id: uuid.UUID, digest: str) -> bytes:
    """Return the bytes whose SHA-256 is `digest`. Raises FileNotFoundError, StorageAwayError."""
    with acting_for(agency_id):
        return storage.get(*picture_key(digest))


def visible_picture(session: TenantSession, actor: Actor, media_id: uuid.UUID) -> Media:
    """Return the picture. Raises NotFoundError for one of a brand that the actor does not see, ForbiddenError.

    The client's people see those of what was shown to them, and of the threads with them: others do not exist.
    """
    media = session.scalar(select(Media).where(Media.id == media_id))
    if media is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, media.brand_id)
    if not actor.may(Permission.CONTENT_WRITE, media.brand_id) and not _is_shown_to_clients(session, media):
        raise NotFoundError
    return media


def _is_shown_to_clients(session: TenantSession, media: Media) -> bool:
    submitted = (
        select(literal(1))
        .select_from(Revision)
        .join(Content, (Content.agency_id == Revision.agency_id) & (Content.id == Revision.content_id))
        .where(
            Content.brand_id == media.brand_id,
            Content.state.in_([state.value for state in SHOWN_TO_CLIENTS]),
            or_(
                Revision.payload["pictures"].contains([{"id": str(media.id)}]),
                Revision.payload["card"]["image"].contains({"id": str(media.id)}),
            ),
        )
    )
    said = (
        select(literal(1))
        .select_from(ThreadPicture)
        .join(
            ThreadMessage,
            (ThreadMessage.agency_id == ThreadPicture.agency_id) & (ThreadMessage.id == ThreadPicture.message_id),
        )
        .join(Thread, (Thread.agency_id == ThreadMessage.agency_id) & (Thread.id == ThreadMessage.thread_id))
        .where(
            ThreadPicture.media_id == media.id,
            Thread.audience == Audience.CLIENT.value,
            ThreadMessage.deleted_at.is_(None),
        )
    )
    return bool(session.scalar(select(or_(submitted.exists(), said.exists()))))


def served_name(digest: str, mime: str) -> str:
    """Return the name under which a file is saved: of our making, never the uploader's."""
    return f"{'video' if is_video(mime) else 'picture'}-{digest[:12]}.{EXTENSIONS.get(mime, 'bin')}"


def is_video(mime: str) -> bool:
    """Return whether what has this MIME type is a video."""
    return mime.startswith("video/")


def sum_of(storage: Storage, agency_id: uuid.UUID, digest: str) -> str:
    """Return the SHA-256 (hex) of the bytes kept as `digest`, of which a piece is in memory at a time.

    Raises FileNotFoundError, StorageAwayError.
    """
    found = hashlib.sha256()
    with acting_for(agency_id):
        for start in range(0, storage.size(*picture_key(digest)), LARGE_PIECE):
            found.update(storage.part(start, LARGE_PIECE, *picture_key(digest)))
    return found.hexdigest()
