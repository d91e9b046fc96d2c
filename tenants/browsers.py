"""The browsers that people have told of things by a message from outside: a person's, so of no agency."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, Sealed, Timestamp, new_id


class PushBrowser(Base):
    """One browser that takes notifications (W3C Push API), by the sign-in it holds: one subscription each.

    Whoever has the address and the keys of a subscription can write to that browser: they are sealed, and the address
    is found by its SHA-256.
    """

    __tablename__ = "push_browsers"
    __table_args__ = (Index(None, "identity_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    sign_in_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.sign_ins.id", ondelete="CASCADE"), unique=True)
    endpoint_hash: Mapped[bytes] = mapped_column(unique=True)
    sealed: Mapped[Sealed]
    user_agent: Mapped[str]
    created_at: Mapped[Timestamp]
    told_at: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(server_default="0")
    """In a row, since the last message that its push service took."""
    last_error: Mapped[str] = mapped_column(server_default="")
