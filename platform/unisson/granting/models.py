"""What somebody of a client's was asked to connect, and the links of the mails that ask or confirm it."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from unisson.publishing.channels.port import ChannelKind


class AskState(enum.StrEnum):
    """How an ask stands."""

    WAITING = "waiting"
    EXPIRED = "expired"
    REVOKED = "revoked"
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


class ChannelAsk(TenantOwned, Base):
    """One channel that one person was asked to connect; `channel_id` is the mock-up meant, then the channel given."""

    __tablename__ = "channel_asks"
    __table_args__ = (
        belongs_to("brands", "brand_id", ondelete="CASCADE"),
        belongs_to("channels", "channel_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id"),
        belongs_to("memberships", "asked_by"),
        CheckConstraint(one_of("kind", (ChannelKind.BLUESKY,)), name="kind"),
        CheckConstraint("given_at is null or channel_id is not null", name="given"),
        CheckConstraint("withdrawn_at is null or given_at is not null", name="withdrawn"),
        Index(None, "agency_id", "brand_id"),
        Index(None, "agency_id", "channel_id"),
        Index(None, "agency_id", "membership_id"),
    )

    brand_id: Mapped[uuid.UUID]
    channel_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    membership_id: Mapped[uuid.UUID]
    note: Mapped[str] = mapped_column(server_default="")
    asked_by: Mapped[uuid.UUID]
    asked_at: Mapped[Timestamp]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    given_at: Mapped[datetime | None]
    account: Mapped[str] = mapped_column(server_default="")
    """The handle that was given."""
    withdrawn_at: Mapped[datetime | None]

    def state_at(self, now: datetime) -> AskState:
        """Return how the ask stands at an instant."""
        if self.withdrawn_at is not None:
            return AskState.WITHDRAWN
        if self.given_at is not None:
            return AskState.GIVEN
        if self.revoked_at is not None:
            return AskState.REVOKED
        return AskState.EXPIRED if self.expires_at <= now else AskState.WAITING


class ChannelAskLink(TenantOwned, Base):
    """The link of one mail; without an end where its mail confirms what was given, and takes it back."""

    __tablename__ = "channel_ask_links"
    __table_args__ = (
        belongs_to("channel_asks", "ask_id", ondelete="CASCADE"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "ask_id"),
    )

    ask_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes]
    created_at: Mapped[Timestamp]
    expires_at: Mapped[datetime | None]
