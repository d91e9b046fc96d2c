"""Pages leave compressed, to whoever takes gzip: a month of two hundred entries is a tenth of its bytes on the way.

Only whole pages of text; images are compressed already, and streams are not held back. The fastest level: it costs
less than a millisecond a page, and the slower ones gain a few percent. Tags of pages are weak (RFC 9110 §8.8.1), hence
the same for either form. A page that repeats what its address says, beside a secret, could be guessed at by its length
(BREACH); that takes requests made from another site with the person's cookie, which `SameSite=Lax` does not send.

Not Flask-Compress: it writes the encoding into the tag, which `repeats` and the calendar compare before they render.
"""

import zlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LEAST = 1_400
"""Bytes: less fits one packet as it is."""

_LEVEL = 1
_GZIP = zlib.MAX_WBITS | 16
_TEXTS = ("text/html", "text/csv", "text/calendar", "application/json", "application/atom+xml")

Headers = list[tuple[str, str]]


class Compressed:
    """WSGI middleware that compresses what `app` answers where that is worth it and understood."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as the application does."""
        if environ["REQUEST_METHOD"] == "HEAD" or not _takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return self._app(environ, start_response)
        told: list[Any] = []

        def start(status: str, headers: Headers, error: Any = None, /) -> Any:
            told[:] = [status, headers, error]
            return _unused

        body = self._app(environ, start)
        status, headers, error = told
        if not _is_worth(headers):
            start_response(status, headers, error)
            return body
        try:
            packed = _packed(body)
        finally:
            getattr(body, "close", _unused)()
        start_response(status, _said(headers, len(packed)), error)
        return [packed]


def _takes_gzip(accepted: str) -> bool:
    return "gzip" in accepted and parse_accept_header(accepted, Accept)["gzip"] > 0


def _is_worth(headers: Headers) -> bool:
    """Whether this is a whole text, long enough, in no form of its own."""
    held = {name.lower(): value for name, value in headers}
    length = held.get("content-length", "")
    is_text = held.get("content-type", "").partition(";")[0] in _TEXTS
    return is_text and length.isdecimal() and int(length) >= LEAST and "content-encoding" not in held


def _packed(body: Iterable[bytes]) -> bytes:
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return b"".join([*map(packer.compress, body), packer.flush()])


def _said(headers: Headers, length: int) -> Headers:
    kept = [(name, value) for name, value in headers if name.lower() != "content-length"]
    return [
        *kept,
        ("Content-Length", str(length)),
        ("Content-Encoding", "gzip"),
        ("Vary", "Accept-Encoding"),
    ]


def _unused(*_given: object) -> None:
    """Stand for WSGI's old `write`, and for the end of what needs none."""
