"""Uploads that go on where they broke off: tus 1.0.0, with its extensions creation, expiration, termination.

https://tus.io/protocols/resumable-upload, read 2026-11. A refusal carries its sentence as JSON where a script asks so.
"""

import base64
import uuid

from flask import Response, make_response, request, url_for
from werkzeug.http import http_date

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.media.intake import MOST_BYTES, TooHeavyError
from unisson.media.models import Upload
from unisson.media.uploads import LARGE_PART, MOST_PART, begin, expires, load_upload, receive, stop
from unisson.web.db import session
from unisson.web.guards import actor, brand_card
from unisson.web.i18n import lazy

VERSION = "1.0.0"
PART = "application/offset+octet-stream"
NOT_TUS = lazy("This address takes uploads by tus 1.0.0 alone. Add files on the page of the library.")
NOT_SAID = lazy("The upload does not say what it is. Choose the file again.")


class OtherVersionError(RefusedError):
    """Another protocol, or another version of it."""

    status = 412


class NoPartError(RefusedError):
    """Not a part of a file."""

    status = 415


def _require_version() -> None:
    """Refuse what is not of this version (§ Headers, Tus-Resumable)."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise OtherVersionError(NOT_TUS)


def creating(brand: str) -> Response:
    """Begin an upload (extension creation); OPTIONS says what this server does."""
    card = brand_card(brand)
    actor().require(Permission.CONTENT_WRITE, card.id)
    if request.method == "OPTIONS":
        return _abilities()
    _require_version()
    upload = begin(session(), actor(), card.id, _metadata().get("filename", ""), _number("Upload-Length"))
    answer = _standing(upload, 201)
    answer.headers["Location"] = url_for("media.receiving", upload_id=upload.id)
    return answer


def receiving(upload_id: uuid.UUID) -> Response:
    """Say how far an upload is (HEAD), take its next part (PATCH), or let go of it (DELETE, extension termination)."""
    upload = load_upload(session(), actor(), upload_id)
    _require_version()
    if request.method == "HEAD":
        answer = _standing(upload, 200)
        answer.headers["Upload-Length"] = str(upload.size)
        return answer
    if request.method == "DELETE":
        stop(session(), actor(), upload_id)
        return make_response("", 204)
    if request.mimetype != PART:
        raise NoPartError(NOT_TUS)
    offset = _number("Upload-Offset")
    if (request.content_length or 0) > MOST_PART:
        raise TooHeavyError(LARGE_PART)
    return _standing(receive(session(), actor(), upload_id, offset, request.stream.read()), 204)


def say_version(response: Response) -> Response:
    """Add to every answer of these addresses, refusals too, which version it speaks."""
    if request.endpoint in {"media.creating", "media.receiving"} and request.method != "OPTIONS":
        response.headers["Tus-Resumable"] = VERSION
        if response.status_code == 412:
            response.headers["Tus-Version"] = VERSION
    return response


def _abilities() -> Response:
    answer = make_response("", 204)
    answer.headers.update(
        {"Tus-Version": VERSION, "Tus-Extension": "creation,expiration,termination", "Tus-Max-Size": str(MOST_BYTES)}
    )
    return answer


def _standing(upload: Upload, status: int) -> Response:
    answer = make_response("", status)
    answer.headers["Upload-Offset"] = str(upload.received)
    answer.headers["Upload-Expires"] = http_date(expires(upload))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _number(header: str) -> int:
    """Return a whole number of bytes that a header says. Raises RefusedError."""
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) < 16):
        raise RefusedError(NOT_SAID)
    return int(said)


def _metadata() -> dict[str, str]:
    """Return what `Upload-Metadata` says: pairs of a name and Base64 of a text, separated by commas."""
    said: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _space, value = pair.strip().partition(" ")
        try:
            said[name] = base64.b64decode(value, validate=True).decode().replace("\0", "")
        except ValueError:  # binascii.Error and UnicodeDecodeError are among them
            raise RefusedError(NOT_SAID) from None
    return said
