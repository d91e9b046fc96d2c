"""Reads one video that a stranger made, in a process of its own that can harm nobody.

Run as a script: the file to read, the files to write (the video anew, its poster), and the most seconds it may last, as
arguments; on the standard output a line of JSON. Memory, processor time and what may be written are limited before the
first byte is read. It imports nothing of the product.

The pictures and the sound are copied as they are, never decoded, but for the one frame that becomes the poster.
Nothing else of the file survives: titles, places, dates, further tracks, attachments and what hides behind the end are
left behind.
"""

import json
import os
import resource
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
from PIL import Image

MOST_PIXELS = 3840 * 2176
"""Of one frame, as the header says before anything is decoded: 4K, with the padding to whole blocks."""
POSTER_SIDE = 1280
POSTER_BYTES = 300_000
MEMORY_BYTES = 1_500_000_000
PROCESSOR_SECONDS = 60
OPEN_FILES = 32

PLAYED: dict[str, tuple[str, str, frozenset[str], frozenset[str]]] = {
    # Demuxer → how it is written, its media type, and the codecs that all of today's browsers play.
    "mov": ("mp4", "video/mp4", frozenset({"h264"}), frozenset({"aac", "mp3"})),
    "matroska": ("webm", "video/webm", frozenset({"vp8", "vp9"}), frozenset({"opus", "vorbis"})),
}
PIXELS = frozenset({"yuv420p", "yuvj420p"})
ADVANCED = frozenset({"High 10", "High 4:2:2", "High 4:4:4 Predictive"})


class RefusedVideo(Exception):  # noqa: N818 - an expected answer; the argument names the reason
    """The video can't be taken: `unreadable`, `no_picture`, `codec`, `sound`, `too_large`, `too_long`."""


class Made(NamedTuple):
    """A video written anew. Sizes in pixels as it is seen, `duration` in milliseconds."""

    mime: str
    width: int
    height: int
    duration: int


def limit_this_process(most_bytes: int) -> None:
    """Give the process a ceiling of memory, time and of what it may write."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, most_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def remake(source: Path, target: Path, poster: Path, *, kind: str, most_seconds: float) -> Made:
    """Return what was written to `target` and `poster`. Raises RefusedVideo."""
    shape, mime, pictures, sounds = PLAYED[kind]
    # From an open file, so that nothing the video names is ever opened.
    with source.open("rb") as file, av.open(file, "r", format=kind, metadata_errors="ignore") as read:
        seen, heard = _tracks(read, pictures, sounds)
        if read.duration is not None and read.duration > most_seconds * av.time_base:
            raise RefusedVideo("too_long")
        turned = _poster(read, seen, poster)
        read.seek(0, backward=True, any_frame=False)
        with av.open(str(target), "w", format=shape, options=_written_as(shape)) as written:
            seconds = _copy(read, written, [each for each in (seen, heard) if each is not None], most_seconds)
    width, height = seen.codec_context.width, seen.codec_context.height
    return Made(mime, height if turned else width, width if turned else height, round(seconds * 1000))


def _tracks(read: Any, pictures: frozenset[str], sounds: frozenset[str]) -> tuple[Any, Any]:
    """Return the picture's stream and the sound's, if it has one. Raises RefusedVideo."""
    moving = [each for each in read.streams.video if not each.disposition & av.stream.Disposition.attached_pic]
    if not moving:
        raise RefusedVideo("no_picture")
    seen, heard = moving[0], next(iter(read.streams.audio), None)
    context = seen.codec_context
    if context.name not in pictures or context.pix_fmt not in PIXELS or context.profile in ADVANCED:
        raise RefusedVideo("codec")
    if heard is not None and heard.codec_context.name not in sounds:
        raise RefusedVideo("sound")
    if context.width * context.height > MOST_PIXELS:
        raise RefusedVideo("too_large")
    if not context.width or not context.height:
        raise RefusedVideo("unreadable")
    return seen, heard


def _poster(read: Any, seen: Any, poster: Path) -> bool:
    """Write a frame from near the beginning as a JPEG; return whether it is seen turned by a quarter."""
    seen.thread_type = "NONE"
    seen.codec_context.thread_count = 1
    if read.duration:
        read.seek(min(read.duration // 4, av.time_base), backward=True, any_frame=False)
    frame = next(iter(read.decode(seen)), None)
    if frame is None:
        raise RefusedVideo("no_picture")
    angle = round(frame.rotation) % 360
    picture: Image.Image = frame.to_image()
    if angle:
        picture = picture.rotate(angle, expand=True)
    picture.thumbnail((POSTER_SIDE, POSTER_SIDE), Image.Resampling.LANCZOS)
    for quality in (85, 70, 50):
        picture.convert("RGB").save(poster, "JPEG", quality=quality)
        if poster.stat().st_size <= POSTER_BYTES:
            break
    return angle in {90, 270}


def _written_as(shape: str) -> dict[str, str]:
    """Return the muxer's options: the same bytes each time, and an MP4's index first, so that it plays at once."""
    return {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if shape == "mp4" else {})


def _copy(read: Any, written: Any, tracks: Sequence[Any], most_seconds: float) -> Fraction:
    """Copy the packets of the tracks; return how many seconds they last, counted and not believed."""
    ends = Fraction(0)
    copies = {each.index: written.add_stream_from_template(each) for each in tracks}
    for copy in copies.values():
        copy.metadata.clear()
    written.metadata.clear()
    for packet in read.demux(tracks):
        if packet.dts is None:
            continue
        if packet.pts is not None:
            ends = max(ends, (packet.pts + (packet.duration or 0)) * packet.time_base)
        if ends > most_seconds + 1:
            raise RefusedVideo("too_long")
        packet.stream = copies[packet.stream.index]
        written.mux(packet)
    if ends <= 0:
        raise RefusedVideo("no_picture")
    return ends


def main() -> None:
    """Answer one video."""
    source, target, poster, kind, most_bytes, most_seconds = sys.argv[1:]
    limit_this_process(int(most_bytes))
    av.logging.set_level(None)
    try:
        answer: dict[str, object] = remake(
            Path(source), Path(target), Path(poster), kind=kind, most_seconds=float(most_seconds)
        )._asdict()
    except RefusedVideo as refusal:
        answer = {"refused": str(refusal)}
    except Exception as error:  # noqa: BLE001 - whatever a reader raises, the video can't be read
        answer = {"refused": "unreadable", "why": type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    # Nothing more of the libraries runs: they have been fed a stranger's file.
    os._exit(0)


if __name__ == "__main__":
    main()
