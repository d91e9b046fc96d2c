"""Where to go after signing in: only to a page of ours (ASVS 5.0 §3.7.2)."""

from urllib.parse import unquote, urlsplit

from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter, RequestRedirect

_LONGEST = 1000  # characters
_ROUNDS = 3  # of percent decoding: what a careless intermediary might undo


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and not set(text) & set("\\ <>\"'`{}|^")


def _is_local(text: str) -> bool:
    return text.startswith("/") and not text.startswith("//") and "\\" not in text and text.isprintable()


def safe_destination(wanted: str | None, pages: MapAdapter) -> str | None:
    r"""Return `wanted` when it is the address of a page that `pages` knows, else None.

    Refused: another scheme or host however spelt (`//`, `\`, `@`, control characters, layers of percent encoding),
    what no route answers to, and what a route would redirect.
    """
    if not wanted or len(wanted) > _LONGEST or not _is_plain(wanted) or not _is_local(wanted):
        return None
    parts = urlsplit(wanted)
    if parts.scheme or parts.netloc or parts.fragment:
        return None
    path = parts.path
    for _round in range(_ROUNDS):
        if not _is_local(path) or "//" in path or "/." in path:
            return None
        path = unquote(path)
    return wanted if _answers(unquote(parts.path), pages) else None


def _answers(path: str, pages: MapAdapter) -> bool:
    try:
        pages.match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return True
