"""The agency: the tenant."""

import uuid

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, Timestamp


class Agency(Base):
    """One agency. It owns itself: `agency_id` is its key, so that its row obeys the same policy as all others."""

    __tablename__ = "agencies"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,48}$'", name="slug"),)

    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    timezone: Mapped[str] = mapped_column(server_default="Europe/Paris")
    created_at: Mapped[Timestamp]
