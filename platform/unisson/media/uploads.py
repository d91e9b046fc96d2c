"""Files on their way into a library: begun, received in parts however often the connection breaks, then prepared.

The parts lie in the database until the picture is made, so that an offset and its bytes are one transaction whatever
the store is, and any web process may receive the next part. What is left halfway is swept after a day.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import IO, NamedTuple

from sqlalchemy import func, select

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import GoneError, NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.dispatching import drop, put
from unisson.jobs import ring_after_commit
from unisson.media import intake, sandbox
from unisson.media.models import Media, Upload, UploadPart, UploadState
from unisson.media.quota import FULL, MOST_KEPT, check_room
from unisson.web.i18n import lazy

LASTS = timedelta(days=1)
"""How long an upload is kept: the time to go on with it, and then to see what became of it."""
LISTED_FOR = timedelta(hours=1)
LISTED = 200
MOST_PART = 4 * 1024 * 1024
"""Bytes of one part; our own pages send 1 MiB."""
MOST_UNDER_WAY = 100
"""Files of one person that are not prepared yet: what their parts take of the database stays bounded."""

UNDER_WAY = (UploadState.RECEIVING.value, UploadState.PREPARING.value)
NOT_THERE = lazy("This part does not follow the one before. The upload goes on from what has been received.")
TOO_LONG = lazy("This part is longer than the file was said to be. Nothing of it was kept.")
CAME_WHOLE = lazy("This file has come whole. Put the image away in the library, if you do not want it.")
LARGE_PART = lazy("A part of a file has 4 MiB at most.")
TOO_MANY = lazy("A hundred of your files are still being prepared. Add more once they are done.")

PROBLEMS = {
    "too_heavy": intake.TOO_HEAVY,
    "vector": intake.VECTOR,
    "wrong_kind": intake.WRONG_KIND,
    "nothing": lazy("This file is empty."),
    "archived": intake.ARCHIVED,
    "full": FULL,
    "unreadable": sandbox.UNREADABLE,
    "too_many_pixels": sandbox.TOO_MANY_PIXELS,
    "too_many": TOO_MANY,
    "away": lazy(
        "The store takes no pictures at this moment. This one is held and comes into the library by itself once it"
        " does; a text can be saved without it meanwhile."
    ),
    "not_kept": lazy("This picture could not be kept in a whole day. Add it again later."),
}
"""Why a file was refused, or is late (`away`), by the name that is stored: said in its reader's language."""


class TooManyError(RefusedError):
    """More files under way than one person may have."""

    status = 429


class Sent(NamedTuple):
    """An upload as a page shows it, with the picture that it became, if any."""

    upload: Upload
    media: Media | None

    @property
    def sentence(self) -> object:
        """Return why it was refused, or is late."""
        return PROBLEMS.get(self.upload.problem, sandbox.UNREADABLE)


def begin(session: TenantSession, actor: Actor, brand_id: uuid.UUID, filename: str, size: int) -> Upload:
    """Return an upload of `size` bytes whose parts may come. Raises RefusedError, NotFoundError, ForbiddenError."""
    _check(session, actor, brand_id, filename, size)
    return _open(session, actor, brand_id, filename, size)


def receive(session: TenantSession, actor: Actor, upload_id: uuid.UUID, offset: int, content: bytes) -> Upload:
    """Return the upload with one part more. Raises StaleError for another offset than what has been received."""
    upload = load_upload(session, actor, upload_id, lock=True)
    _check_open(session, upload.brand_id)
    if upload.state != UploadState.RECEIVING or offset != upload.received:
        raise StaleError(NOT_THERE)
    if offset + len(content) > upload.size:
        raise intake.TooHeavyError(TOO_LONG)
    if content:
        _take(session, upload, content)
    return upload


def take_whole(session: TenantSession, actor: Actor, brand_id: uuid.UUID, filename: str, stream: IO[bytes]) -> Upload:
    """Return the upload of a file that came in one piece: to be prepared, or refused with its reason."""
    content = stream.read(intake.MOST_BYTES + 1)
    try:
        _check(session, actor, brand_id, filename, len(content))
    except RefusedError as refusal:
        upload = Upload(
            brand_id=brand_id, membership_id=actor.membership_id, filename=intake.plain_name(filename), size=0,
            state=UploadState.REFUSED.value, problem=problem_of(refusal),
        )  # fmt: skip
        session.add(upload)
        session.flush()
        put(session, "upload", session.agency_id, upload.id, due_at=session.now() + LASTS)
        return upload
    upload = _open(session, actor, brand_id, filename, len(content))
    _take(session, upload, content)
    return upload


