"""What a worker does of a video that somebody added: the library's one of it, or the reason why there is none.

Nothing is locked while it works. A worker that dies leaves its claim to lapse, and the next one begins anew: the same
bytes come out, under the same digest. What made five workers die is refused.
"""

import hashlib
import tempfile
from pathlib import Path

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.context import acting_for
from tenants.session import TenantSession
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, release
from unisson.media.models import IncomingVideo, Media, MediaKind, VideoState
from unisson.media.preparing import FIRST
from unisson.media.reading import picture_key
from unisson.media.video_sandbox import RefusedVideoError, RemadeVideo, remake
from unisson.media.videos import key_of
from unisson.runtime import Runtime
from unisson.storage import PIECE, Storage, StorageAwayError, storage_of
from unisson.strategy.checks import folded

log = structlog.get_logger(__name__)

LEASE = 90.0
LONGEST = 45.0
"""Seconds that must be left to begin one: it is fetched, written anew within thirty, and kept."""
MOST_TRIES = 5
AGAIN_SECONDS = 20.0
BEFORE = FIRST | {"media"}
"""What the same workers attend to before videos: one video is the longest it waits."""


def prepare_due(runtime: Runtime, budget_seconds: float = 60.0) -> int:
    """Attend to videos until none is due, no time is left for one, or something else waits; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    try:
        with runtime.database.agency(claimed.agency_id) as session:
            video = session.get(IncomingVideo, (claimed.agency_id, claimed.item_id))
            if video is None or video.state != VideoState.WAITING:
                done(session, claimed)
                return
            session.expunge(video)
        _prepare(runtime, claimed, video, storage_of(runtime.settings))
    except StorageAwayError:
        with runtime.database.agency(claimed.agency_id) as session:
            release(session, claimed, delay=AGAIN_SECONDS)


_DUTY = Duty("videos", _attend, LEASE, longest=LONGEST, after=BEFORE)


def _prepare(runtime: Runtime, claimed: Claim, video: IncomingVideo, storage: Storage) -> None:
    with tempfile.TemporaryDirectory(prefix="unisson-video-") as folder:
        source = Path(folder) / "source"
        try:
            _check_tries(claimed)
            with acting_for(claimed.agency_id):
                storage.fetch(source, *key_of(video.id))
            seconds = runtime.settings.video_minutes * 60
            made = remake(source, Path(folder), shape=video.shape, most_seconds=seconds)
            values = _kept(claimed, video, made, storage)
        except (RefusedVideoError, FileNotFoundError) as refusal:
            reason = str(refusal) if isinstance(refusal, RefusedVideoError) else "unreadable"
            with runtime.database.agency(claimed.agency_id) as session:
                is_ours = _end(session, claimed, state=VideoState.REFUSED.value, reason=reason)
        else:
            with runtime.database.agency(claimed.agency_id) as session:
                is_ours = _end(session, claimed, state=VideoState.READY.value, media_id=_row(session, values))
    if not is_ours:
        return  # whoever has it now still reads what came
    with acting_for(claimed.agency_id):
        storage.delete(*key_of(video.id))


def _check_tries(claimed: Claim) -> None:
    if claimed.fence > MOST_TRIES:
        raise RefusedVideoError("too_slow")


def _kept(claimed: Claim, video: IncomingVideo, made: RemadeVideo, storage: Storage) -> dict[str, object]:
    """Keep the bytes; return the row that names them."""
    digests = {}
    for path in (made.poster, made.path):
        digests[path] = _sum(path)
        with acting_for(claimed.agency_id):
            storage.put(path, *picture_key(digests[path]))
    return {
        "agency_id": claimed.agency_id,
        "id": new_id(),
        "brand_id": video.brand_id,
        "uploaded_by": video.uploaded_by,
        "digest": digests[made.path],
        "filename": video.filename,
        "words": folded(video.filename),
        "mime": made.mime,
        "size": made.path.stat().st_size,
        "width": made.width,
        "height": made.height,
        "kind": MediaKind.VIDEO.value,
        "poster_digest": digests[made.poster],
        "duration_ms": made.duration_ms,
    }


def _sum(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            found.update(piece)
    return found.hexdigest()


def _row(session: TenantSession, values: dict[str, object]) -> object:
    """Return the id of the brand's row of these bytes: the one that it has already, else a new one."""
    session.execute(
        insert(Media).values(values).on_conflict_do_nothing(index_elements=["agency_id", "brand_id", "digest"])
    )
    return session.scalars(
        select(Media.id).where(Media.brand_id == values["brand_id"], Media.digest == values["digest"])
    ).one()


def _end(session: TenantSession, claimed: Claim, **values: object) -> bool:
    """Write how it ended; False, and nothing written, where the claim had passed to somebody else, who will."""
    if not done(session, claimed):
        return False
    session.execute(update(IncomingVideo).where(IncomingVideo.id == claimed.item_id).values(values))
    return True
