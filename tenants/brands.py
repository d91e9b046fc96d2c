"""Brands: an agency's clients, each with its people, channels, calendar and time zone."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, one_of, unique_in_agency

ACCENTS = ("ink", "coral", "ocean", "moss", "plum", "amber", "teal", "rose", "slate", "indigo")
"""The accent colours that a brand chooses among; each is readable in light and dark (see `css/tokens.css`)."""

SECTORS = (
    "food", "retail", "fashion", "beauty", "health", "technology", "energy", "mobility", "tourism", "culture",
    "sport", "finance", "real_estate", "education", "public", "association", "industry", "other",
)  # fmt: skip


class Brand(TenantOwned, Base):
    """One client brand of an agency."""

    __tablename__ = "brands"
    __table_args__ = (
        unique_in_agency("slug"),
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,48}$'", name="slug"),
        CheckConstraint(one_of("accent", ACCENTS), name="accent"),
        CheckConstraint(one_of("sector", SECTORS), name="sector"),
        CheckConstraint(one_of("language", ("fr", "en")), name="language"),
        CheckConstraint("country ~ '^[A-Z]{2}$'", name="country"),
        CheckConstraint(
            "num_nonnulls(logo_digest, logo_mime, logo_width, logo_height) in (0, 4)"
            " and logo_mime in ('image/png', 'image/jpeg')",
            name="logo",
        ),
    )

    slug: Mapped[str]
    name: Mapped[str]
    sector: Mapped[str]
    timezone: Mapped[str]
    language: Mapped[str]
    accent: Mapped[str]
    country: Mapped[str] = mapped_column(server_default="FR")
    """ISO 3166-1 alpha-2: whose public holidays its people have."""
    logo_digest: Mapped[str | None]
    """SHA-256 (hex) of the logo's bytes, which never change; sizes in pixels."""
    logo_mime: Mapped[str | None]
    logo_width: Mapped[int | None]
    logo_height: Mapped[int | None]
    press: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    """What its releases begin with: `boilerplate`, and `contact` with name, email and phone."""
    archived_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
