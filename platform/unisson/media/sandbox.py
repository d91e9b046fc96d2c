"""Runs the decoder in a process of its own, few at a time.

A process a picture costs about a tenth of a second, for an act that people do a few times a day, and takes every
decoder's memory fault away from the web's own memory.
"""

import hashlib
import json
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tenants.errors import RefusedError
from unisson.web.i18n import lazy

DECODER = Path(__file__).with_name("decoder.py")
WALL_SECONDS = 30
WAIT_SECONDS = 15
"""Together shorter than the minute that a transaction may stand idle."""
AT_ONCE = 1
"""Pictures that one web process decodes at a time: the largest WebP takes 1.2 GB for some seconds."""

Purpose = Literal["picture", "logo"]

_places = threading.BoundedSemaphore(AT_ONCE)

UNREADABLE = lazy("This picture is damaged, or is not what its name says. Export it again, as JPEG for instance.")
TOO_MANY_PIXELS = lazy("This picture has more than 40 million pixels. Reduce it, then add it again.")
TOO_BUSY = lazy("Too many pictures are being prepared at this moment. Your text is kept: try again in a moment.")


class TooBusyError(RefusedError):
    """No place became free in time."""

    status = 503


@dataclass(frozen=True, slots=True)
class Reencoded:
    """A picture of our own making. Sizes in pixels."""

    content: bytes
    mime: str
    width: int
    height: int
    colours: tuple[tuple[int, int, int, int], ...] = ()
    """Of a logo: the colours that it is made of, as red, green, blue (0 to 255) and their share in per cent."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 (hex) of the bytes."""
        return hashlib.sha256(self.content).hexdigest()


def reencode(content: bytes, picture_format: str, purpose: Purpose = "picture") -> Reencoded:
    """Return the picture written anew, as large as its purpose wants.

    Raises RefusedError for one that can't be read or has too many pixels.
    """
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise TooBusyError(TOO_BUSY)
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and file; the arguments are of few words
            [sys.executable, "-I", str(DECODER), picture_format, purpose],
            input=content,
            capture_output=True,
            timeout=WALL_SECONDS,
            check=False,
            env={},
        )
    except subprocess.TimeoutExpired:
        raise RefusedError(UNREADABLE, field="picture") from None
    finally:
        _places.release()
    return _answer(ran)


def _answer(ran: subprocess.CompletedProcess[bytes]) -> Reencoded:
    line, _newline, content = ran.stdout.partition(b"\n")
    said = json.loads(line) if ran.returncode == 0 and line else {"refused": "unreadable"}
    if "refused" in said:
        raise RefusedError(TOO_MANY_PIXELS if said["refused"] == "too_many_pixels" else UNREADABLE, field="picture")
    colours = tuple((int(each[0]), int(each[1]), int(each[2]), int(each[3])) for each in said["colours"])
    return Reencoded(content, str(said["mime"]), int(said["width"]), int(said["height"]), colours)
