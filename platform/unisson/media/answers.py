"""How a file of the library is served: as what it was made to be, and as nothing else. Videos come in parts."""

import uuid
from collections.abc import Iterator

from flask import Response, request

from tenants.context import acting_for
from tenants.errors import NotFoundError
from unisson.media.addresses import Address
from unisson.media.reading import is_video, picture_key, read_bytes, served_name
from unisson.storage import PIECE, Storage

MOST_AT_ONCE = 2 * PIECE
SECONDS = 31_536_000
LOCKED = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Even opened by itself and taken for a document, it runs nothing."""


def public_answer(storage: Storage, agency_id: uuid.UUID, digest: str, mime: str) -> Response:
    """Return what stands in a newsroom for everybody: kept for ever, for its bytes can't change under this digest.

    Raises NotFoundError when there are no such bytes, StorageAwayError when nobody can tell.
    """
    response = _answer(storage, agency_id, digest, mime)
    response.headers["Cache-Control"] = f"public, max-age={SECONDS}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def signed_answer(storage: Storage, address: Address, now: float) -> Response:
    """Return what a signed address names: its reader's browser keeps it as long as the address is good, nobody else.

    Raises NotFoundError, StorageAwayError.
    """
    response = _answer(storage, address.agency_id, address.digest, address.mime)
    response.headers["Cache-Control"] = f"private, max-age={int(address.until - now)}, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _answer(storage: Storage, agency_id: uuid.UUID, digest: str, mime: str) -> Response:
    try:
        if is_video(mime):
            response = _parts(storage, agency_id, digest, mime)
        else:
            content = read_bytes(storage, agency_id, digest)
            response = Response(content, mimetype=mime)
            response.set_etag(digest)
            response = response.make_conditional(request)  # type: ignore[assignment]  # werkzeug returns the same
    except FileNotFoundError:
        raise NotFoundError from None
    response.headers["Content-Disposition"] = f'inline; filename="{served_name(digest, mime)}"'
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _parts(storage: Storage, agency_id: uuid.UUID, digest: str, mime: str) -> Response:
    """Return the part of a video that is asked for (RFC 9110 §14), or all of it, a piece in memory at a time.

    Of a part that is asked for, no more than `MOST_AT_ONCE` is given, so that a slow reader holds nobody up: players
    ask for the next. Raises FileNotFoundError, StorageAwayError.
    """
    with acting_for(agency_id):
        size = storage.size(*picture_key(digest))
    asked = request.range if not request.if_range.etag or request.if_range.etag == digest else None
    span = asked.range_for_length(size) if asked else None
    if request.if_none_match.contains(digest):
        response = Response(status=304)
    elif asked is not None and asked.units == "bytes" and len(asked.ranges) == 1 and span is None:
        response = Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        start, stop = span or (0, size)
        stop = min(stop, start + MOST_AT_ONCE) if span else stop
        pieces = _pieces(storage, agency_id, digest, range(start, stop)) if request.method == "GET" else ()
        response = Response(pieces, status=206 if span else 200, mimetype=mime, direct_passthrough=True)
        response.content_length = stop - start
        if span:
            response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    response.set_etag(digest)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _pieces(storage: Storage, agency_id: uuid.UUID, digest: str, span: range) -> Iterator[bytes]:
    for start in span[::PIECE]:
        with acting_for(agency_id):
            piece = storage.part(start, min(PIECE, span.stop - start), *picture_key(digest))
        yield piece
