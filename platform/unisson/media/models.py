"""Images of a brand."""

import uuid

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

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
    created_at: Mapped[Timestamp]
