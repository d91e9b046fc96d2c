"""Who is acting, and what that lets them see and do."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from tenants.errors import ForbiddenError, NotFoundError
from tenants.permissions import (
    AGENCY_ROLE_PERMISSIONS,
    BRAND_ROLE_PERMISSIONS,
    AgencyRole,
    BrandRole,
    Permission,
)


@dataclass(frozen=True, slots=True)
class Actor:
    """One member of one agency with their roles, read once at the start of a request."""

    agency_id: uuid.UUID
    membership_id: uuid.UUID
    identity_id: uuid.UUID
    name: str
    email: str
    agency_role: AgencyRole
    brand_roles: Mapping[uuid.UUID, frozenset[BrandRole]]
    lacks_second_step: bool = False
    """Whether the agency asks for a second step at the sign-in, and this person has none."""
    must_sign_on: bool = False
    """Whether the agency lets its own people in by its identity provider alone, this person among them."""

    @property
    def is_inside(self) -> bool:
        """Whether this person works for the agency, and is not a client's alone."""
        return self.sees_every_brand or any(self.may(Permission.CONTENT_WRITE, each) for each in self.brand_roles)

    @property
    def sees_every_brand(self) -> bool:
        """Whether the agency role reaches all brands, present and future."""
        return bool(AGENCY_ROLE_PERMISSIONS[self.agency_role])

    def may(self, permission: Permission | str, brand_id: uuid.UUID | None = None) -> bool:
        """Return whether this person may, in the agency as a whole or on one brand."""
        wanted = Permission(permission)
        if wanted in AGENCY_ROLE_PERMISSIONS[self.agency_role]:
            return True
        roles = self.brand_roles.get(brand_id, frozenset()) if brand_id else frozenset()
        return any(wanted in BRAND_ROLE_PERMISSIONS[role] for role in roles)

    def sees_brand(self, brand_id: uuid.UUID) -> bool:
        """Return whether this person knows of the brand at all."""
        return self.sees_every_brand or brand_id in self.brand_roles

    def require(self, permission: Permission, brand_id: uuid.UUID | None = None) -> None:
        """Pass, or raise NotFoundError for a brand they can't see, ForbiddenError for an act they may not do."""
        if brand_id is not None and not self.sees_brand(brand_id):
            raise NotFoundError
        if not self.may(permission, brand_id):
            raise ForbiddenError(permission)
