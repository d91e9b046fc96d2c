"""What people said of a brand's onboarding; the rest is read from what is there."""

import uuid

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from unisson.onboarding.steps import Step


class BrandSkip(TenantOwned, Base):
    """Somebody said that a brand does not need a step. The row is there exactly as long as that is so."""

    __tablename__ = "brand_skips"
    __table_args__ = (
        belongs_to("brands", "brand_id", ondelete="CASCADE"),
        belongs_to("memberships", "skipped_by"),
        unique_in_agency("brand_id", "step"),
        CheckConstraint(one_of("step", Step), name="step"),
    )

    brand_id: Mapped[uuid.UUID]
    step: Mapped[str]
    skipped_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
