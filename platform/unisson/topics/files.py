"""Files that hang on a topic: images through the intake of the library, documents as they are.

Who may plan with the topic sees them and nobody else, under an embargo too: no client's page, link or mail shows any.
One that is taken away stays in the table, so that it can be put back.
"""

import uuid
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath
from typing import IO

from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.brands import Brand
from tenants.errors import GoneError, NotFoundError, RefusedError
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.media.documents import KINDS, MOST_BYTES, Document, keep_document
from unisson.media.intake import ARCHIVED, FORMATS, take_in
from unisson.storage import Storage
from unisson.topics.models import Topic, TopicFile
from unisson.topics.planning import load_topic
from unisson.web.i18n import lazy

MOST_FILES = 50
ACCEPTED = ",".join((*FORMATS, *KINDS))

MANY = lazy("A topic has fifty files at most. Take some away first.")
THERE = lazy("This file hangs on the topic already.")
NOTHING = lazy("Choose a file first.")


def add_file(
    session: TenantSession, actor: Actor, topic_id: uuid.UUID, filename: str, stream: IO[bytes], *, storage: Storage
) -> TopicFile:
    """Return the file, hung on the topic. Raises RefusedError, NotFoundError, ForbiddenError, StorageAwayError."""
    topic = load_topic(session, actor, topic_id, lock=True)
    _check_open(session, topic)
    if _count(session, topic_id) >= MOST_FILES:
        raise RefusedError(MANY, field="files")
    if PurePosixPath(filename.lower()).suffix in FORMATS:
        media = take_in(session, actor, topic.brand_id, filename, stream, storage=storage)
        kept, media_id = Document(media.digest, media.filename, media.mime, media.size), media.id
    else:
        kept, media_id = keep_document(session, filename, stream.read(MOST_BYTES + 1), storage), None
    if kept.digest in {each.digest for each in files_of(session, topic)}:
        raise RefusedError(THERE, field="files")
    file = TopicFile(
        brand_id=topic.brand_id, topic_id=topic.id, media_id=media_id, added_by=actor.membership_id, **kept._asdict()
    )
    session.add(file)
    session.flush()
    record(session, actor, "topic.file_added", "topic", topic.id, brand_id=topic.brand_id, filename=file.filename)
    return file


def remove_files(session: TenantSession, actor: Actor, topic_id: uuid.UUID, file_ids: Collection[uuid.UUID]) -> int:
    """Take files away from a topic; return how many. Raises NotFoundError where none of them hangs there."""
    return _move(session, actor, topic_id, file_ids, away=True)


def put_back(session: TenantSession, actor: Actor, topic_id: uuid.UUID, file_ids: Collection[uuid.UUID]) -> int:
    """Put files back that were taken away; return how many. Raises NotFoundError, RefusedError."""
    return _move(session, actor, topic_id, file_ids, away=False)


def files_of(session: TenantSession, topic: Topic) -> Sequence[TopicFile]:
    """Return the files of a topic in the order of their adding, in one statement."""
    return session.scalars(
        select(TopicFile)
        .where(TopicFile.topic_id == topic.id, TopicFile.removed_at.is_(None))
        .order_by(TopicFile.created_at, TopicFile.id)
    ).all()


def load_file(session: TenantSession, actor: Actor, topic_id: uuid.UUID, file_id: uuid.UUID) -> TopicFile:
    """Return a file of a topic that the actor may plan with. Raises NotFoundError, ForbiddenError."""
    topic = load_topic(session, actor, topic_id)
    file = session.scalars(
        select(TopicFile).where(TopicFile.id == file_id, TopicFile.topic_id == topic.id, TopicFile.removed_at.is_(None))
    ).one_or_none()
    if file is None:
        raise NotFoundError
    return file


def _move(
    session: TenantSession, actor: Actor, topic_id: uuid.UUID, file_ids: Collection[uuid.UUID], *, away: bool
) -> int:
    topic = load_topic(session, actor, topic_id, lock=True)
    _check_open(session, topic)
    wanted = select(TopicFile).where(
        TopicFile.topic_id == topic_id,
        TopicFile.id.in_(file_ids),
        TopicFile.removed_at.is_(None) if away else TopicFile.removed_at.is_not(None),
    )
    found = session.scalars(wanted).all()
    if not found:
        raise NotFoundError
    if not away:
        _check_place(session, topic, found)
    session.execute(
        update(TopicFile)
        .where(TopicFile.id.in_([each.id for each in found]))
        .values(removed_at=func.clock_timestamp() if away else None)
        .execution_options(synchronize_session=False)
    )
    verb = "topic.file_removed" if away else "topic.file_put_back"
    names = [each.filename for each in found]
    record(session, actor, verb, "topic", topic.id, brand_id=topic.brand_id, filenames=names)
    return len(found)


def _check_place(session: TenantSession, topic: Topic, back: Sequence[TopicFile]) -> None:
    there = files_of(session, topic)
    if len(there) + len(back) > MOST_FILES:
        raise RefusedError(MANY, field="files")
    if {each.digest for each in there} & {each.digest for each in back}:
        raise RefusedError(THERE, field="files")


def _count(session: TenantSession, topic_id: uuid.UUID) -> int:
    hanging = select(func.count()).where(TopicFile.topic_id == topic_id, TopicFile.removed_at.is_(None))
    return session.scalar(hanging) or 0


def _check_open(session: TenantSession, topic: Topic) -> None:
    if session.read_once(Brand, topic.brand_id).archived_at is not None:
        raise GoneError(ARCHIVED)
