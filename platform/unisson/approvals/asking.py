"""What waits on whom: rows that stand exactly as long as somebody is asked, brought in line with who can answer now."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.session import TenantSession
from tenants.wire import Command
from unisson import dispatching
from unisson.announcing import announce_notices
from unisson.approvals.chain import Chain, Need
from unisson.approvals.crews import Crew, Seat, crew_of
from unisson.approvals.models import (
    OUTCOMES,
    YES,
    ApprovalRun,
    Decision,
    PolicyVersion,
    Purpose,
    RunSeat,
    RunStage,
    RunState,
    Verdict,
    Wait,
)
from unisson.approvals.roster import Person, Roster, roster
from unisson.editorial.models import Content, ContentKind, ContentState
from unisson.notifications.events import Event
from unisson.notifications.notices import answered, tell, tell_of_what_waits


@dataclass(frozen=True, slots=True)
class Asked:
    """One seat that is still open, and those who may fill it."""

    seat: Seat
    candidates: Sequence[Person]


def own_work_of(content: Content, run: ApprovalRun, chain: Chain) -> frozenset[uuid.UUID]:
    """Return whose own work it is, who may not approve it; nobody's where the chain allows that."""
    return frozenset() if chain.own_work else frozenset({content.author_id, run.submitted_by})


def chain_of(session: TenantSession, run: ApprovalRun) -> Chain:
    """Return the chain that a run goes through, as it was when the run began."""
    return Chain.from_json(session.read_once(PolicyVersion, run.policy_version_id).chain)


def seats_of(session: TenantSession, stage_id: uuid.UUID) -> Sequence[RunSeat]:
    """Return the seats of a stage, in order."""
    return session.scalars(select(RunSeat).where(RunSeat.stage_id == stage_id).order_by(RunSeat.position)).all()


def outcomes_of(session: TenantSession, stage_id: uuid.UUID) -> Sequence[Decision]:
    """Return what was decided in a stage so far."""
    return session.scalars(select(Decision).where(Decision.stage_id == stage_id, Decision.verdict.in_(OUTCOMES))).all()


def yeses_of(session: TenantSession, stage_id: uuid.UUID) -> Sequence[Decision]:
    """Return every yes that was given in a stage, by word or by silence."""
    return session.scalars(select(Decision).where(Decision.stage_id == stage_id, Decision.verdict.in_(YES))).all()


def open_seats(
    session: TenantSession, content: Content, run: ApprovalRun, stage: RunStage, crew: Crew | None = None
) -> list[Asked]:
    """Return the seats of a stage that nobody filled, with who may now. Who answered a quorum is not asked twice."""
    crew = crew or crew_of(session, content, run)
    answered = crew.outcomes_in(stage.id)
    not_by = set(own_work_of(content, run, crew.chain))
    if stage.need != Need.ALL:
        not_by |= {decision.membership_id for decision in answered if decision.membership_id}
    filled = {decision.seat_id for decision in answered}
    return [
        Asked(seat, crew.there.for_seat(seat.stage_role, seat.membership_id, not_by))
        for seat in crew.seats.get(stage.id, ())
        if seat.id not in filled
    ]


def roster_for(session: TenantSession, content: Content, seats: Sequence[RunSeat]) -> Roster:
    """Return the people of the content's brand, and those whom its seats name."""
    brand = session.read_once(Brand, content.brand_id)
    return roster(session, brand, also={seat.membership_id for seat in seats if seat.membership_id})


def ask(
    session: TenantSession,
    content: Content,
    run: ApprovalRun,
    stage: RunStage,
    crew: Crew | None = None,
    *,
    just_opened: bool = False,
) -> None:
    """Bring what waits in an open stage in line with who can answer; write to those who are asked anew.

    A stage that nobody can answer waits on the account manager, who finds somebody: nothing waits on nobody. One that
    was `just_opened` waits on nobody yet.
    """
    crew = crew or crew_of(session, content, run)
    wanted = _wanted(content, stage, crew.there, open_seats(session, content, run, stage, crew))
    waits = () if just_opened else waits_in(session, stage.id)
    standing = {(row.seat_id, row.membership_id): row for row in waits}
    gone = [row for key, row in standing.items() if key not in wanted or row.purpose != wanted[key].purpose]
    if gone:
        for row in gone:
            session.delete(row)
        session.flush()
        answered(session, content.id)
    fresh = [row for key, row in wanted.items() if key not in standing or standing[key].purpose != row.purpose]
    session.add_rows(*fresh)
    knew = {(row.membership_id, row.purpose) for row in standing.values()}
    _tell(session, content, stage, fresh=fresh, knew=knew)


def _wanted(
    content: Content, stage: RunStage, there: Roster, open_: Sequence[Asked]
) -> dict[tuple[uuid.UUID, uuid.UUID], Wait]:
    found: dict[tuple[uuid.UUID, uuid.UUID], Wait] = {}

    def wait(seat: Seat, person: Person, side: str, purpose: Purpose) -> None:
        found[seat.id, person.id] = Wait(
            content_id=content.id, brand_id=content.brand_id, stage_id=stage.id, seat_id=seat.id,
            membership_id=person.id, side=side, purpose=purpose, deadline_at=stage.deadline_at,
        )  # fmt: skip

    for each in open_:
        for person in there.asked(each.candidates):
            wait(each.seat, person, there.side_of(each.seat.stage_role, person), Purpose.DECIDE)
    unanswerable = [each.seat for each in open_ if not each.candidates]
    if unanswerable and (stage.need == Need.ALL or not found):
        for manager in there.managers():
            wait(unanswerable[0], manager, "account", Purpose.STEER)
    return found


