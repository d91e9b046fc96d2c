"""The tokens that programs read with."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class ApiToken(TenantOwned, Base):
    """What a program shows. Only the SHA-256 is kept; `membership_id` is whose it is, None for the agency's own."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("memberships", "created_by"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "membership_id"),
        CheckConstraint("jsonb_typeof(scopes) = 'array' and jsonb_array_length(scopes) >= 1", name="scopes"),
    )

    membership_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    token_hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column()
    created_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
