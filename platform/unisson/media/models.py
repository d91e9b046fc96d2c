"""Images and videos of a brand, and files on their way to become some."""

import enum
import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

MIMES = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm")
POSTER_MIME = "image/jpeg"


class MediaKind(enum.StrEnum):
    """What a file of the library is."""

    IMAGE = "image"
    VIDEO = "video"


class VideoState(enum.StrEnum):
    """Where a video stands that somebody added."""

    WAITING = "waiting"
    REFUSED = "refused"
    READY = "ready"


class Media(TenantOwned, Base):
    """One image, re-encoded, or one video, written anew. `digest` is the SHA-256 (hex) of the stored bytes.

    They never change. A video has a poster, an image that stands for it, and lasts `duration_ms` milliseconds.
    """

    __tablename__ = "media"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "uploaded_by"),
        unique_in_agency("brand_id", "digest"),
        Index("ix_media_room", "agency_id", postgresql_include=["size"]),
        Index("ix_media_rights", "agency_id", "brand_id", "rights_until", postgresql_where="rights_until is not null"),
        CheckConstraint(one_of("mime", MIMES), name="mime"),
        CheckConstraint("size > 0 and width > 0 and height > 0", name="positive"),
        CheckConstraint(one_of("kind", MediaKind), name="kind"),
        CheckConstraint(
            "(kind = 'video') = (mime like 'video/%') and (kind = 'video') = (poster_digest is not null)"
            " and (kind = 'video') = (coalesce(duration_ms, 0) > 0)",
            name="video",
        ),
    )

    brand_id: Mapped[uuid.UUID]
    uploaded_by: Mapped[uuid.UUID]
    digest: Mapped[str]
    filename: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="image")
    poster_digest: Mapped[str | None]
    duration_ms: Mapped[int | None]
    alt_fr: Mapped[str] = mapped_column(server_default="")
    alt_en: Mapped[str] = mapped_column(server_default="")
    credit: Mapped[str] = mapped_column(server_default="")
    rights_holder: Mapped[str] = mapped_column(server_default="")
    rights_until: Mapped[date | None]
    """The last day, on the brand's clock, on which it may go out; None for no end."""
    folder: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(server_default="[]")
    words: Mapped[str] = mapped_column(server_default="")
    """What a search looks in: name, descriptions, credit, folder and tags, in lower case and without accents."""
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Timestamp]

    @property
    def still(self) -> tuple[str, str]:
        """Return the digest and the MIME type of the image that shows it: its own, or its poster's."""
        return (self.poster_digest, POSTER_MIME) if self.poster_digest else (self.digest, self.mime)


class UploadState(enum.StrEnum):
    """How far a file is: being received, being made anew, or settled in one of three ways."""

    RECEIVING = "receiving"
    PREPARING = "preparing"
    ADDED = "added"
    KNOWN = "known"
    REFUSED = "refused"


class Upload(TenantOwned, Base):
    """One file that somebody sends into a library. Sizes in bytes; `problem` names why it was refused."""

    __tablename__ = "uploads"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "membership_id"),
        belongs_to("media", "media_id"),
        Index(None, "agency_id", "brand_id", "membership_id", "created_at"),
        Index(None, "agency_id", "membership_id"),
        Index(None, "agency_id", "media_id"),
        CheckConstraint(one_of("state", UploadState), name="state"),
        CheckConstraint("received between 0 and size", name="received"),
    )

    brand_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]
    filename: Mapped[str]
    size: Mapped[int]
    received: Mapped[int] = mapped_column(server_default="0")
    state: Mapped[str] = mapped_column(server_default="receiving")
    problem: Mapped[str] = mapped_column(server_default="")
    media_id: Mapped[uuid.UUID | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Timestamp]


class UploadPart(TenantOwned, Base):
    """Bytes of an upload from `position` on, until it is prepared."""

    __tablename__ = "upload_parts"
    __table_args__ = (
        belongs_to("uploads", "upload_id", ondelete="CASCADE"),
        unique_in_agency("upload_id", "position"),
    )

    upload_id: Mapped[uuid.UUID]
    position: Mapped[int]
    content: Mapped[bytes]


class RightsNotice(TenantOwned, Base):
    """That somebody was told of the end of an image's rights, `mark` ("month" or "week") before `rights_until`."""

    __tablename__ = "rights_notices"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("media", "media_id"),
        unique_in_agency("media_id", "rights_until", "mark"),
        Index(None, "agency_id", "brand_id", "told_on"),
        CheckConstraint(one_of("mark", ("month", "week")), name="mark"),
    )

    brand_id: Mapped[uuid.UUID]
    media_id: Mapped[uuid.UUID]
    rights_until: Mapped[date]
    mark: Mapped[str]
    told_on: Mapped[date]
    """The day of the telling, on the brand's clock."""


class IncomingVideo(TenantOwned, Base):
    """A video that somebody added, until the library has it. `reason` says in a word why it can't have it."""

    __tablename__ = "incoming_videos"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "uploaded_by"),
        belongs_to("media", "media_id"),
        Index(None, "agency_id", "brand_id"),
        Index(None, "agency_id", "uploaded_by"),
        Index(None, "agency_id", "media_id", postgresql_where=text("media_id is not null")),
        Index(
            "ix_incoming_videos_room",
            "agency_id",
            postgresql_include=["size"],
            postgresql_where="state = 'waiting'",
        ),
        CheckConstraint(one_of("shape", ("mov", "matroska")), name="shape"),
        CheckConstraint(one_of("state", VideoState), name="state"),
        CheckConstraint(
            "(state = 'refused') = (reason <> '') and (state = 'ready') = (media_id is not null)", name="ended"
        ),
        CheckConstraint("size > 0", name="size"),
    )

    brand_id: Mapped[uuid.UUID]
    uploaded_by: Mapped[uuid.UUID]
    filename: Mapped[str]
    size: Mapped[int]
    shape: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="waiting")
    reason: Mapped[str] = mapped_column(server_default="")
    media_id: Mapped[uuid.UUID | None]
    created_at: Mapped[Timestamp]
