"""Videos that people add: kept as they came, until a worker has made the library's one of each, or says why not."""

import uuid
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.errors import GoneError, NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.config import Settings
from unisson.dispatching import put
from unisson.jobs import ring_after_commit
from unisson.media.intake import ARCHIVED, TooHeavyError, plain_name
from unisson.media.models import IncomingVideo, VideoState
from unisson.media.quota import check_room
from unisson.storage import Storage
from unisson.web.i18n import lazy

MEGABYTE = 1024 * 1024
MOST_SHOWN = 50

SHAPES = {".mp4": "mov", ".m4v": "mov", ".mov": "mov", ".webm": "matroska"}
"""Extension → what reads it."""

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML = b"\x1a\x45\xdf\xa3"

NO_FILE = lazy("Choose a video first.")
WRONG_KIND = lazy("Only MP4, MOV and WebM videos are accepted. Export it as MP4, then add it again.")
NOT_WHAT_IT_SAYS = lazy("This file is not what its name says. Export the video again, as MP4 for instance.")
STILL_WAITING = lazy("This video is being prepared: it can be taken off the list once that is over.")


class Sent(NamedTuple):
    """A file as somebody sent it."""

    filename: str
    stream: IO[bytes]


def key_of(video_id: uuid.UUID) -> tuple[str, ...]:
    """Return where in its agency the bytes lie that came."""
    return ("incoming", str(video_id))


def take_video(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, sent: Sent, *, settings: Settings, storage: Storage
) -> IncomingVideo:
    """Return a video that a worker is to prepare. Raises RefusedError, GoneError, StorageAwayError."""
    actor.require(Permission.CONTENT_WRITE, brand_id)
    if session.scalar(select(Brand.archived_at).where(Brand.id == brand_id)) is not None:
        raise GoneError(ARCHIVED)
    if not sent.filename:
        raise RefusedError(NO_FILE, field="video")
    stream = sent.stream
    shape, size = _shape_of(sent.filename, stream.read(12)), stream.seek(0, 2)
    if size > settings.video_megabytes * MEGABYTE:
        raise TooHeavyError(too_heavy(settings), field="video")
    stream.seek(0)
    video = IncomingVideo(
        id=new_id(), brand_id=brand_id, uploaded_by=actor.membership_id, filename=plain_name(sent.filename), size=size,
        shape=shape,
    )  # fmt: skip
    check_room(session, size, field="video")
    with acting_for(session.agency_id):
        storage.put(stream, *key_of(video.id))
    session.add(video)
    session.flush()
    put(session, "video", session.agency_id, video.id)
    ring_after_commit(session, "videos")
    return video


def too_heavy(settings: Settings) -> object:
    """Return what is said of a video that is larger than it may be."""
    return lazy("This video is heavier than %(size)d MB. Export it smaller.", size=settings.video_megabytes)


def _shape_of(filename: str, begins: bytes) -> str:
    """Return what reads it, by its name and its first bytes (ISO 14496-12 §4.2, QTFF, RFC 8794).

    Raises RefusedError.
    """
    shape = SHAPES.get(PurePosixPath(filename.lower()).suffix)
    if not begins:
        raise RefusedError(NO_FILE, field="video")
    if shape is None:
        raise RefusedError(WRONG_KIND, field="video")
    if not (begins.startswith(_EBML) if shape == "matroska" else begins[4:8] in _BOXES):
        raise RefusedError(NOT_WHAT_IT_SAYS, field="video")
    return shape


def incoming(session: TenantSession, brand_id: uuid.UUID) -> Sequence[IncomingVideo]:
    """Return what was added to a brand and not taken off the list since, the newest first."""
    return session.scalars(
        select(IncomingVideo)
        .where(IncomingVideo.brand_id == brand_id)
        .order_by(IncomingVideo.created_at.desc(), IncomingVideo.id.desc())
        .limit(MOST_SHOWN)
    ).all()


def dismiss(session: TenantSession, actor: Actor, video_id: uuid.UUID) -> uuid.UUID:
    """Take one off the list, which is over; return its brand. Raises NotFoundError, ForbiddenError, StaleError."""
    video = session.scalars(select(IncomingVideo).where(IncomingVideo.id == video_id)).one_or_none()
    if video is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, video.brand_id)
    actor.require(Permission.CONTENT_WRITE, video.brand_id)
    if video.state == VideoState.WAITING:
        raise StaleError(STILL_WAITING)
    session.delete(video)
    return video.brand_id
