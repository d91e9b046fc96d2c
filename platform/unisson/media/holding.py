"""Stored bytes and the rows that name them: who writes bytes holds off who would delete them, until both are there."""

from sqlalchemy import text

from tenants.session import TenantSession

LOCK = 8_400_211
"""The first half of the advisory lock's key; the second is the agency's."""

_SHARED = text(f"select pg_advisory_xact_lock_shared({LOCK}, hashtext(:agency))")
_ALONE = text(f"select pg_advisory_xact_lock({LOCK}, hashtext(:agency))")


def hold_bytes(session: TenantSession) -> None:
    """Have no bytes of the agency deleted until the transaction ends: say so before they are written."""
    session.execute(_SHARED, {"agency": str(session.agency_id)})


def hold_alone(session: TenantSession) -> None:
    """Wait for everybody who writes bytes of the agency, and have the next ones wait until the transaction ends."""
    session.execute(_ALONE, {"agency": str(session.agency_id)})
