"""Stored bytes are shared: the same picture of two brands is kept once. So they go when no row names them any more.

Who writes bytes holds the agency's shared lock until the row that names them is committed; who deletes takes the lock
alone, and looks then. Videos, which a worker prepares outside of a transaction, are waited for.
"""

from collections.abc import Sequence

from sqlalchemy import select, union
from sqlalchemy.orm import Session

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.media.documents import document_key
from unisson.media.holding import hold_alone
from unisson.media.models import IncomingVideo, Media, VideoState
from unisson.media.reading import picture_key
from unisson.threads.models import ThreadFile
from unisson.topics.models import TopicFile

Key = tuple[str, ...]


def unnamed_anywhere(session: TenantSession, keys: Sequence[Key]) -> list[Key] | None:
    """Return those of the keys that no row of the agency names; None while something is being prepared.

    The answer holds until the transaction ends: bytes that are written meanwhile wait for it.
    """
    hold_alone(session)
    if _is_preparing(session):
        return None
    digests = [key[-1] for key in keys]
    pictures = set(
        session.scalars(
            union(
                select(Media.digest).where(Media.digest.in_(digests)),
                select(Media.poster_digest).where(Media.poster_digest.in_(digests)),
                select(Brand.logo_digest).where(Brand.logo_digest.in_(digests)),
            )
        )
    )
    documents = set(
        session.scalars(
            union(
                select(TopicFile.digest).where(TopicFile.digest.in_(digests)),
                select(ThreadFile.digest).where(ThreadFile.digest.in_(digests)),
            )
        )
    )
    named = {picture_key(digest) for digest in pictures} | {document_key(digest) for digest in documents}
    return [key for key in keys if key not in named]


def _is_preparing(session: Session) -> bool:
    video = select(IncomingVideo.id).where(IncomingVideo.state == VideoState.WAITING.value).limit(1)
    return session.scalar(video) is not None
