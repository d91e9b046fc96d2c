"""Images of a brand, and files on their way to become some."""

import enum
import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

MIMES = ("image/jpeg", "image/png", "image/webp", "image/gif")


class Media(TenantOwned, Base):
    """One re-encoded image. `digest` is the SHA-256 (hex) of the stored bytes, which never change."""

    __tablename__ = "media"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "uploaded_by"),
        unique_in_agency("brand_id", "digest"),
        Index("ix_media_room", "agency_id", postgresql_include=["size"]),
        Index("ix_media_rights", "agency_id", "brand_id", "rights_until", postgresql_where="rights_until is not null"),
        CheckConstraint(one_of("mime", MIMES), name="mime"),
        CheckConstraint("size > 0 and width > 0 and height > 0", name="positive"),
    )

    brand_id: Mapped[uuid.UUID]
    uploaded_by: Mapped[uuid.UUID]
    digest: Mapped[str]
    filename: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    width: Mapped[int]
    height: Mapped[int]
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
