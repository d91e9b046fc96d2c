"""How a picture is served: as what it was made to be, and as nothing else."""

import uuid
from io import BytesIO

from flask import Response, request, send_file

from tenants.errors import NotFoundError
from unisson.media.addresses import Address
from unisson.media.reading import read_bytes, served_name
from unisson.storage import Storage

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
        content = read_bytes(storage, agency_id, digest)
    except FileNotFoundError:
        raise NotFoundError from None
    response = send_file(
        BytesIO(content), mimetype=mime, download_name=served_name(digest, mime), etag=digest, conditional=False
    )
    response.headers["Content-Disposition"] = f'inline; filename="{served_name(digest, mime)}"'
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns the same object
