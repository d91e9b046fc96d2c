"""Entries of a newsroom: publishing one, once, and finding those that stand there."""

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.domains import TrustedHost
from tenants.errors import NotFoundError
from tenants.session import TenantSession
from unisson.editorial.press import Press
from unisson.media.models import POSTER_MIME
from unisson.newsroom.models import NewsroomEntry

PAGE_LENGTH = 20
SLUG_LENGTH = 80
_NO_LETTER_OF_A_SLUG = re.compile(r"[^a-z0-9]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


@dataclass(frozen=True, slots=True)
class Room:
    """One brand's newsroom, as its pages show it."""

    agency_slug: str
    agency_name: str
    brand_id: uuid.UUID
    slug: str
    name: str
    accent: str
    language: str
    timezone: str
    white_label: bool
    logo_digest: str | None
    logo_width: int | None
    logo_height: int | None
    own_host: str | None

    @property
    def logo_path(self) -> str | None:
        """Return the path of the brand's logo, if it has one."""
        return f"/logos/{self.agency_slug}/{self.logo_digest}" if self.logo_digest else None

    @property
    def path(self) -> str:
        """Return the path of the newsroom, with a slash at its end."""
        return f"/newsroom/{self.agency_slug}/{self.slug}/"


_ROOM: Select[*tuple[Any, ...]] = select(
    Agency.slug, Agency.name, Brand.id, Brand.slug, Brand.name, Brand.accent, Brand.language, Brand.timezone,
    Agency.white_label, Brand.logo_digest, Brand.logo_width, Brand.logo_height,
    select(TrustedHost.host).where(TrustedHost.agency_id == Agency.agency_id)
    .order_by(TrustedHost.verified_at, TrustedHost.host).limit(1).scalar_subquery(),
).join(Brand, Brand.agency_id == Agency.agency_id).where(Brand.archived_at.is_(None))  # fmt: skip


def room_of(session: TenantSession, brand: str | uuid.UUID) -> Room:
    """Return the newsroom of the brand with this slug or id. Raises NotFoundError when it is unknown or archived."""
    matches = Brand.id == brand if isinstance(brand, uuid.UUID) else Brand.slug == brand
    row = session.execute(_ROOM.where(matches)).first()
    if row is None:
        raise NotFoundError
    return Room(*row)


def slug_of(title: str) -> str:
    """Return `title` as a part of an address: lower-case letters without accents, digits, hyphens."""
    apart = unicodedata.normalize("NFKD", title.lower().translate(_LIGATURES))
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return _NO_LETTER_OF_A_SLUG.sub("-", plain).strip("-")[:SLUG_LENGTH].rstrip("-") or "page"


def publish(
    session: TenantSession,
    room: Room,
    ref: str,
    *,
    title: str,
    text: str,
    language: str,
    pictures: list[dict[str, Any]],
    press: dict[str, Any],
    kind: str = "",
) -> NewsroomEntry:
    """Return the entry of this reference: the one that stands already, else a new one. Its address is for ever."""
    values = {
        "agency_id": session.agency_id,
        "brand_id": room.brand_id,
        "ref": ref,
        "title": title,
        "text": text,
        "language": language,
        "pictures": pictures,
        "press": press,
        "kind": kind,
        "published_at": utcnow(),
    }
    for slug in _slugs(title, ref):
        session.execute(insert(NewsroomEntry).values({**values, "id": new_id(), "slug": slug}).on_conflict_do_nothing())
        entry = by_ref(session, ref)
        if entry is not None:
            return entry
    raise RuntimeError("no address is left for this title")  # 2**64 of them would have to be taken


def _slugs(title: str, ref: str) -> Sequence[str]:
    """Return the addresses to try: the title's, then with ever more of the reference's own mark."""
    base, mark = slug_of(title), hashlib.sha256(ref.encode()).hexdigest()
    return [base, f"{base}-{mark[:4]}", f"{base}-{mark[:16]}"]


def by_ref(session: TenantSession, ref: str) -> NewsroomEntry | None:
    """Return the entry of a publication's reference."""
    return session.scalar(select(NewsroomEntry).where(NewsroomEntry.ref == ref))


def by_slug(session: TenantSession, room: Room, slug: str) -> NewsroomEntry:
    """Return the entry at this address. Raises NotFoundError."""
    found = session.scalar(
        select(NewsroomEntry).where(NewsroomEntry.brand_id == room.brand_id, NewsroomEntry.slug == slug)
    )
    if found is None:
        raise NotFoundError
    return found


def latest(
    session: TenantSession, room: Room, *, before: NewsroomEntry | None = None, limit: int = PAGE_LENGTH
) -> Sequence[NewsroomEntry]:
    """Return up to `limit` entries, newest first, from right below `before` on."""
    wanted = (
        select(NewsroomEntry)
        .where(NewsroomEntry.brand_id == room.brand_id)
        .order_by(NewsroomEntry.published_at.desc(), NewsroomEntry.id.desc())
        .limit(limit)
    )
    if before is not None:
        here = tuple_(NewsroomEntry.published_at, NewsroomEntry.id)
        wanted = wanted.where(here < tuple_(literal(before.published_at), literal(before.id)))
    return session.scalars(wanted).all()


def newest_press(session: TenantSession, room: Room) -> Press | None:
    """Return what the newest release that names a contact has around its text: it was approved, and it is out."""
    contact = NewsroomEntry.press["contact"]
    kept = session.scalar(
        select(NewsroomEntry.press)
        .where(NewsroomEntry.brand_id == room.brand_id)
        .where((contact["email"].astext != "") | (contact["phone"].astext != ""))
        .order_by(NewsroomEntry.published_at.desc(), NewsroomEntry.id.desc())
        .limit(1)
    )
    return Press.of(kept)


def still_of(picture: Mapping[str, Any]) -> str:
    """Return the digest of the image that shows it: its own, or a video's poster."""
    return str(picture.get("poster") or picture["digest"])


def published_picture(session: TenantSession, room: Room, digest: str) -> dict[str, Any]:
    """Return the picture, video or poster with this digest if an entry shows it. Raises NotFoundError."""
    pictures = NewsroomEntry.pictures
    shown = pictures.contains([{"digest": digest}]) | pictures.contains([{"poster": digest}])
    entry = session.scalars(
        select(NewsroomEntry).where(NewsroomEntry.brand_id == room.brand_id, shown).limit(1)
    ).first()
    for picture in entry.pictures if entry else []:
        if picture["digest"] == digest:
            return picture
        if picture.get("poster") == digest:
            return {"digest": digest, "mime": POSTER_MIME}
    raise NotFoundError
