"""Images of a brand."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint
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
