"""What is to be told in people's browsers."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

STATES = ("waiting", "joined", "sent", "failed", "dropped")


class PushPost(TenantOwned, Base):
    """One notice for one browser: told there once. `joined_id` names the post whose message tells of it too."""

    __tablename__ = "push_posts"
    __table_args__ = (
        belongs_to("notices", "notice_id", ondelete="CASCADE"),
        unique_in_agency("notice_id", "browser_id"),
        CheckConstraint(one_of("state", STATES), name="state"),
        Index(None, "browser_id"),
        Index("ix_push_posts_agency_id_browser_id_state", "agency_id", "browser_id", "state"),
        Index("ix_push_posts_agency_id_joined_id", "agency_id", "joined_id"),
    )

    notice_id: Mapped[uuid.UUID]
    browser_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.push_browsers.id", ondelete="CASCADE"))
    joined_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(server_default="waiting")
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]
