"""People of an agency and what they are there."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarSelect,
    Text,
    and_,
    cast,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from tenants.agencies import Agency
from tenants.base import SCHEMA, Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from tenants.identities import Passkey, SecondFactor
from tenants.permissions import AgencyRole, BrandRole


def lacks_second_step(identity_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether the agency asks for a second step by now and the person has none, as a column of a statement."""
    asks = select(Agency.agency_id).where(Agency.second_step_from <= func.clock_timestamp())
    return asks.correlate_except(Agency).exists() & ~has_second_step(identity_id)


def has_second_step(identity_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether the person has codes or a passkey that opens, as a column of a statement."""
    return _exists(SecondFactor, identity_id, SecondFactor.confirmed_at.is_not(None)) | _exists(
        Passkey, identity_id, Passkey.copied_at.is_(None)
    )


def needs_second_step(identity_id: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Return whether a password alone does not let the person in, as a column of a statement.

    A passkey that was stopped opens nothing, and still does not make the password enough: recovery codes are left.
    """
    return has_second_step(identity_id) | _exists(Passkey, identity_id, Passkey.copied_at.is_not(None))


def _exists(
    factor: type[SecondFactor | Passkey], identity_id: InstrumentedAttribute[Any], that: ColumnElement[bool]
) -> ColumnElement[bool]:
    return select(factor.id).where(factor.identity_id == identity_id, that).correlate_except(factor).exists()


def must_sign_on() -> ColumnElement[bool]:
    """Return whether the agency lets a member in by its identity provider alone, as a column of a statement.

    Support is let in by the agency for some hours, and has no account at its provider.
    """
    asks = select(Agency.agency_id).where(Agency.sign_on_from.is_not(None))
    is_own = ~Membership.breaks_glass & (Membership.agency_role != AgencyRole.SUPPORT.value)
    return asks.correlate_except(Agency).exists() & is_own


class Membership(TenantOwned, Base):
    """A person as one agency knows them.

    It stands from the invitation on, with an e-mail address and no identity: a client approver may decide from a
    personal link for years without ever making an account.
    """

    __tablename__ = "memberships"
    __table_args__ = (
        unique_in_agency("email"),
        unique_in_agency("identity_id"),
        CheckConstraint(one_of("agency_role", tuple(AgencyRole)), name="agency_role"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("agency_role <> 'support' or ends_at is not null", name="support_ends"),
        Index(
            "ix_memberships_support",
            "agency_id",
            "ends_at",
            postgresql_where="agency_role = 'support' and removed_at is null",
        ),
    )

    identity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id"))
    email: Mapped[str]
    name: Mapped[str]
    language: Mapped[str | None]
    agency_role: Mapped[str] = mapped_column(server_default="member")
    breaks_glass: Mapped[bool] = mapped_column(server_default="false")
    """Whether they come in by their password even while the agency asks for its identity provider."""
    joined_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    """Until when support is in; None for everybody else."""
    created_at: Mapped[Timestamp]


def is_in() -> ColumnElement[bool]:
    """Return whether somebody may come in as a member now, as a condition."""
    lasts = or_(Membership.ends_at.is_(None), Membership.ends_at > func.clock_timestamp())
    return and_(Membership.removed_at.is_(None), Membership.joined_at.is_not(None), lasts)


def support_until() -> ScalarSelect[str]:
    """Return until when support reads in the agency, as PostgreSQL writes it, as a column of a statement."""
    return (
        select(cast(func.max(Membership.ends_at), Text))
        .where(
            Membership.agency_role == AgencyRole.SUPPORT.value,
            Membership.removed_at.is_(None),
            Membership.ends_at > func.clock_timestamp(),
        )
        .correlate(None)
        .scalar_subquery()
    )


class BrandAssignment(TenantOwned, Base):
    """One role of one person on one brand."""

    __tablename__ = "brand_assignments"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        unique_in_agency("membership_id", "brand_id", "role", name="uq_brand_assignments_once"),
        Index(None, "agency_id", "brand_id"),
        CheckConstraint(one_of("role", tuple(BrandRole)), name="role"),
    )

    brand_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]
    role: Mapped[str]
    created_at: Mapped[Timestamp]


class Invitation(TenantOwned, Base):
    """One mailed invitation to a membership. The worker mints the token as it sends; only its hash is kept."""

    __tablename__ = "invitations"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("memberships", "invited_by"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "membership_id"),
    )

    membership_id: Mapped[uuid.UUID]
    invited_by: Mapped[uuid.UUID]
    token_hash: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
