"""Letting somebody in again who lost their phone and their recovery codes: their agency asks, they carry it out.

A second factor is the person's, and guards every agency that they work for. So an agency may ask for its removal only
while it is their one agency; the person is told by mail at once, and only they remove it: by the link in that mail and
their password, a day later at the earliest. Whoever passes the second step in between has not lost it: that ends it.
"""

import uuid
from datetime import timedelta

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.errors import GoneError, NotFoundError, RefusedError
from tenants.identities import FactorReset, Passkey, RecoveryCode, Seat, SecondFactor
from tenants.members import Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import Database, TenantSession
from unisson.activity.trail import record
from unisson.identity import factors, sign_ins, tokens
from unisson.identity.accounts import write_to
from unisson.web.i18n import lazy

WAIT = timedelta(hours=24)
"""Time for a person whose phone is not lost to notice and to stop it."""

LAST = timedelta(days=7)
"""How long it is good for, the day of waiting included."""

OWN = lazy("Your own second step is on your account's page.")
OWNERS_ONLY = lazy("Only an owner can have the second step of an owner removed.")
OFF = lazy("This person has no second step: their password lets them in.")
ELSEWHERE = lazy(
    "This sign-in opens more than this agency, so that no agency alone can have its second step removed. Whoever runs"
    " the server can."
)
ASKED = lazy("This was asked for already, and waits for the person.")
OVER = lazy("This is over: it was stopped, carried out, or waited for too long. Your agency can ask for it again.")
EARLY = lazy("It is too early: this can be carried out a day after it was asked for.")


def ask(session: TenantSession, actor: Actor, membership_id: uuid.UUID) -> Membership:
    """Ask for a person's second step to be removed, and write to them; return who it is.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    person = session.scalars(
        select(Membership).where(Membership.id == membership_id, Membership.removed_at.is_(None))
    ).one_or_none()
    if person is None or person.identity_id is None:
        raise NotFoundError
    actor.require(Permission.AGENCY_TEAM)
    if person.id == actor.membership_id:
        raise RefusedError(OWN)
    if person.agency_role == AgencyRole.OWNER.value and actor.agency_role is not AgencyRole.OWNER:
        raise RefusedError(OWNERS_ONLY)
    if not factors.is_on(session, person.identity_id):
        raise RefusedError(OFF)
    _refuse_elsewhere(session, person.identity_id, session.agency_id)
    _note(session, actor, person.identity_id)
    write_to(session, person.identity_id, "factor_reset")
    record(session, actor, "person.second_step_reset_asked", "membership", person.id)
    return person


def _refuse_elsewhere(session: Session, identity_id: uuid.UUID, agency_id: uuid.UUID) -> None:
    others = select(Seat.agency_id).where(Seat.identity_id == identity_id, Seat.agency_id != agency_id)
    if session.scalar(select(exists(others))):
        raise RefusedError(ELSEWHERE)


def _note(session: TenantSession, actor: Actor, identity_id: uuid.UUID) -> None:
    now = utcnow()
    session.execute(delete(FactorReset).where(FactorReset.identity_id == identity_id, FactorReset.expires_at <= now))
    row = {
        "id": new_id(), "identity_id": identity_id, "asking_agency_id": session.agency_id, "asked_by": actor.name,
        "agency_name": session.scalars(select(Agency.name)).one(), "opens_at": now + WAIT, "expires_at": now + LAST,
    }  # fmt: skip
    noted = session.execute(insert(FactorReset).values(row).on_conflict_do_nothing().returning(FactorReset.id))
    if noted.first() is None:
        raise RefusedError(ASKED)


def pending(session: Session, identity_id: uuid.UUID) -> FactorReset | None:
    """Return what waits for a person; None for nothing."""
    return session.scalars(
        select(FactorReset).where(FactorReset.identity_id == identity_id, FactorReset.expires_at > utcnow())
    ).one_or_none()


def is_open(asked: FactorReset) -> bool:
    """Whether the day of waiting is over."""
    return asked.opens_at <= utcnow()


def asked_by_link(session: Session, token: str) -> FactorReset:
    """Return what a mailed link is about. Raises NotFoundError, GoneError once it ended."""
    found = pending(session, tokens.find(session, token, "factor_reset").identity_id)
    if found is None:
        raise GoneError(OVER)
    return found


def carry_out(session: TenantSession, asked: FactorReset, token: str) -> None:
    """Forget every factor of the person, in a session of the agency that asked. Raises RefusedError, GoneError."""
    identity_id = asked.identity_id
    if not is_open(asked):
        raise RefusedError(EARLY)
    _refuse_elsewhere(session, identity_id, asked.asking_agency_id)
    tokens.redeem(session, token, "factor_reset")
    if not _end(session, identity_id, "person.second_step_reset"):
        raise GoneError(OVER)
    forget_all(session, identity_id)


def forget_all(session: Session, identity_id: uuid.UUID) -> None:
    """Forget every second factor of a person, sign them out everywhere, and tell them by mail."""
    for factor in (SecondFactor, RecoveryCode, Passkey):
        session.execute(delete(factor).where(factor.identity_id == identity_id))
    sign_ins.end_all(session, identity_id)
    write_to(session, identity_id, "factor_gone")


def keep(session: Session, database: Database, identity_id: uuid.UUID) -> bool:
    """End what waits for a person, who has not lost their second step; return whether anything did.

    It is ended in a transaction of its own, inside the agency that asked.
    """
    asked = pending(session, identity_id)
    if asked is None:
        return False
    with database.agency(asked.asking_agency_id) as inside:
        return _end(inside, identity_id, "person.second_step_kept")


def _end(session: TenantSession, identity_id: uuid.UUID, verb: str) -> bool:
    """Forget the request, and put on the agency's trail what the person did; return whether it was there still."""
    gone = session.execute(
        delete(FactorReset)
        .where(FactorReset.identity_id == identity_id, FactorReset.asking_agency_id == session.agency_id)
        .returning(FactorReset.id)
    )
    if gone.first() is None:
        return False
    person = session.scalars(select(Membership).where(Membership.identity_id == identity_id)).one_or_none()
    if person is not None:
        record(session, None, verb, "membership", person.id, by=person.name, by_id=person.id)
    return True
