"""Makes a PDF from HTML, in a process of its own: reads JSON from its input, writes a line of JSON and the PDF.

Nothing is fetched but what comes with the input: no address of the network or of this machine's files is opened.
Run as a file, it imports nothing of Unisson.
"""

import base64
import io
import json
import os
import resource
import sys
from typing import Any

MOST_MEMORY = 2 * 1024**3
MOST_SECONDS = 60
PIXELS_PER_INCH = 150
JPEG_QUALITY = 80


def main() -> None:
    """Print one document, or say why not."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    try:
        # It wants libraries of the system, and says so as it is imported; it ships without annotations.
        import weasyprint  # type: ignore[import-untyped]  # noqa: F401, PLC0415
    except OSError as error:
        _answer({"refused": "no_pango", "why": str(error)[:300]})
        return
    printed = print_out(json.load(sys.stdin.buffer))
    _answer({"printed": len(printed)}, printed)


def print_out(job: dict[str, Any]) -> bytes:
    """Return the PDF of a job: its `html`, its `assets` by address, and the `identifier` of the file."""
    import weasyprint  # noqa: PLC0415 - as above
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # type: ignore[import-untyped]  # noqa: PLC0415

    assets = {address: (mime, base64.b64decode(body)) for address, (mime, body) in job["assets"].items()}

    class OurOwn(URLFetcher):  # type: ignore[misc]  # a base without annotations
        """Hands out what came with the job, and nothing else."""

        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the signature is WeasyPrint's
            """Return an asset. Raises ValueError for any other address: it is left out."""
            if url not in assets:
                raise ValueError(f"not part of this document: {url[:200]}")
            mime, body = assets[url]
            return URLFetcherResponse(url, io.BytesIO(body), {"Content-Type": mime})

    document = weasyprint.HTML(string=job["html"], base_url=None, url_fetcher=OurOwn())
    printed: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1",
        pdf_identifier=job["identifier"].encode(),
        dpi=PIXELS_PER_INCH,
        jpeg_quality=JPEG_QUALITY,
        optimize_images=True,
    )
    return printed


def _answer(said: dict[str, Any], body: bytes = b"") -> None:
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    # Nothing more of the libraries runs: one that fails as it is let go of would spoil a document that is whole.
    os._exit(0)
