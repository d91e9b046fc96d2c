"""What stands in a brand's public newsroom."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class NewsroomEntry(TenantOwned, Base):
    """One published page. `ref` is the publication's reference: a second insertion of it is no second page."""

    __tablename__ = "newsroom_entries"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        unique_in_agency("ref"),
        unique_in_agency("brand_id", "slug"),
        Index("ix_newsroom_entries_latest", "agency_id", "brand_id", "published_at"),
    )

    brand_id: Mapped[uuid.UUID]
    ref: Mapped[str]
    slug: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    language: Mapped[str]
    pictures: Mapped[list[dict[str, Any]]] = mapped_column(server_default="[]")
    press: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """Standfirst, quotes, boilerplate and contact, as the revision has them (`editorial.press`)."""
    kind: Mapped[str] = mapped_column(server_default="")
    """The kind of content (`editorial.models.ContentKind`); empty where it was not kept when it was published."""
    published_at: Mapped[datetime]
    created_at: Mapped[Timestamp]
