"""How a picture is served: as what it was made to be, and as nothing else."""

import uuid
from io import BytesIO

from flask import Response, request, send_file

from tenants.errors import NotFoundError
from unisson.media.reading import read_bytes, served_name
from unisson.storage import Storage

SECONDS = 31_536_000
LOCKED = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""Even opened by itself and taken for a document, it runs nothing."""


def picture_answer(storage: Storage, agency_id: uuid.UUID, digest: str, mime: str, *, public: bool = False) -> Response:
    """Return the picture as a response that may be kept for ever: its bytes can't change under this digest.

    `public` is for what stands in a newsroom; anything else stays in its reader's own browser.
    Raises NotFoundError when there are no such bytes, StorageAwayError when nobody can tell.
    """
    try:
        content = read_bytes(storage, agency_id, digest)
    except FileNotFoundError:
        raise NotFoundError from None
    response = send_file(
        BytesIO(content), mimetype=mime, download_name=served_name(digest, mime), etag=digest, conditional=False
    )
    response.headers["Cache-Control"] = f"{'public' if public else 'private'}, max-age={SECONDS}, immutable"
    response.headers["Content-Disposition"] = f'inline; filename="{served_name(digest, mime)}"'
    response.headers["Content-Security-Policy"] = LOCKED
    response.headers["X-Content-Type-Options"] = "nosniff"
    if public:
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response.make_conditional(request)  # type: ignore[return-value]  # werkzeug returns the same object
