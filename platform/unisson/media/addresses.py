"""The addresses at which a brand's own files are fetched: signed, good for a while, and served without a session.

Who may see a file is decided where a page that shows it is made. Its address says the rest: which agency's bytes, as
what, until when. Whoever holds it may fetch them until then, and nobody can make one up or change it. Addresses are
the same within a step of time, so that a browser that holds the file asks no second time.
"""

import struct
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from itsdangerous import BadData, Signer
from itsdangerous.encoding import base64_decode, base64_encode

from tenants.errors import NotFoundError
from unisson.media.models import POSTER_MIME, Media
from unisson.media.reading import is_video
from unisson.web.cookies import WITHOUT_COOKIE
from unisson.web.db import runtime, session

MIMES = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm")
"""By their place, which is what an address holds: a new one comes last."""

STEP, VIDEO_STEP = 3_600, 12 * 3_600
"""Seconds. An address is good for one step at least and two at most.

A video is fetched when somebody plays it, on a page that may have been open since the morning.
"""

_LAYOUT = struct.Struct(">16s32sBI")


class Address(NamedTuple):
    """What an address says. `until` is in seconds since 1970."""

    agency_id: uuid.UUID
    digest: str
    mime: str
    until: int


def signed(secret_key: str, address: Address) -> str:
    """Return `address` as a word of a path, which only somebody with the key can make."""
    told = _LAYOUT.pack(
        address.agency_id.bytes, bytes.fromhex(address.digest), MIMES.index(address.mime), address.until
    )
    return _signer(secret_key).sign(base64_encode(told)).decode()


def read(secret_key: str, token: str, now: float, of_agency: uuid.UUID | None = None) -> Address:
    """Return what a token says. `of_agency` is the agency whose own web address it came by, and no other's.

    Raises NotFoundError for one that is over, altered, of another key or another agency.
    """
    try:
        told = _LAYOUT.unpack(base64_decode(_signer(secret_key).unsign(token)))
        address = Address(uuid.UUID(bytes=told[0]), told[1].hex(), MIMES[told[2]], told[3])
    except (BadData, struct.error, IndexError, ValueError):
        raise NotFoundError from None
    if address.until <= now or of_agency not in {None, address.agency_id}:
        raise NotFoundError
    return address


def last_second(now: float, mime: str) -> int:
    """Return until when an address made now is good."""
    step = VIDEO_STEP if is_video(mime) else STEP
    return (int(now) // step + 2) * step


def path_of(secret_key: str, address: Address) -> str:
    """Return where the bytes of an address are fetched, also where no page is being made."""
    return f"{WITHOUT_COOKIE}{signed(secret_key, address)}"


def picture_address(digest: str, mime: str) -> str:
    """Return where a page's reader fetches a file of the page's agency: ask for what they may see, no other."""
    address = Address(session().agency_id, digest, mime, last_second(time.time(), mime))
    return path_of(runtime().settings.secret_key, address)


def still_address(media: Media) -> str:
    """Return where the image is fetched that shows a file of the library: itself, or a video's poster."""
    return picture_address(*media.still)


def video_address(media: Media) -> str:
    """Return where a video of the library is fetched; "" for an image."""
    return picture_address(media.digest, media.mime) if is_video(media.mime) else ""


def frozen_address(picture: Mapping[str, Any]) -> str:
    """Return the same for one of a frozen version."""
    if picture.get("poster"):
        return picture_address(str(picture["poster"]), POSTER_MIME)
    return picture_address(str(picture["digest"]), str(picture["mime"]))


def addresses_of(pictures: Iterable[Mapping[str, Any]]) -> Callable[[str], str]:
    """Return where the reader of a page fetches the images that show `pictures`, by the digest of each."""
    known = {str(each["digest"]): each for each in pictures}
    return lambda digest: frozen_address(known[digest])


@lru_cache(maxsize=4)
def _signer(secret_key: str) -> Signer:
    return Signer(secret_key, salt="unisson.media.address.1", key_derivation="hmac", digest_method=sha256)
