"""What a brand says once for all of its contents: how their links are tagged, and templates to begin from."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class LinkTagging(TenantOwned, Base):
    """How the links of a brand's contents are tagged. `sources` are by kind of channel, where not the usual one.

    `medium` and `campaign` are "" for the usual one: of the channel's kind, and of the content's topic or title.
    """

    __tablename__ = "link_taggings"
    __table_args__ = (belongs_to("brands", "brand_id"), unique_in_agency("brand_id"))

    brand_id: Mapped[uuid.UUID]
    is_on: Mapped[bool] = mapped_column(server_default="false")
    sources: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    medium: Mapped[str] = mapped_column(server_default="")
    campaign: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(server_default="1")


class ContentTemplate(TenantOwned, Base):
    """A content kept to begin others from. `draft` is what it says (`editorial.starters`)."""

    __tablename__ = "content_templates"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "created_by"),
        Index(None, "agency_id", "brand_id"),
        Index(None, "agency_id", "created_by"),
    )

    brand_id: Mapped[uuid.UUID]
    name: Mapped[str]
    draft: Mapped[dict[str, Any]]
    archived_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
