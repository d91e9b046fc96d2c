"""Documents that come with a message: kept as they are, handed out to be saved, never shown or opened by us.

A document is one of a few kinds, by its name and by what it begins with. What could carry programs that people open by
mistake (macros, scripts, archives, pages) is none of them.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from flask import Response
from sqlalchemy import select

from tenants.access import Actor
from tenants.context import acting_for
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.media.documents import Document, document_answer, document_key
from unisson.media.holding import hold_bytes
from unisson.media.intake import FORMATS, TooHeavyError, plain_name, take_in
from unisson.media.scanned import refuse_infected
from unisson.storage import Storage
from unisson.threads.models import Audience, Thread, ThreadFile, ThreadMessage
from unisson.web.i18n import lazy

MOST_BYTES = 10 * 1024 * 1024

_ZIPPED = b"PK\x03\x04"
KINDS: dict[str, tuple[str, bytes]] = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".docx": ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _ZIPPED),
    ".xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _ZIPPED),
    ".pptx": ("application/vnd.openxmlformats-officedocument.presentationml.presentation", _ZIPPED),
    ".odt": ("application/vnd.oasis.opendocument.text", _ZIPPED),
    ".ods": ("application/vnd.oasis.opendocument.spreadsheet", _ZIPPED),
    ".odp": ("application/vnd.oasis.opendocument.presentation", _ZIPPED),
    ".txt": ("text/plain", b""),
    ".csv": ("text/csv", b""),
}
"""Extension → media type, and how its bytes begin (ISO 32000-2 §7.5.2, APPNOTE.TXT 4.3.7); texts are UTF-8."""

ACCEPTED = ",".join((*FORMATS, *KINDS))

WRONG_KIND = lazy(
    "Attach images (JPEG, PNG, WebP, GIF), PDF, Word, Excel, PowerPoint or OpenDocument files without macros, or texts."
)
NOT_WHAT_IT_SAYS = lazy("This file is not what its name says. Save it anew, then attach it again.")
TOO_HEAVY = lazy("This file is heavier than 10 MB. Attach a lighter one, or a link to it.")
EMPTY = lazy("This file is empty.")


class KeptFile(NamedTuple):
    """A document whose bytes are kept, and which a message may carry."""

    digest: str
    filename: str
    mime: str
    size: int


class Found(NamedTuple):
    """A document, and whose thread it stands in."""

    file: ThreadFile
    content_id: uuid.UUID
    brand_id: uuid.UUID
    audience: Audience


def is_document(filename: str) -> bool:
    """Return whether a file is to be kept as a document; else it is taken for an image."""
    return PurePosixPath(filename.lower()).suffix not in FORMATS


class Sent(NamedTuple):
    """A file as somebody sent it."""

    filename: str
    stream: IO[bytes]


def take_all(
    session: TenantSession, person: Actor, brand_id: uuid.UUID, sent: Iterable[Sent], storage: Storage
) -> tuple[list[uuid.UUID], list[KeptFile]]:
    """Return the ids of the images among what was sent, and its documents. Raises RefusedError for all else."""
    pictures, documents = [], []
    for each in sent:
        if is_document(each.filename):
            documents.append(keep(session, each.filename, each.stream, storage))
            continue
        taken = take_in(
            session, person, brand_id, each.filename, each.stream, storage=storage, permission=Permission.CONTENT_SEE
        )
        pictures.append(taken.id)
    return pictures, documents


def keep(session: TenantSession, filename: str, stream: IO[bytes], storage: Storage) -> KeptFile:
    """Return a document that is kept from here on. Raises RefusedError for what is none, StorageAwayError."""
    known = KINDS.get(PurePosixPath(filename.lower()).suffix)
    if known is None:
        raise RefusedError(WRONG_KIND)
    content = stream.read(MOST_BYTES + 1)
    if not content:
        raise RefusedError(EMPTY)
    if len(content) > MOST_BYTES:
        raise TooHeavyError(TOO_HEAVY)
    mime, begins = known
    if not (content.startswith(begins) if begins else _is_text(content)):
        raise RefusedError(NOT_WHAT_IT_SAYS)
    refuse_infected(session, content)
    digest = hashlib.sha256(content).hexdigest()
    hold_bytes(session)
    with acting_for(session.agency_id):
        storage.put(content, *document_key(digest))
    return KeptFile(digest, plain_name(filename), mime, len(content))


def files_of(session: TenantSession, thread_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ThreadFile]]:
    """Return the documents of the messages of some threads, by message, in one statement."""
    rows = session.scalars(
        select(ThreadFile)
        .join(
            ThreadMessage,
            (ThreadMessage.agency_id == ThreadFile.agency_id) & (ThreadMessage.id == ThreadFile.message_id),
        )
        .where(ThreadMessage.thread_id.in_(thread_ids))
        .order_by(ThreadFile.position)
    )
    found: dict[uuid.UUID, list[ThreadFile]] = {}
    for file in rows:
        found.setdefault(file.message_id, []).append(file)
    return found


def find_file(session: TenantSession, file_id: uuid.UUID) -> Found:
    """Return a document and where it was said. Raises NotFoundError, for one that was taken back too."""
    row = session.execute(
        select(ThreadFile, Thread.content_id, Thread.brand_id, Thread.audience)
        .join(
            ThreadMessage,
            (ThreadMessage.agency_id == ThreadFile.agency_id) & (ThreadMessage.id == ThreadFile.message_id),
        )
        .join(Thread, (Thread.agency_id == ThreadMessage.agency_id) & (Thread.id == ThreadMessage.thread_id))
        .where(ThreadFile.id == file_id, ThreadMessage.deleted_at.is_(None))
    ).first()
    if row is None:
        raise NotFoundError
    return Found(row[0], row[1], row[2], Audience(row[3]))


def file_answer(storage: Storage, file: ThreadFile) -> Response:
    """Return the document to be saved under its name. Raises NotFoundError, StorageAwayError."""
    return document_answer(storage, file.agency_id, Document(file.digest, file.filename, file.mime, file.size))


def _is_text(content: bytes) -> bool:
    try:
        return b"\0" not in content and bool(content.decode())
    except UnicodeDecodeError:
        return False