def stop(session: TenantSession, actor: Actor, upload_id: uuid.UUID) -> None:
    """Let go of an upload that has not come whole. Raises StaleError for one that has, NotFoundError."""
    upload = load_upload(session, actor, upload_id, lock=True)
    if upload.state != UploadState.RECEIVING:
        raise StaleError(CAME_WHOLE)
    session.delete(upload)
    session.flush()
    drop(session, "upload", session.agency_id, upload_id)


def load_upload(session: TenantSession, actor: Actor, upload_id: uuid.UUID, *, lock: bool = False) -> Upload:
    """Return an upload of the actor's own. Raises NotFoundError, ForbiddenError."""
    wanted = select(Upload).where(Upload.id == upload_id, Upload.membership_id == actor.membership_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    upload = session.scalars(wanted).one_or_none()
    if upload is None:
        raise NotFoundError
    actor.require(Permission.CONTENT_SEE, upload.brand_id)
    actor.require(Permission.CONTENT_WRITE, upload.brand_id)
    return upload


def sent_by(session: TenantSession, actor: Actor, brand_id: uuid.UUID) -> Sequence[Sent]:
    """Return what the actor sent into the brand's library within the hour, the newest first, in one statement."""
    rows = session.execute(
        select(Upload, Media)
        .outerjoin(Media, (Media.agency_id == Upload.agency_id) & (Media.id == Upload.media_id))
        .where(
            Upload.brand_id == brand_id,
            Upload.membership_id == actor.membership_id,
            Upload.created_at > func.clock_timestamp() - LISTED_FOR,
        )
        .order_by(Upload.created_at.desc(), Upload.id)
        .limit(LISTED)
    )
    return [Sent(*row) for row in rows]


def expires(upload: Upload) -> datetime:
    """Return until when parts of an upload are taken."""
    return upload.created_at + LASTS


def problem_of(refusal: RefusedError) -> str:
    """Return the name under which the reason of a refusal is stored."""
    return next((name for name, sentence in PROBLEMS.items() if sentence is refusal.sentence), "unreadable")


def _check(session: TenantSession, actor: Actor, brand_id: uuid.UUID, filename: str, size: int) -> None:
    actor.require(Permission.CONTENT_WRITE, brand_id)
    _check_open(session, brand_id)
    intake.named_format(filename)
    if not size:
        raise RefusedError(PROBLEMS["nothing"], field="picture")
    if size > intake.MOST_BYTES:
        raise intake.TooHeavyError(intake.TOO_HEAVY, field="picture")
    under_way = session.scalar(
        select(func.count())
        .select_from(Upload)
        .where(Upload.membership_id == actor.membership_id, Upload.state.in_(UNDER_WAY))
    )
    if (under_way or 0) >= MOST_UNDER_WAY:
        raise TooManyError(TOO_MANY)
    check_room(session, min(size, MOST_KEPT))


def _check_open(session: TenantSession, brand_id: uuid.UUID) -> None:
    if session.read_once(Brand, brand_id).archived_at is not None:
        raise GoneError(intake.ARCHIVED)


def _open(session: TenantSession, actor: Actor, brand_id: uuid.UUID, filename: str, size: int) -> Upload:
    upload = Upload(
        brand_id=brand_id,
        membership_id=actor.membership_id,
        filename=intake.plain_name(filename),
        size=size,
        received=0,
    )
    session.add(upload)
    session.flush()
    session.refresh(upload, ["created_at"])
    put(session, "upload", session.agency_id, upload.id, due_at=expires(upload))
    return upload


def _take(session: TenantSession, upload: Upload, content: bytes) -> None:
    """Keep a part; once it is the last one, a worker prepares the picture."""
    session.add(UploadPart(upload_id=upload.id, position=upload.received, content=content))
    upload.received += len(content)
    if upload.received == upload.size:
        upload.state = UploadState.PREPARING.value
        put(session, "upload", session.agency_id, upload.id)
        ring_after_commit(session, "media")
    session.flush()
