"""Steering what waits: remind whom it waits on, by hand, and hand a seat over to somebody else."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.members import Membership
from tenants.permissions import BRAND_ROLE_PERMISSIONS, AgencyRole, Permission, StageRole
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.asking import ask, chain_of, outcomes_of, own_work_of, roster_for, seats_of
from unisson.approvals.chain import Need
from unisson.approvals.circuit import NOT_WAITING, Passage, Word, current_passage, said_stage
from unisson.approvals.models import Decision, Purpose, RunSeat, Side, Verdict, Wait
from unisson.approvals.roster import POLES, Person, Roster
from unisson.editorial.contents import load
from unisson.editorial.models import Content
from unisson.notifications.notices import tell
from unisson.web.i18n import lazy, say_time, say_zone

NUDGE_EVERY = timedelta(hours=4)

OWN_WORK = lazy("Nobody approves their own work. Choose somebody who neither wrote nor submitted this content.")
HAS_ANSWERED = lazy("This person has answered in this stage already. Choose somebody else.")
SAME_PERSON = lazy("It waits on this person already. Nothing was changed.")
OTHER_SIDE = lazy(
    "What the client decides stays with the client's people, and what the agency decides with the agency's. "
    "Choose somebody of the same side."
)


@dataclass(frozen=True, slots=True)
class Held:
    """What waits, its content locked, in the stage that is open."""

    wait: Wait
    content: Content
    passage: Passage


def can_be_nudged(nudged_at: datetime | None, now: datetime) -> bool:
    """Return whether the last reminder by hand is long enough ago."""
    return nudged_at is None or now >= nudged_at + NUDGE_EVERY


def is_clients_seat(role: str | None, side: str) -> bool:
    """Return whether a seat is the client's, by its role, or where it has none by whom it waits on."""
    return StageRole(role) not in POLES if role else side == Side.CLIENT.value


def nudge(session: TenantSession, actor: Actor, wait_id: uuid.UUID, content_shown: uuid.UUID | None = None) -> Wait:
    """Remind the person whom it waits on now. Raises NotFoundError, ForbiddenError, StaleError, RefusedError.

    `content_shown` is the content that the page showed: it lets a wait that is over be told from one that never was.
    """
    held = _hold(session, actor, wait_id, content_shown, own=False)
    wait, now = held.wait, utcnow()
    if wait.nudged_at is not None and not can_be_nudged(wait.nudged_at, now):
        raise RefusedError(_too_soon(wait.nudged_at + NUDGE_EVERY, held.content.zone))
    _write(session, actor, held)
    wait.nudged_at = now
    session.flush()
    _record(session, actor, held, "approval.nudged", to=_name(session, wait.membership_id))
    return wait


def hand_over(
    session: TenantSession,
    actor: Actor,
    wait_id: uuid.UUID,
    person_id: uuid.UUID | None,
    content_shown: uuid.UUID | None = None,
    *,
    word: Word | None = None,
) -> RunSeat:
    """Give the seat that waits to one person, who is asked instead. Raises as `nudge` does.

    Those who steer may, and the person who is asked; `word` says how that one is known, where not by an account.
    """
    held = _hold(session, actor, wait_id, content_shown, own=True)
    content, passage, former_id = held.content, held.passage, held.wait.membership_id
    seat = session.get_one(RunSeat, (session.agency_id, held.wait.seat_id))
    there = roster_for(session, content, seats_of(session, passage.stage.id))
    person = _known(there, person_id)
    _check_may_answer(session, held, seat, there, person)
    seat.membership_id = person.id
    said = word or Word(actor.membership_id, actor.name)
    session.add(
        Decision(
            run_id=passage.run.id, stage_id=passage.stage.id, seat_id=seat.id, digest=passage.run.digest,
            verdict=Verdict.DELEGATED, membership_id=actor.membership_id, comment=person.name,
            authenticated=said.authenticated, link_id=said.link_id, device_id=said.device_id,
            typed_name=said.typed_name, ip=said.ip, user_agent=said.user_agent[:300],
        )
    )  # fmt: skip
    session.flush()
    _record(session, actor, held, "approval.handed_over", to=person.name, former=_name(session, former_id))
    ask(session, content, passage.run, passage.stage)
    return seat


def _hold(
    session: TenantSession, actor: Actor, wait_id: uuid.UUID, content_shown: uuid.UUID | None, *, own: bool
) -> Held:
    """Return what waits, locked, for those who steer, and with `own` for the person who is asked."""
    known = session.execute(select(Wait.content_id, Wait.membership_id).where(Wait.id == wait_id)).one_or_none()
    content_id = known.content_id if known else content_shown
    if content_id is None:
        raise NotFoundError
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    if not (own and known and known.membership_id == actor.membership_id):
        actor.require(Permission.APPROVAL_STEER, content.brand_id)
    here = select(Wait).where(Wait.id == wait_id, Wait.content_id == content.id)
    wait = session.scalars(here.execution_options(populate_existing=True)).one_or_none()
    passage = current_passage(session, content)
    if wait is None or passage is None or passage.stage.id != wait.stage_id:
        raise StaleError(NOT_WAITING)
    return Held(wait, content, passage)


def _known(there: Roster, person_id: uuid.UUID | None) -> Person:
    """Return somebody who opens the brand's contents. Raises NotFoundError for everybody else."""
    person = there.people.get(person_id) if person_id else None
    if person is None:
        raise NotFoundError
    held = there.roles.get(person.id, frozenset())
    opens = any(Permission.CONTENT_SEE in BRAND_ROLE_PERMISSIONS[role] for role in held)
    if person.agency_role == AgencyRole.MEMBER.value and not opens:
        raise NotFoundError
    if person.joined_at is None and not there.is_outside(person):
        raise NotFoundError
    return person


def _check_may_answer(session: TenantSession, held: Held, seat: RunSeat, there: Roster, person: Person) -> None:
    run, stage = held.passage.run, held.passage.stage
    if person.id == held.wait.membership_id and held.wait.purpose == Purpose.DECIDE.value:
        raise RefusedError(SAME_PERSON, field="person")
    if person.id in own_work_of(held.content, run, chain_of(session, run)):
        raise RefusedError(OWN_WORK, field="person")
    if there.is_outside(person) != is_clients_seat(seat.role, held.wait.side):
        raise RefusedError(OTHER_SIDE, field="person")
    if stage.need != Need.ALL and person.id in {each.membership_id for each in outcomes_of(session, stage.id)}:
        raise RefusedError(HAS_ANSWERED, field="person")


def _write(session: TenantSession, actor: Actor, held: Held) -> None:
    """One letter: to find somebody, or to decide; a client's person finds a link of their own in it."""
    wait, passage = held.wait, held.passage
    about = {"content_id": str(held.content.id), "stage_id": str(passage.stage.id), "by": actor.name}
    if wait.purpose == Purpose.STEER.value:
        tell(session, wait.membership_id, "approval_steer", about)
        return
    tell(session, wait.membership_id, "approval_nudge", about)


def _too_soon(again: datetime, zone: str) -> object:
    return lazy(
        "A reminder went out less than 4 hours ago. The next one is possible from %(time)s (%(zone)s).",
        time=say_time(again, zone),
        zone=say_zone(zone),
    )


def _name(session: TenantSession, membership_id: uuid.UUID) -> str:
    return session.get_one(Membership, (session.agency_id, membership_id)).name


def _record(session: TenantSession, actor: Actor, held: Held, verb: str, **details: Any) -> None:
    record(
        session, actor, verb, "content", held.content.id,
        brand_id=held.content.brand_id, stage=said_stage(held.passage.stage), **details,
    )  # fmt: skip
