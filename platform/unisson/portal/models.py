"""Browsers that a client's person was recognised on, and the codes that are mailed to recognise one."""

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, unique_in_agency


class LinkDevice(TenantOwned, Base):
    """One browser that its person opened with a mailed code; `typed_name` is how they signed there last."""

    __tablename__ = "link_devices"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "membership_id"),
    )

    membership_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes]
    user_agent: Mapped[str] = mapped_column(server_default="")
    typed_name: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class ContentOpening(TenantOwned, Base):
    """That a client's person opened a content, once an hour at most: who saw what, for the proof."""

    __tablename__ = "content_openings"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id"),
        unique_in_agency("content_id", "membership_id", "hour", name="uq_content_openings_once"),
        Index(None, "agency_id", "membership_id"),
    )

    content_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]
    link_id: Mapped[uuid.UUID | None]
    hour: Mapped[datetime]
    opened_at: Mapped[Timestamp]


class DeviceCode(TenantOwned, Base):
    """Six digits for one person's new browser, kept as a keyed hash; the worker makes them as the mail leaves."""

    __tablename__ = "device_codes"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        Index(None, "agency_id", "membership_id"),
    )

    membership_id: Mapped[uuid.UUID]
    code_hash: Mapped[bytes | None]
    asked_hash: Mapped[bytes | None]
    """Of the token that the browser holds which asked for it: it alone may type the digits."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
