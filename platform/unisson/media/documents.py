"""Documents: kept as they are, handed out to be saved, never shown or opened by us.

A document is one of a few kinds, and its name, what it begins with and what an office file holds must agree. What could
carry programs that people open by mistake (macros, scripts, archives, pages) is none of them.
"""

import hashlib
import struct
import uuid
from io import BytesIO
from pathlib import PurePosixPath
from typing import NamedTuple
from zipfile import BadZipFile, ZipFile

from flask import Response, send_file

from tenants.context import acting_for
from tenants.errors import NotFoundError, RefusedError
from tenants.session import TenantSession
from unisson.imports.sheets import decode
from unisson.media.answers import LOCKED
from unisson.media.holding import hold_bytes
from unisson.media.intake import TooHeavyError, plain_name
from unisson.media.quota import check_room
from unisson.media.scanned import refuse_infected
from unisson.storage import Storage
from unisson.web.i18n import lazy

MOST_BYTES = 25 * 1024 * 1024
MOST_LISTED = 1024 * 1024
"""Bytes of the list of an office file's parts: a true one has some hundred parts."""

_OFFICE = "application/vnd.openxmlformats-officedocument."
OFFICE: dict[str, tuple[str, str]] = {
    ".docx": (f"{_OFFICE}wordprocessingml.document", "word/document.xml"),
    ".xlsx": (f"{_OFFICE}spreadsheetml.sheet", "xl/workbook.xml"),
    ".pptx": (f"{_OFFICE}presentationml.presentation", "ppt/presentation.xml"),
}
"""Extension → media type, and the part that such a file has (ECMA-376-1 §11–13, as all programs name it)."""
PDF = "application/pdf"
TEXTS = {".txt": "text/plain", ".csv": "text/csv"}
KINDS = (".pdf", *OFFICE, *TEXTS)

WRONG_KIND = lazy(
    "Add images (JPEG, PNG, WebP, GIF), PDF, Word, Excel or PowerPoint files without macros (.docx, .xlsx, .pptx), or"
    " texts (.txt, .csv)."
)
NOT_WHAT_IT_SAYS = lazy("This file is not what its name says. Save it anew, then add it again.")
MACROS = lazy("This file carries macros. Save it without them, then add it again.")
TOO_HEAVY = lazy("This file is heavier than 25 MB. Add a lighter one, or a link to it.")
EMPTY = lazy("This file is empty.")


class Document(NamedTuple):
    """A document whose bytes are kept. `size` in bytes."""

    digest: str
    filename: str
    mime: str
    size: int


def agreed_mime(filename: str, content: bytes) -> str:
    """Return the media type that both the name and the bytes say. Raises RefusedError."""
    extension = PurePosixPath(filename.lower()).suffix
    if extension not in KINDS:
        raise RefusedError(WRONG_KIND, field="files")
    if not content:
        raise RefusedError(EMPTY, field="files")
    if len(content) > MOST_BYTES:
        raise TooHeavyError(TOO_HEAVY, field="files")
    if extension in OFFICE:
        mime, part = OFFICE[extension]
        parts = _parts(content)
        if any(name.endswith("vbaProject.bin") for name in parts):
            raise RefusedError(MACROS, field="files")
        agrees = {"[Content_Types].xml", part} <= parts
    elif extension == ".pdf":
        mime, agrees = PDF, content.startswith(b"%PDF-")
    else:
        mime, agrees = TEXTS[extension], _is_text(content)
    if not agrees:
        raise RefusedError(NOT_WHAT_IT_SAYS, field="files")
    return mime


def keep_document(session: TenantSession, filename: str, content: bytes, storage: Storage) -> Document:
    """Return a document that is kept from here on. Raises RefusedError, StorageAwayError."""
    mime = agreed_mime(filename, content)
    check_room(session, len(content))
    refuse_infected(session, content)
    digest = hashlib.sha256(content).hexdigest()
    hold_bytes(session)
    with acting_for(session.agency_id):
        storage.put(content, *document_key(digest))
    return Document(digest, plain_name(filename), mime, len(content))


def document_key(digest: str) -> tuple[str, ...]:
    """Return where in its agency the document with this digest lies."""
    return ("files", digest[:2], digest)


def document_answer(storage: Storage, agency_id: uuid.UUID, document: Document) -> Response:
    """Return the document to be saved under its name. Raises NotFoundError, StorageAwayError."""
    try:
        with acting_for(agency_id):
            content = storage.get(*document_key(document.digest))
    except FileNotFoundError:
        raise NotFoundError from None
    response = send_file(BytesIO(content), mimetype=document.mime, as_attachment=True, download_name=document.filename)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _parts(content: bytes) -> frozenset[str]:
    """Return the names of an office file's parts; none for what is no such file. Nothing is unpacked."""
    if not content.startswith(b"PK\x03\x04") or not _is_listed_briefly(content):
        return frozenset()
    try:
        with ZipFile(BytesIO(content)) as archive:
            return frozenset(archive.namelist())
    except (BadZipFile, ValueError, NotImplementedError, struct.error):
        return frozenset()


def _is_listed_briefly(content: bytes) -> bool:
    """Whether the list of parts is as short as it says (APPNOTE.TXT 4.3.16), before it is read; never a Zip64 one."""
    at = content.rfind(b"PK\x05\x06", max(0, len(content) - 65_557))
    if at < 0 or at + 22 > len(content) or content[max(0, at - 20) : at].startswith(b"PK\x06\x07"):
        return False
    size: int = struct.unpack_from("<L", content, at + 12)[0]
    return size <= MOST_LISTED


def _is_text(content: bytes) -> bool:
    try:
        return bool(decode(content))
    except RefusedError:
        return False
