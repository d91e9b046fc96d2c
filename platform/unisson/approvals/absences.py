"""Days away, and who stands in: entered by each for themselves, by those who steer for anybody."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from tenants.access import Actor
from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.people import can_see
from unisson.approvals.asking import ask_again, brands_waiting_on
from unisson.approvals.models import Absence
from unisson.notifications.labels import is_clients
from unisson.web.i18n import lazy, say_day

LONGEST = timedelta(days=366)
A_DAY = timedelta(days=1)
"""Somewhere on earth it is still the day before that of UTC."""

NO_DAYS = lazy("Give the first and the last day away.")
WRONG_ORDER = lazy("The last day away can't come before the first one.")
OVER = lazy("These days are over already: there is nothing left to be asked of anybody else.")
TOO_LONG = lazy("An absence is a year long at most. Somebody who is away for longer gives their role to somebody else.")
ONESELF = lazy("Somebody else stands in: choose another person.")
OTHER_SIDE = lazy("The client's people stand in for the client's, and the agency's for the agency's.")


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody's days away, and who stands in for them."""

    id: uuid.UUID
    person_id: uuid.UUID
    name: str
    starts_on: date
    ends_on: date
    stand_in: str | None


def be_away(
    session: TenantSession,
    actor: Actor,
    person_id: uuid.UUID,
    *,
    starts_on: date | None,
    ends_on: date | None,
    stand_in_id: uuid.UUID | None,
) -> Absence:
    """Return the absence; what waits is asked of the stand-in from its first day on.

    Raises NotFoundError for people the actor can't see, ForbiddenError, RefusedError.
    """
    _require(session, actor, person_id)
    if starts_on is None or ends_on is None:
        raise RefusedError(NO_DAYS, field="starts_on")
    if ends_on < starts_on:
        raise RefusedError(WRONG_ORDER, field="ends_on")
    if ends_on < session.now().date() - A_DAY:
        raise RefusedError(OVER, field="ends_on")
    if ends_on - starts_on > LONGEST:
        raise RefusedError(TOO_LONG, field="ends_on")
    if stand_in_id is not None:
        _check_stand_in(session, actor, person_id, stand_in_id)
    _check_free(session, person_id, starts_on, ends_on)
    absence = Absence(membership_id=person_id, starts_on=starts_on, ends_on=ends_on, stand_in_id=stand_in_id)
    session.add(absence)
    session.flush()
    record(session, actor, "person.away", "membership", person_id, starts=str(starts_on), ends=str(ends_on))
    _ask_again(session, person_id, stand_in_id)
    return absence


def be_back(session: TenantSession, actor: Actor, absence_id: uuid.UUID) -> None:
    """Take an absence away: the person is asked again. Raises NotFoundError, ForbiddenError."""
    absence = session.get(Absence, (session.agency_id, absence_id))
    if absence is None:
        raise NotFoundError
    _require(session, actor, absence.membership_id)
    person_id, stand_in_id = absence.membership_id, absence.stand_in_id
    session.delete(absence)
    session.flush()
    record(session, actor, "person.back", "membership", person_id)
    _ask_again(session, person_id, stand_in_id)


def absences(session: TenantSession, actor: Actor) -> Sequence[Away]:
    """Return the absences that are not over, of oneself, and for those who steer of everybody, by first day."""
    stand_in = aliased(Membership)
    wanted = (
        select(Absence.id, Membership.id, Membership.name, Absence.starts_on, Absence.ends_on, stand_in.name)
        .join(Membership, (Membership.agency_id == Absence.agency_id) & (Membership.id == Absence.membership_id))
        .outerjoin(stand_in, (stand_in.agency_id == Absence.agency_id) & (stand_in.id == Absence.stand_in_id))
        .where(Absence.ends_on >= func.current_date() - 1, Membership.removed_at.is_(None))
        .order_by(Absence.starts_on, Membership.name, Absence.id)
    )
    if not steers(actor):
        wanted = wanted.where(Absence.membership_id == actor.membership_id)
    return [Away(*row) for row in session.execute(wanted)]


def steers(actor: Actor) -> bool:
    """Return whether the actor enters absences for others: those who steer approvals on every brand."""
    return actor.may(Permission.APPROVAL_STEER)


def offered(session: TenantSession, actor: Actor) -> Mapping[uuid.UUID, str]:
    """Return whom the actor may choose as a stand-in, and for those who steer as the person away, by name."""
    mine = select(BrandAssignment.membership_id).where(BrandAssignment.brand_id.in_(actor.brand_roles))
    seen = or_(
        Membership.id.in_(mine), Membership.id == actor.membership_id, Membership.agency_role != AgencyRole.MEMBER.value
    )
    wanted = select(Membership.id, Membership.name).where(Membership.removed_at.is_(None))
    if not actor.sees_every_brand:
        wanted = wanted.where(seen)
    return {row[0]: row[1] for row in session.execute(wanted.order_by(func.lower(Membership.name), Membership.id))}


def _require(session: TenantSession, actor: Actor, person_id: uuid.UUID) -> None:
    if person_id == actor.membership_id:
        return
    known = session.scalar(select(Membership.id).where(Membership.id == person_id, Membership.removed_at.is_(None)))
    if known is None or not can_see(session, actor, person_id):
        raise NotFoundError
    if not steers(actor):
        raise ForbiddenError(Permission.APPROVAL_STEER)


def _check_stand_in(session: TenantSession, actor: Actor, person_id: uuid.UUID, stand_in_id: uuid.UUID) -> None:
    if stand_in_id == person_id:
        raise RefusedError(ONESELF, field="stand_in")
    if stand_in_id not in offered(session, actor):
        raise NotFoundError
    if is_clients(session, _person(session, person_id)) != is_clients(session, _person(session, stand_in_id)):
        raise RefusedError(OTHER_SIDE, field="stand_in")


def _check_free(session: TenantSession, person_id: uuid.UUID, starts_on: date, ends_on: date) -> None:
    """Pass if the person is not away on any of the days yet: one person stands in, not two. Raises RefusedError."""
    session.execute(select(Membership.id).where(Membership.id == person_id).with_for_update())
    taken = session.execute(
        select(Absence.starts_on, Absence.ends_on)
        .where(Absence.membership_id == person_id, Absence.starts_on <= ends_on, Absence.ends_on >= starts_on)
        .order_by(Absence.starts_on)
        .limit(1)
    ).one_or_none()
    if taken is not None:
        sentence = lazy(
            "This person is away from %(first)s to %(last)s already. Take that away first, or choose other days.",
            first=say_day(taken.starts_on),
            last=say_day(taken.ends_on),
        )
        raise RefusedError(sentence, field="starts_on")


def _person(session: TenantSession, person_id: uuid.UUID) -> Membership:
    return session.get_one(Membership, (session.agency_id, person_id))


def _ask_again(session: TenantSession, *people: uuid.UUID | None) -> None:
    brands = set(
        session.scalars(
            select(BrandAssignment.brand_id).where(BrandAssignment.membership_id.in_([each for each in people if each]))
        )
    )
    for each in people:
        if each is not None:
            brands |= brands_waiting_on(session, each)
    ask_again(session, brands)
