"""Runs the reader of videos in a process of its own, for a worker."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

READER = Path(__file__).with_name("video_decoder.py")
WALL_SECONDS = 30
SLACK_BYTES = 16 * 1024 * 1024
"""What a video may grow by when it is written anew: another order, another index."""


class RefusedVideoError(Exception):
    """The library can't have it; the argument is the reason, a word of `video_pages.REASONS`."""


@dataclass(frozen=True, slots=True)
class RemadeVideo:
    """A video of our own making in `path`, its poster in `poster`. Sizes in pixels, `duration_ms` in milliseconds."""

    path: Path
    poster: Path
    mime: str
    width: int
    height: int
    duration_ms: int


def remake(source: Path, folder: Path, *, shape: str, most_seconds: float) -> RemadeVideo:
    """Return the video written anew into `folder`, and its poster. Raises RefusedVideoError."""
    path, poster = folder / "video", folder / "poster"
    most_bytes = str(source.stat().st_size + SLACK_BYTES)
    command = [sys.executable, "-I", str(READER), str(source), str(path), str(poster), shape, most_bytes]
    try:
        ran = subprocess.run(  # noqa: S603 - our own interpreter and file; the arguments are ours
            [*command, str(most_seconds)], stdin=subprocess.DEVNULL, capture_output=True, timeout=WALL_SECONDS,
            check=False, env={},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RefusedVideoError("too_slow") from None
    said: dict[str, Any] = json.loads(ran.stdout) if ran.returncode == 0 and ran.stdout else {"refused": "unreadable"}
    if "refused" in said:
        raise RefusedVideoError(said["refused"])
    return RemadeVideo(path, poster, said["mime"], said["width"], said["height"], said["duration"])
