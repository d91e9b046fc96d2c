"""The bytes of an approved image, and nothing else."""

import hashlib
from collections.abc import Callable

from unisson.publishing.channels import reasons
from unisson.publishing.channels.port import NotSent, Outcome, Picture, Refused
from unisson.publishing.channels.reasons import with_detail


def approved_bytes(picture: Picture, max_bytes: int | None) -> bytes | Outcome:
    """Return the bytes of `picture`, or the outcome of a publication that cannot have them.

    They must be the approved ones: SHA-256 is compared here, right before they leave.
    """
    try:
        content = picture.read()
    except Exception as error:  # noqa: BLE001 - whatever a storage raises, nothing was sent yet
        return NotSent(with_detail(reasons.PICTURE_UNREADABLE, type(error).__name__))
    if hashlib.sha256(content).hexdigest() != picture.digest:
        return Refused(reasons.PICTURE_CHANGED)
    if max_bytes is not None and len(content) > max_bytes:
        return Refused(reasons.PICTURE_TOO_LARGE)
    return content


def approved_sum(picture: Picture, sum_of: Callable[[str], str]) -> Outcome | None:
    """Return the outcome of a publication whose bytes are not the approved ones; None where they are.

    For what is served from where it is kept. A video is read a piece at a time, and its poster is looked at too.
    """
    try:
        changed = any(sum_of(digest) != digest for digest in (picture.digest, picture.poster) if digest)
    except Exception as error:  # noqa: BLE001 - whatever a storage raises, nothing was sent yet
        return NotSent(with_detail(reasons.PICTURE_UNREADABLE, type(error).__name__))
    return Refused(reasons.PICTURE_CHANGED) if changed else None