def waits_in(session: TenantSession, stage_id: uuid.UUID) -> Sequence[Wait]:
    """Return what waits in a stage."""
    return session.scalars(select(Wait).where(Wait.stage_id == stage_id).order_by(Wait.asked_at, Wait.id)).all()


def _tell(
    session: TenantSession,
    content: Content,
    stage: RunStage,
    *,
    fresh: Sequence[Wait],
    knew: Collection[tuple[uuid.UUID, str]],
) -> None:
    """One letter a person and purpose, however many seats it is about: who decides may have to find others too."""
    asked = [key for key in dict.fromkeys((row.membership_id, row.purpose) for row in fresh) if key not in knew]
    about = {"content_id": str(content.id), "stage_id": str(stage.id)}
    for person_id in [who for who, purpose in asked if purpose == Purpose.STEER]:
        tell(session, person_id, "approval_steer", about)
    deciding = [who for who, purpose in asked if purpose != Purpose.STEER]
    if deciding:
        ends = min((each for each in (stage.deadline_at, content.scheduled_at) if each), default=None)
        at_once = content.kind == ContentKind.REPLY
        tell_of_what_waits(session, deciding, content, stage.id, at_once=at_once, ends=ends)


_STOP = Command(
    text("""
with gone as (delete from app.waits where content_id = :content returning stage_id),
clocks as (delete from app.dispatch
            where kind = 'stage' and agency_id = :agency and item_id in (select stage_id from gone))
update app.notices set read_at = clock_timestamp()
 where content_id = :content and event = any(:events) and read_at is null
returning membership_id
""")
)


def stop_asking(session: TenantSession, content_id: uuid.UUID) -> None:
    """Nothing of the content waits on anybody any more, and no clock of its stages runs."""
    events = [Event.TO_DECIDE.value, Event.REMINDER.value]
    agency_id = session.agency_id
    session.carry_out_later(
        _STOP,
        {"content": content_id, "agency": agency_id, "events": events},
        lambda readers: announce_notices(session, map(uuid.UUID, readers)),
    )


def brands_waiting_on(session: TenantSession, membership_id: uuid.UUID) -> set[uuid.UUID]:
    """Return the brands of which something waits on a person now."""
    return set(session.scalars(select(Wait.brand_id).where(Wait.membership_id == membership_id).distinct()))


def ask_again(session: TenantSession, brand_ids: Collection[uuid.UUID]) -> None:
    """Bring everything that waits on these brands in line, after somebody came, went, or is away."""
    if not brand_ids:
        return
    rows = session.execute(
        select(Content, ApprovalRun, RunStage)
        .join(
            ApprovalRun, (ApprovalRun.agency_id == Content.agency_id) & (ApprovalRun.revision_id == Content.revision_id)
        )
        .join(RunStage, (RunStage.agency_id == ApprovalRun.agency_id) & (RunStage.run_id == ApprovalRun.id))
        .where(
            Content.brand_id.in_(brand_ids),
            Content.state == ContentState.IN_REVIEW.value,
            ApprovalRun.state == RunState.OPEN.value,
            RunStage.opened_at.is_not(None),
            RunStage.done_at.is_(None),
        )
        .order_by(Content.id)
        .with_for_update(of=Content)
    ).all()
    for content, run, stage in rows:
        ask(session, content, run, stage)


def void(session: TenantSession, content: Content, *, by: uuid.UUID | None = None) -> None:
    """End the content's passage: what was decided stays on record, and counts no more.

    Those who had said yes are told once, but for `by`, who made the change.
    """
    for run in session.scalars(_STANDING, {"content": content.id}).all():
        session.change(run, state=RunState.VOID, ended_at=utcnow())
        for person_id in _said_yes(session, run.id) - {by}:
            tell(session, person_id, "approval_voided", {"content_id": str(content.id), "run_id": str(run.id)})
    stop_asking(session, content.id)


_STANDING = select(ApprovalRun).where(
    ApprovalRun.content_id == bindparam("content"), ApprovalRun.state.in_((RunState.OPEN, RunState.APPROVED))
)


def _said_yes(session: TenantSession, run_id: uuid.UUID) -> set[uuid.UUID]:
    rows = select(Decision.membership_id).where(
        Decision.run_id == run_id,
        Decision.verdict.in_((Verdict.APPROVED, Verdict.RESERVED)),
        Decision.carried_from.is_(None),
    )
    return {each for each in session.scalars(rows) if each is not None}


def look_again(session: TenantSession, stage: RunStage, at: datetime) -> None:
    """Have the stage's reminders and its deadline attended to at `at`; now where that is past."""
    dispatching.put_later(session, "stage", session.agency_id, stage.id, due_at=at)
