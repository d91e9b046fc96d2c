"""Small real videos, made here."""

import io
from collections.abc import Mapping
from fractions import Fraction

import av
from PIL import Image

RATE = 10


def video(
    shape: str = "mp4",
    codec: str = "libx264",
    sound: str | None = "aac",
    *,
    size: tuple[int, int] = (160, 90),
    seconds: float = 2,
    metadata: Mapping[str, str] | None = None,
    pixels: str = "yuv420p",
) -> bytes:
    """Return a video that goes from red to blue, with silence if it has sound."""
    out = io.BytesIO()
    with av.open(out, "w", format=shape) as made:
        made.metadata.update(metadata or {})
        seen = made.add_stream(codec, rate=RATE)
        seen.width, seen.height, seen.pix_fmt = *size, pixels
        heard = made.add_stream(sound, rate=48_000) if sound else None
        count = round(seconds * RATE)
        for number in range(count):
            share = number / max(1, count - 1)
            picture = Image.new("RGB", size, (round(255 * (1 - share)), 0, round(255 * share)))
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            made.mux(seen.encode(frame))
        made.mux(seen.encode())
        if heard is not None:
            _be_silent(made, heard, seconds)
    return out.getvalue()


def _be_silent(made: av.container.OutputContainer, heard: av.AudioStream, seconds: float) -> None:
    length = 960
    for number in range(round(seconds * 48_000 / length)):
        frame = av.AudioFrame(format=heard.format.name, layout=heard.layout.name, samples=length)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * length, Fraction(1, 48_000)
        made.mux(heard.encode(frame))
    made.mux(heard.encode())
