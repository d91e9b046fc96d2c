"""Taking a picture in: what its name says, what it begins with and what decodes must agree; then it is made anew."""

import unicodedata
import uuid
from pathlib import PurePosixPath
from typing import IO, NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import new_id
from tenants.brands import Brand
from tenants.context import acting_for
from tenants.errors import GoneError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.media.holding import hold_bytes
from unisson.media.models import Media
from unisson.media.quota import check_room
from unisson.media.reading import picture_key
from unisson.media.sandbox import UNREADABLE, Reencoded, reencode
from unisson.storage import Storage
from unisson.strategy.checks import folded
from unisson.web.i18n import lazy

MOST_BYTES = 20 * 1024 * 1024
NAME_LENGTH = 120

FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP", ".gif": "GIF"}
"""Extension → the decoder's name of the format."""

TOO_HEAVY = lazy("This picture is heavier than 20 MB. Reduce it, then add it again.")
VECTOR = lazy("SVG drawings can carry programs and are not accepted. Export the drawing as PNG.")
WRONG_KIND = lazy("Only JPEG, PNG, WebP and GIF pictures are accepted. Export it as JPEG, then add it again.")
NOTHING = lazy("Choose a picture first.")
ARCHIVED = lazy("This brand is archived: nothing can be added to it.")


class TooHeavyError(RefusedError):
    """More bytes than a picture may have."""

    status = 413


class Kept(NamedTuple):
    """A picture of a brand, and whether the brand had it not before."""

    media: Media
    is_new: bool


def take_in(
    session: TenantSession,
    actor: Actor,
    brand_id: uuid.UUID,
    filename: str,
    stream: IO[bytes],
    *,
    storage: Storage,
    permission: Permission = Permission.CONTENT_WRITE,
) -> Media:
    """Return the brand's picture made from `stream`; the one it already has if the bytes come out the same.

    Whoever has `permission` on the brand may. Raises RefusedError (what to do is in its sentence), StorageAwayError
    when the bytes can't be kept.
    """
    actor.require(permission, brand_id)
    if session.scalar(select(Brand.archived_at).where(Brand.id == brand_id)) is not None:
        raise GoneError(ARCHIVED)
    content = _read(stream)
    made = reencode(content, agreed_format(filename, content))
    if not _has(session, brand_id, made.digest):
        check_room(session, len(made.content))
    kept = keep(session, made, filename, storage, brand_id=brand_id, membership_id=actor.membership_id)
    return kept.media


def _read(stream: IO[bytes]) -> bytes:
    content = stream.read(MOST_BYTES + 1)
    if not content:
        raise RefusedError(NOTHING, field="picture")
    if len(content) > MOST_BYTES:
        raise TooHeavyError(TOO_HEAVY, field="picture")
    return content


def agreed_format(filename: str, content: bytes) -> str:
    """Return the format that both the name and the first bytes say. The decoder has the third word."""
    begins = _begins_as(content)
    if begins == "SVG":
        raise RefusedError(VECTOR, field="picture")
    named = named_format(filename)
    if begins is None:
        raise RefusedError(WRONG_KIND, field="picture")
    if named != begins:
        raise RefusedError(UNREADABLE, field="picture")
    return named


def named_format(filename: str) -> str:
    """Return the format that a name says. Raises RefusedError for what no picture is called."""
    extension = PurePosixPath(filename.lower()).suffix
    if extension in {".svg", ".svgz"}:
        raise RefusedError(VECTOR, field="picture")
    if extension not in FORMATS:
        raise RefusedError(WRONG_KIND, field="picture")
    return FORMATS[extension]


def _begins_as(content: bytes) -> str | None:
    """Return the format whose signature `content` begins with: ITU T.81 B.1, RFC 2083 §3.1, GIF89a, RFC 9649."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content[:6] in {b"GIF87a", b"GIF89a"}:
        return "GIF"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    return "SVG" if b"<svg" in content[:4096].lower() else None


def plain_name(filename: str) -> str:
    """Return the last part of a name without anything that a terminal, a header or a reader could be fooled by."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if not unicodedata.category(c).startswith(("C", "Zl", "Zp")))
    return plain.strip(" .")[-NAME_LENGTH:] or "picture"


def _has(session: TenantSession, brand_id: uuid.UUID, digest: str) -> bool:
    return bool(session.scalar(select(Media.id).where(Media.brand_id == brand_id, Media.digest == digest)))


def keep(
    session: TenantSession,
    made: Reencoded,
    filename: str,
    storage: Storage,
    *,
    brand_id: uuid.UUID,
    membership_id: uuid.UUID,
) -> Kept:
    """Return the brand's picture with these bytes, which are kept from here on. Raises StorageAwayError."""
    hold_bytes(session)
    with acting_for(session.agency_id):
        storage.put(made.content, *picture_key(made.digest))
    name = plain_name(filename)
    values = {
        "agency_id": session.agency_id,
        "id": new_id(),
        "brand_id": brand_id,
        "uploaded_by": membership_id,
        "digest": made.digest,
        "filename": name,
        "words": folded(name),
        "mime": made.mime,
        "size": len(made.content),
        "width": made.width,
        "height": made.height,
    }
    fresh = session.scalar(
        insert(Media)
        .values(values)
        .on_conflict_do_nothing(index_elements=["agency_id", "brand_id", "digest"])
        .returning(Media.id)
    )
    media = session.scalars(select(Media).where(Media.brand_id == brand_id, Media.digest == made.digest)).one()
    return Kept(media, is_new=fresh is not None)
