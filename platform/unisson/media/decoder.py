"""Decodes one picture that a stranger made, in a process of its own that can harm nobody.

Run as a script: the picture on the standard input, its format and what it is for as arguments; on the standard output
a line of JSON and the new bytes. Its memory, processor time and files are limited before the first byte is read, so
that a picture made to burst takes this process with it and nothing else. It imports nothing of the product.
"""

import io
import json
import math
import resource
import sys
import warnings
from typing import NamedTuple

from PIL import Image, ImageCms, ImageOps

MOST_PIXELS = 40_000_000
"""Checked on the header, before anything is decoded."""


class Room(NamedTuple):
    """How large a picture may come out: pixels of its longer side, bytes; `webp` where readers all know it."""

    longest_side: int
    most_bytes: int
    webp: bool


ROOMS = {
    # What every channel takes: Bluesky refuses more than 1,000,000 bytes (lexicon app.bsky.embed.images).
    "picture": Room(4096, 950_000, webp=True),
    # It travels in every mail to a client, and Outlook for Windows shows no WebP.
    "logo": Room(640, 150_000, webp=False),
}
QUALITIES = (85, 78, 70)
MEMORY_BYTES = 1_500_000_000
PROCESSOR_SECONDS = 20
OPEN_FILES = 32
PALETTE_SIDE, PALETTE_COLOURS = 96, 8
"""Of a logo: pixels that are looked at, and colours that are told apart."""


class RefusedPicture(Exception):  # noqa: N818 - an expected answer; the argument names the reason
    """The picture can't be taken: `unreadable`, `too_many_pixels`."""


def limit_this_process() -> None:
    """Give the process a ceiling of memory and time, and nowhere to write."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def reencode(content: bytes, picture_format: str, room: Room) -> tuple[bytes, str, tuple[int, int]]:
    """Return new bytes, their MIME type and their size in pixels.

    Nothing of the file survives but what is seen: EXIF is applied and dropped, a colour profile is converted to
    sRGB and dropped, further frames and whatever was hidden behind the picture are dropped.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    with Image.open(io.BytesIO(content), formats=[picture_format]) as opened:
        if opened.width * opened.height > MOST_PIXELS:
            raise RefusedPicture("too_many_pixels")
        if picture_format == "JPEG":
            opened.draft("RGB", (room.longest_side, room.longest_side))
        opened.load()
        if opened.mode in {"RGB", "RGBA", "CMYK", "L"}:
            _within(opened, room)  # early: copies are made below
        seen = _normal(opened, room)
    kept = {"JPEG": "JPEG", "WEBP": "WEBP" if room.webp else "PNG"}
    return _fitted(seen, kept.get(picture_format, "PNG"), room.most_bytes)


def _within(picture: Image.Image, room: Room) -> None:
    picture.thumbnail((room.longest_side, room.longest_side), Image.Resampling.LANCZOS)


def _normal(opened: Image.Image, room: Room) -> Image.Image:
    """Return the first frame the right way up, within the room's longest side, in sRGB, without anything beside."""
    profile = opened.info.get("icc_profile")
    transparent = opened.has_transparency_data
    picture: Image.Image = ImageOps.exif_transpose(opened)
    if picture.mode.startswith("I;16"):
        picture = picture.point(lambda value: value / 256, "L")
    if profile and picture.mode in {"RGB", "CMYK"} and not transparent:
        picture = _in_srgb(picture, profile)
    if picture.mode not in {"RGB", "RGBA"}:
        picture = picture.convert("RGBA" if transparent else "RGB")
    _within(picture, room)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    bare = Image.new(picture.mode, picture.size)
    bare.paste(picture)
    return bare


def _in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture  # a broken profile: the plain values are the best there is
    return converted or picture


def _fitted(picture: Image.Image, kind: str, most: int) -> tuple[bytes, str, tuple[int, int]]:
    """Return the picture within `most` bytes: lower quality first, then fewer pixels."""
    while True:
        written, written_as = _best(picture, kind, most)
        if len(written) <= most:
            return written, f"image/{written_as.lower()}", picture.size
        shrink = min(0.9, 0.95 * math.sqrt(most / len(written)))
        smaller = (max(1, int(picture.width * shrink)), max(1, int(picture.height * shrink)))
        picture = picture.resize(smaller, Image.Resampling.LANCZOS)


def _best(picture: Image.Image, kind: str, most: int) -> tuple[bytes, str]:
    """Return the first writing that fits, or the smallest. Without transparency, a PNG too heavy becomes a JPEG."""
    if kind == "PNG":
        written = _written(picture, "PNG", optimize=picture.width * picture.height < 1_000_000)
        if len(written) <= most or picture.mode == "RGBA":
            return written, "PNG"
        kind = "JPEG"
    for quality in QUALITIES:
        written = _written(picture, kind, quality=quality)
        if len(written) <= most:
            break
    return written, kind


def _written(picture: Image.Image, kind: str, **how: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **how)
    return out.getvalue()


def palette(content: bytes) -> list[list[int]]:
    """Return the colours that a picture of our own writing is made of: red, green, blue and their share in per cent."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.thumbnail((PALETTE_SIDE, PALETTE_SIDE))
        seen = opened.convert("RGBA")
    pixels: tuple[tuple[int, ...], ...] = seen.get_flattened_data()  # type: ignore[assignment]  # of four bands
    shown = [pixel[:3] for pixel in pixels if pixel[3] > 127]
    if not shown:
        return []
    row = Image.new("RGB", (len(shown), 1))
    row.putdata(shown)
    few = row.quantize(PALETTE_COLOURS)
    colours: list[int] = few.getpalette() or []
    counts: list[tuple[int, int]] = few.getcolors() or []  # type: ignore[assignment]  # of a palette, they are places
    by_share = sorted(((100 * count // len(shown), place) for count, place in counts), reverse=True)
    return [[*colours[3 * place : 3 * place + 3], share] for share, place in by_share]


def main() -> None:
    """Answer one picture."""
    limit_this_process()
    try:
        content, mime, (width, height) = reencode(sys.stdin.buffer.read(), sys.argv[1], ROOMS[sys.argv[2]])
        colours = palette(content) if sys.argv[2] == "logo" else []
        answer: dict[str, object] = {"mime": mime, "width": width, "height": height, "colours": colours}
    except (RefusedPicture, Image.DecompressionBombError, Image.DecompressionBombWarning) as refusal:
        content = b""
        answer = {"refused": str(refusal) if isinstance(refusal, RefusedPicture) else "too_many_pixels"}
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, the picture can't be read
        content, answer = b"", {"refused": "unreadable", "why": type(error).__name__}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


if __name__ == "__main__":
    main()
