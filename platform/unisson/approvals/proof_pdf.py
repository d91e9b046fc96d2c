"""Has a proof, or another page of ours, printed as PDF, in a process of its own and within a bounded time."""

import base64
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import structlog

from tenants.errors import RefusedError
from unisson.resources import resource
from unisson.web.i18n import lazy

log = structlog.get_logger(__name__)

PRINTER = Path(__file__).with_name("proof_printer.py")
WALL_SECONDS = 40
WAIT_SECONDS = 15
"""Together shorter than the minute that a transaction may stand idle."""
AT_ONCE = 1
FONTS = ("inter-latin.woff2", "inter-latin-ext.woff2")

NO_PANGO = lazy(
    "This server cannot make PDFs yet: it lacks Pango. Whoever runs it installs libpango-1.0-0 and libpangoft2-1.0-0."
)
TOO_LONG = lazy("This document is too long to be made into a PDF here. Nothing is lost: print the page instead.")
TOO_BUSY = lazy("Too many PDFs are being made at this moment. Try again in a moment.")

Asset = tuple[str, bytes]
"""A media type and its bytes."""

_places = threading.BoundedSemaphore(AT_ONCE)


class NoPdfError(RefusedError):
    """There is no PDF now, and it is not the reader's fault."""

    status = 503


def printed(
    html: str,
    pictures: Mapping[str, Asset],
    identifier: str,
    *,
    sheet: str = "proof_print.css",
    within: float = WALL_SECONDS,
) -> bytes:
    """Return the PDF of `html`, which may show `pictures` as `picture:<digest>`, `within` seconds.

    `sheet` is one of our style sheets, which the page links as `asset:<its name>`.

    Raises NoPdfError.

    The same document gives the same bytes: SOURCE_DATE_EPOCH keeps the hour out of the fonts that are put into it.
    """
    assets = {f"picture:{digest}": picture for digest, picture in pictures.items()} | _own_assets(sheet)
    job = {
        "html": html,
        "assets": {name: (mime, base64.b64encode(body).decode()) for name, (mime, body) in assets.items()},
        "identifier": identifier,
    }
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise NoPdfError(TOO_BUSY)
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and our own file
            [sys.executable, "-I", str(PRINTER)],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=within,
            check=False,
            env={"SOURCE_DATE_EPOCH": "0"},
        )
    except subprocess.TimeoutExpired:
        raise NoPdfError(TOO_LONG) from None
    finally:
        _places.release()
    return _answer(ran)


def _answer(ran: subprocess.CompletedProcess[bytes]) -> bytes:
    line, _newline, body = ran.stdout.partition(b"\n")
    said = json.loads(line) if ran.returncode == 0 and line else {"refused": "unprinted"}
    if "refused" in said:
        tail = ran.stderr[-500:].decode(errors="replace")
        log.error("proof.unprinted", why=said.get("why", ""), status=ran.returncode, tail=tail)
        raise NoPdfError(NO_PANGO if said["refused"] == "no_pango" else TOO_LONG)
    return body


def _own_assets(sheet: str) -> dict[str, Asset]:
    """Return the style sheet, and the fonts as set-up fetched them."""
    static = resource("static")
    fonts = {name: static / "vendor" / name for name in FONTS}
    own = {f"asset:{name}": ("font/woff2", file.read_bytes()) for name, file in fonts.items() if file.exists()}
    return own | {f"asset:{sheet}": ("text/css", (static / "css" / sheet).read_bytes())}
