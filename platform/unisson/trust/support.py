"""Support in an agency: let in by it, until an hour, to read what its members see; told on every page while it lasts.

Whoever is support stands in the agency as a member of that one role, which gives reading alone, so that everything that
holds for members holds for them: row-level security, roles, the trail. Who may be is said on the command line.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.identities import Identity, Seat, SupportStaff
from tenants.members import Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.web.i18n import lazy

HOURS = (1, 8, 24, 72)
NOBODY = lazy("This installation has nobody for support. Ask whoever runs it.")
HOW_LONG = lazy("Choose for how long.")


def let_in(session: TenantSession, actor: Actor, hours: int) -> datetime:
    """Let support read for so many hours; return until when. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.AGENCY_SETTINGS)
    if hours not in HOURS:
        raise RefusedError(HOW_LONG, field="hours")
    until = utcnow() + timedelta(hours=hours)
    here = select(Membership.id).where(
        Membership.identity_id == Identity.id, Membership.removed_at.is_(None), Membership.agency_role != _SUPPORT
    )
    # Whoever works for the agency already stays what they are there.
    staff = session.execute(
        select(Identity.id, Identity.email, Identity.name)
        .join(SupportStaff, SupportStaff.identity_id == Identity.id)
        .where(Identity.disabled_at.is_(None), ~here.exists())
    ).all()
    if not staff:
        raise RefusedError(NOBODY)
    for identity_id, email, name in staff:
        _seat(session, (identity_id, email, name), until)
    record(session, actor, "support.let_in", "agency", session.agency_id, until=until.isoformat())
    return until


def _seat(session: TenantSession, person: tuple[uuid.UUID, str, str], until: datetime) -> None:
    identity_id, email, name = person
    now = {"agency_role": _SUPPORT, "ends_at": until, "joined_at": utcnow(), "removed_at": None}
    session.execute(
        insert(Membership)
        .values(agency_id=session.agency_id, identity_id=identity_id, email=email, name=name, **now)
        .on_conflict_do_update(index_elements=["agency_id", "email"], set_={**now, "identity_id": identity_id})
    )
    session.execute(insert(Seat).values(identity_id=identity_id, agency_id=session.agency_id).on_conflict_do_nothing())


_SUPPORT = AgencyRole.SUPPORT.value


def end(session: TenantSession, actor: Actor) -> None:
    """Show support out, at once. Raises ForbiddenError."""
    actor.require(Permission.AGENCY_SETTINGS)
    if _show_out(session):
        record(session, actor, "support.shown_out", "agency", session.agency_id)


def show_out_due(session: TenantSession) -> None:
    """Take away what is left of those whose time is over: for the night. They could not come in any more before."""
    _show_out(session, Membership.ends_at <= func.clock_timestamp())


def leave(session: TenantSession, identity_id: uuid.UUID) -> None:
    """Show one person of support out, who is support no more."""
    _show_out(session, Membership.identity_id == identity_id)


def _show_out(session: TenantSession, *which: ColumnElement[bool]) -> int:
    gone = session.scalars(
        update(Membership)
        .where(Membership.agency_role == _SUPPORT, Membership.removed_at.is_(None), *which)
        .values(removed_at=func.clock_timestamp(), joined_at=None)
        .returning(Membership.identity_id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(delete(Seat).where(Seat.agency_id == session.agency_id, Seat.identity_id.in_(gone)))
    return len(gone)
