"""Asking ClamAV's daemon whether a file holds what it knows (clamd(8), INSTREAM).

By a socket of our own: the protocol is a length before each piece, and the libraries that speak it bound no exchange as
a whole, or may not be shipped with this product (GPL-2.0 alone).
"""

import socket
import struct
import time

from unisson.storage import StorageAwayError
from unisson.web.i18n import lazy

SECONDS = 20.0
"""For one file, connecting included."""
_PIECE = 64 * 1024
_LONGEST = 4096  # bytes of an answer

AWAY = lazy("Files can't be checked for viruses at this moment. This one was not kept: try again in a few minutes.")


class ScannerAwayError(StorageAwayError):
    """Nobody can tell what a file holds: it is not taken, and may be sent again."""


def look(address: str, content: bytes) -> str | None:
    """Return what the daemon at `address` (`unix:/path` or `host:port`) finds in `content`; None for nothing.

    Raises ScannerAwayError where it does not answer, or with anything but a verdict.
    """
    until = time.monotonic() + SECONDS
    try:
        with _connected(address) as connection:
            _send(connection, content, until)
            answer = _answer(connection, until)
    except OSError as error:
        raise ScannerAwayError(AWAY) from error
    verdict = answer.removeprefix("stream: ")
    if verdict == "OK":
        return None
    if verdict.endswith(" FOUND"):
        return verdict.removesuffix(" FOUND")
    raise ScannerAwayError(AWAY) from ValueError(answer)


def _connected(address: str) -> socket.socket:
    if not address.startswith("unix:"):
        host, _colon, port = address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(SECONDS)
    try:
        connection.connect(address.removeprefix("unix:"))
    except OSError:
        connection.close()
        raise
    return connection


def _send(connection: socket.socket, content: bytes, until: float) -> None:
    pieces = (content[start : start + _PIECE] for start in range(0, len(content), _PIECE))
    for each in (b"zINSTREAM\0", *(struct.pack("!L", len(piece)) + piece for piece in pieces), struct.pack("!L", 0)):
        _bound(connection, until)
        connection.sendall(each)


def _answer(connection: socket.socket, until: float) -> str:
    """Return what is said up to a zero byte."""
    said = b""
    while b"\0" not in said and len(said) < _LONGEST:
        _bound(connection, until)
        more = connection.recv(_LONGEST)
        if not more:
            break
        said += more
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _bound(connection: socket.socket, until: float) -> None:
    connection.settimeout(max(until - time.monotonic(), 0.001))
