"""The identity providers of an agency."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, Sealed, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from tenants.permissions import BrandRole

KINDS = ("google", "microsoft", "other")
AUTH_METHODS = ("client_secret_basic", "client_secret_post")
JOINING_ROLES = ("member", "account_manager")
"""What somebody who joins by the provider may be: never an owner or an administrator."""


class IdentityProvider(TenantOwned, Base):
    """One provider that vouches for the agency's people.

    What its discovery document said is kept: the addresses that a sign-in goes to change when somebody has it read
    again, and not because it says something else one day.
    """

    __tablename__ = "identity_providers"
    __table_args__ = (
        unique_in_agency("issuer"),
        belongs_to("memberships", "added_by"),
        belongs_to("brands", "joining_brand_id"),
        CheckConstraint(one_of("kind", KINDS), name="kind"),
        CheckConstraint(one_of("auth_method", AUTH_METHODS), name="auth_method"),
        CheckConstraint(one_of("joining_role", JOINING_ROLES), name="joining_role"),
        CheckConstraint(one_of("joining_brand_role", tuple(BrandRole)), name="joining_brand_role"),
        CheckConstraint("num_nonnulls(joining_brand_id, joining_brand_role) in (0, 2)", name="joining_brand"),
    )

    kind: Mapped[str]
    name: Mapped[str]
    """What the button to it says."""
    issuer: Mapped[str]
    client_id: Mapped[str]
    secret: Mapped[Sealed]
    authorization_endpoint: Mapped[str]
    token_endpoint: Mapped[str]
    jwks_uri: Mapped[str]
    userinfo_endpoint: Mapped[str | None]
    end_session_endpoint: Mapped[str | None]
    """Where a browser signs out of it, if it says so."""
    auth_method: Mapped[str]
    names_issuer: Mapped[bool]
    """Whether its answers name it (RFC 9207): one that does not is refused then."""
    joining: Mapped[bool] = mapped_column(server_default="false")
    """Whether people whose address lies in a claimed domain become members as they first come."""
    joining_role: Mapped[str] = mapped_column(server_default="member")
    joining_brand_id: Mapped[uuid.UUID | None]
    joining_brand_role: Mapped[str | None]
    added_by: Mapped[uuid.UUID]
    checked_at: Mapped[Timestamp]
    off_since: Mapped[datetime | None]
    created_at: Mapped[Timestamp]
