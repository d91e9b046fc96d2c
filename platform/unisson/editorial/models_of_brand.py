"""What a brand says once for all of its contents: how their links are tagged."""

import uuid
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, belongs_to, unique_in_agency


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
