"""The agency: the tenant."""

import uuid
from datetime import datetime, time

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, Timestamp, one_of
from tenants.standing import Standing, StandingWhy


class Agency(Base):
    """One agency. It owns itself: `agency_id` is its key, so that its row obeys the same policy as all others."""

    __tablename__ = "agencies"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,48}$'", name="slug"),
        CheckConstraint("media_quota > 0", name="media_quota"),
        CheckConstraint("work_ends > work_starts", name="work_hours"),
        CheckConstraint(one_of("standing", tuple(Standing)), name="standing"),
        CheckConstraint(one_of("standing_why", tuple(StandingWhy)), name="standing_why"),
        CheckConstraint("(standing = 'good') = (standing_why is null)", name="standing_said"),
        CheckConstraint("jsonb_typeof(work_days) = 'array' and jsonb_array_length(work_days) >= 1", name="work_days"),
    )

    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    slug: Mapped[str]
    name: Mapped[str]
    language: Mapped[str] = mapped_column(server_default="fr")
    timezone: Mapped[str] = mapped_column(server_default="Europe/Paris")
    work_days: Mapped[list[int]] = mapped_column(JSONB, server_default="[0, 1, 2, 3, 4]")
    work_starts: Mapped[time] = mapped_column(server_default="09:00")
    work_ends: Mapped[time] = mapped_column(server_default="18:00")
    """The hours in which people answer, on the clock of each brand; days count from Monday, 0."""
    sender_name: Mapped[str | None]
    """In whose name clients get mail; the agency's own when empty."""
    contact_email: Mapped[str | None]
    """Where clients' answers go."""
    white_label: Mapped[bool] = mapped_column(server_default="true")
    """Whether clients read the agency's name where the product's would stand."""
    second_step_from: Mapped[datetime | None]
    """From when on the agency's people need a second step at the sign-in; None where it is left to each."""
    sign_on_from: Mapped[datetime | None]
    """Since when the agency's people come in by its identity provider alone; None where a password does too."""
    media_quota: Mapped[int | None] = mapped_column(BigInteger)
    """Bytes that it may keep; None for what the installation gives every agency (MEDIA_QUOTA)."""
    standing: Mapped[str] = mapped_column(server_default="good")
    """Of `Standing`; it counts where agencies are billed, and is written by `billing` alone."""
    standing_why: Mapped[str | None]
    standing_until: Mapped[datetime | None]
    """When the next, worse standing begins; None for never."""
    created_at: Mapped[Timestamp]

    @property
    def signs_as(self) -> str:
        """Return the name in which the agency writes to clients."""
        return self.sender_name or self.name
