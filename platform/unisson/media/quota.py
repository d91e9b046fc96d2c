"""How much an agency may keep: asked here by everything that adds bytes, and shown as a meter in its libraries.

The sum is read from an index that holds the sizes, never from the table. What it costs is bounded by the quota itself:
20 GB are some seventy thousand images, summed within 25 ms (`docs/decisions/media.md`). Two that come at
the very same moment may both find the last of the room; no lock is worth holding for that.
"""

from dataclasses import dataclass

from sqlalchemy import func, select

from tenants.agencies import Agency
from tenants.errors import RefusedError
from tenants.session import TenantSession
from unisson.media.models import IncomingVideo, Media, Upload, UploadState, VideoState
from unisson.topics.models import TopicFile
from unisson.web.i18n import lazy

MOST_KEPT = 950_000
"""Bytes that a picture takes at most once it is made anew, however heavy the file (`decoder.ROOMS`)."""
DEFAULT = 20_000_000_000

FULL = lazy(
    "There is no room left: the agency has used all that it may keep. Nothing was kept of this file. Ask whoever runs"
    " Unisson for more room."
)


class FullError(RefusedError):
    """The agency may keep no more."""


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that an agency has used, what is under way included, and those that it may use."""

    used: int
    allowed: int

    def takes(self, more: int) -> bool:
        """Return whether `more` bytes find place."""
        return self.used + more <= self.allowed


def room(session: TenantSession) -> Room:
    """Return the room of the session's agency, in one statement."""
    kept = select(func.coalesce(func.sum(Media.size), 0)).where(Media.agency_id == session.agency_id).scalar_subquery()
    under_way = (
        select(func.coalesce(func.sum(func.least(Upload.size, MOST_KEPT)), 0))
        .where(
            Upload.agency_id == session.agency_id,
            Upload.state.in_((UploadState.RECEIVING.value, UploadState.PREPARING.value)),
        )
        .scalar_subquery()
    )
    videos = (
        select(func.coalesce(func.sum(IncomingVideo.size), 0))
        .where(IncomingVideo.agency_id == session.agency_id, IncomingVideo.state == VideoState.WAITING.value)
        .scalar_subquery()
    )
    documents = (
        select(func.coalesce(func.sum(TopicFile.size), 0))
        .where(TopicFile.agency_id == session.agency_id, TopicFile.media_id.is_(None))
        .scalar_subquery()
    )
    row = session.execute(select(kept, under_way, videos, documents, Agency.media_quota)).one()
    return Room(sum(map(int, row[:4])), row[4] or int(session.info.get("media_quota", DEFAULT)))


def check_room(session: TenantSession, more: int, *, field: str = "picture") -> None:
    """Pass if `more` bytes, which came by `field` of a form, find place. Raises FullError."""
    if not room(session).takes(more):
        raise FullError(FULL, field=field)
