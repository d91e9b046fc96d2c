"""What stops a sketch from going out, as far as the limits of a channel say it."""

from unisson.publishing.channels.port import Limits, Problem, Sketch
from unisson.publishing.channels.reasons import lazy


def common_problems(sketch: Sketch, limits: Limits, length: int) -> list[Problem]:
    """Return the problems of `sketch`, whose text has `length` characters as the channel counts them."""
    return [*_text_problems(sketch, limits, length), *_picture_problems(sketch, limits)]


def _text_problems(sketch: Sketch, limits: Limits, length: int) -> list[Problem]:
    found = []
    if not sketch.text.strip() and not sketch.picture_sizes and not sketch.videos:
        found.append(Problem("text", lazy("There is no text yet.")))
    if limits.has_title and not sketch.title.strip():
        found.append(Problem("title", lazy("There is no title yet.")))
    if limits.max_graphemes is not None and length > limits.max_graphemes:
        over = length - limits.max_graphemes
        found.append(Problem("text", lazy("The text is %(count)d characters too long.", count=over)))
    if limits.max_bytes is not None and len(sketch.text.encode()) > limits.max_bytes:
        found.append(Problem("text", lazy("The text takes too many bytes: use fewer emoji or special characters.")))
    return found


def _picture_problems(sketch: Sketch, limits: Limits) -> list[Problem]:
    found = []
    if len(sketch.picture_sizes) > limits.max_pictures:
        found.append(Problem("pictures", lazy("At most %(count)d images fit here.", count=limits.max_pictures)))
    limit = limits.max_picture_bytes
    if limit is not None and any(size > limit for size in sketch.picture_sizes):
        megabytes = f"{limit / 1_000_000:g}"
        found.append(Problem("pictures", lazy("An image is larger than %(size)s MB.", size=megabytes)))
    if sketch.videos and not limits.max_videos:
        found.append(
            Problem("pictures", lazy("No video fits here: choose an image instead, or leave this channel out."))
        )
    elif sketch.videos > limits.max_videos:
        found.append(Problem("pictures", lazy("At most %(count)d videos fit here.", count=limits.max_videos)))
    if limits.alt_required and sketch.missing_alts:
        found.append(Problem("pictures", lazy("An image has no description yet.")))
    return found
