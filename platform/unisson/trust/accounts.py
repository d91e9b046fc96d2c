"""A person's account, gone on their own wish: a week later they are erased in each agency, then the account itself."""

import uuid
from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.base import utcnow
from tenants.errors import RefusedError
from tenants.identities import AccountErasure, DirectoryEntry, GoneAccount, Identity, Seat
from tenants.members import Membership
from tenants.session import Database, TenantSession
from unisson.agency.team import is_last_owner
from unisson.runtime import Runtime
from unisson.trust import erasing, telling
from unisson.trust.erasing import GRACE, TICK_FIRST, pending
from unisson.trust.models import Erasure
from unisson.trust.telling import Told
from unisson.web.i18n import lazy

log = structlog.get_logger(__name__)

LAST_OWNER = "last_owner"
AT_ONCE = 5
AGAIN = timedelta(days=1)


def asked(session: Session, identity_id: uuid.UUID) -> AccountErasure | None:
    """Return what the person asked for, if anything."""
    return session.get(AccountErasure, identity_id)


def ask(session: Session, database: Database, identity_id: uuid.UUID, *, is_sure: bool) -> None:
    """Have the account erased in a week. Raises RefusedError for the only owner of an agency, `is_sure` being False."""
    if not is_sure:
        raise RefusedError(TICK_FIRST, field="sure")
    for agency_id, name in _agencies(session, identity_id):
        with database.agency(agency_id) as inside:
            person = _there(inside, identity_id)
            if person is not None and is_last_owner(inside, person):
                raise RefusedError(_only_owner_of(name))
    wanted = insert(AccountErasure).values(identity_id=identity_id, due_at=utcnow() + GRACE).on_conflict_do_nothing()
    until = session.scalar(wanted.returning(AccountErasure.due_at))
    if until is not None:
        telling.tell(session, Told.ASKED, telling.of_account(session.get_one(Identity, identity_id)), until=until)


def _only_owner_of(name: str) -> object:
    return lazy("You are the only owner of %(agency)s. Make somebody else an owner there first.", agency=name)


def withdraw(session: Session, identity_id: uuid.UUID) -> bool:
    """Keep the account; return whether it was to be erased."""
    gone = delete(AccountErasure).where(AccountErasure.identity_id == identity_id).returning(AccountErasure.identity_id)
    if session.execute(gone).first() is None:
        return False
    telling.tell(session, Told.KEPT, telling.of_account(session.get_one(Identity, identity_id)))
    return True


def erase_due(runtime: Runtime) -> int:
    """Erase the accounts whose week is over; return how many. Where one is still an agency's only owner, it stays."""
    with runtime.database.everywhere() as session:
        due = session.scalars(
            select(AccountErasure.identity_id)
            .where(AccountErasure.due_at <= func.clock_timestamp())
            .order_by(AccountErasure.due_at)
            .limit(AT_ONCE)
        ).all()
    return sum(erase(runtime, identity_id) for identity_id in due)


def erase(runtime: Runtime, identity_id: uuid.UUID, *, quietly: bool = False) -> bool:
    """Erase an account now; False, with the reason noted, while it is an agency's only owner.

    Agency by agency, each in a transaction of its own: whoever is interrupted goes on where it was left. Its person
    gets one mail of all of it, unless it is done `quietly`.
    """
    with runtime.database.everywhere() as session:
        # Of the agencies that they left the seats say nothing any more: each is asked.
        agencies = session.scalars(select(DirectoryEntry.agency_id)).all()
    if any(_is_last_owner(runtime, agency_id, identity_id) for agency_id in agencies):
        return _put_off(runtime, identity_id, quietly=quietly)
    if not all(_erase_there(runtime, agency_id, identity_id) for agency_id in agencies):
        return _put_off(runtime, identity_id, quietly=quietly)
    with runtime.database.everywhere() as session:
        person = session.get_one(Identity, identity_id)
        if not quietly:
            telling.tell(session, Told.DONE, telling.of_account(person))
        session.execute(insert(GoneAccount).values(identity_id=identity_id).on_conflict_do_nothing())
        session.execute(delete(Identity).where(Identity.id == identity_id))
    log.info("account.erased", identity=str(identity_id))
    return True


def _put_off(runtime: Runtime, identity_id: uuid.UUID, *, quietly: bool) -> bool:
    with runtime.database.everywhere() as session:
        known = session.scalar(select(AccountErasure.refused).where(AccountErasure.identity_id == identity_id))
        if known == "" and not quietly:
            telling.tell(session, Told.REFUSED, telling.of_account(session.get_one(Identity, identity_id)))
        session.execute(
            update(AccountErasure)
            .where(AccountErasure.identity_id == identity_id)
            .values(refused=LAST_OWNER, due_at=func.clock_timestamp() + AGAIN)
        )
    return False


def _is_last_owner(runtime: Runtime, agency_id: uuid.UUID, identity_id: uuid.UUID) -> bool:
    with runtime.database.agency(agency_id) as session:
        person = _there(session, identity_id)
        return person is not None and is_last_owner(session, person)


def _erase_there(runtime: Runtime, agency_id: uuid.UUID, identity_id: uuid.UUID) -> bool:
    with runtime.database.agency(agency_id) as session:
        person = _there(session, identity_id)
        if person is None:
            return True
        erasure = pending(session, person.id, lock=True) or Erasure(membership_id=person.id, due_at=utcnow())
        session.add(erasure)
        session.flush()
        return erasing.erase(session, erasure, quietly=True)


def _there(session: TenantSession, identity_id: uuid.UUID) -> Membership | None:
    return session.scalars(select(Membership).where(Membership.identity_id == identity_id)).first()


def _agencies(session: Session, identity_id: uuid.UUID) -> Sequence[tuple[uuid.UUID, str]]:
    rows = session.execute(
        select(DirectoryEntry.agency_id, DirectoryEntry.name)
        .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
        .where(Seat.identity_id == identity_id)
    )
    return [(row[0], row[1]) for row in rows]
