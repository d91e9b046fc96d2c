"""How a run begins: its frozen bytes, its stages and seats, what still stands of the passage before, its clocks."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import new_id, utcnow
from tenants.errors import RefusedError
from tenants.permissions import StageRole
from tenants.session import TenantSession
from unisson.approvals.asking import (
    open_seats,
    own_work_of,
    seats_of,
    yeses_of,
)
from unisson.approvals.chain import Need, Reopening, Stage
from unisson.approvals.covering import covers_digest
from unisson.approvals.crews import Crew, Seat
from unisson.approvals.deadlines import deadlines_before
from unisson.approvals.models import ApprovalRun, Decision, RunSeat, RunStage, Verdict
from unisson.approvals.policies import Choice, facts_of
from unisson.approvals.roster import Roster, roster, roster_question
from unisson.approvals.working_time import WORKING_HOURS, working_time
from unisson.editorial.contents import brand_of
from unisson.editorial.leaving import Parts
from unisson.editorial.models import Content, ContentState, Revision
from unisson.editorial.revisions import freeze
from unisson.hooks.noting import ROOMS
from unisson.topics.embargo import embargo_on
from unisson.web.i18n import lazy

NOBODY = {
    StageRole.RP: lazy("Nobody else on this brand can approve as press officer. Invite one, then submit again."),
    StageRole.CM: lazy("Nobody else on this brand can approve as community manager. Invite one, then submit again."),
    StageRole.CLIENT_APPROVER: lazy("This brand has no client approver yet. Invite one, then submit again."),
    StageRole.ACCOUNT_MANAGER: lazy("Nobody else of the agency can approve as account manager."),
    StageRole.LEGAL: lazy("This brand has no legal adviser yet. Invite one, then submit again."),
    StageRole.SPOKESPERSON: lazy("This brand has no spokesperson yet. Invite one, then submit again."),
}
GONE = lazy("Somebody whom this chain names has left, or wrote this content. Change the chain, then submit again.")
TOO_FEW = lazy(
    "A stage of this chain needs more people than there are to answer. Invite somebody, or change the chain."
)
NO_STAGE_APPLIES = lazy("No stage of this chain is for such a content, so nobody would approve it. Change the chain.")


@dataclass(frozen=True, slots=True)
class Planned:
    """One stage of a chain, with the seats that it will have."""

    stage: Stage
    seats: Sequence[tuple[StageRole | None, uuid.UUID | None]]


def start(
    session: TenantSession, actor: Actor, content: Content, choice: Choice, parts: Parts
) -> tuple[ApprovalRun, Sequence[RunStage], Crew]:
    """Return the run of the content as it is now, frozen, its stages in order, and who may answer.

    Raises RefusedError, saying who is missing.
    """
    chain = choice.kept.chain
    brand = brand_of(session, content)
    own = frozenset() if chain.own_work else frozenset({content.author_id, actor.membership_id})
    session.flush()
    session.foresee([roster_question(brand, chain.people()), (WORKING_HOURS, {}), (ROOMS, {})])
    there = roster(session, brand, also=chain.people())
    facts = facts_of(content)
    planned = [
        plan_stage(stage, there, own) if stage.only_if.is_met_by(facts) else Planned(stage, ())
        for stage in chain.stages
    ]
    if not any(each.seats for each in planned):
        raise RefusedError(NO_STAGE_APPLIES)
    _keep_from_strangers(session, content, planned, there)
    revision = freeze(session, content, actor, parts, date_approved=chain.date_approved)
    run = ApprovalRun(
        id=new_id(),
        content_id=content.id,
        revision_id=revision.id,
        policy_version_id=choice.kept.version.id,
        why=choice.why,
        digest=revision.digest,
        submitted_by=actor.membership_id,
    )
    session.add_rows(run)
    counted = deadlines_before(
        working_time(session, brand), content.scheduled_at, [each.stage if each.seats else None for each in planned]
    )
    stages = [
        _stage(content, run, revision, position=position, planned=each, until=until)
        for position, (each, until) in enumerate(zip(planned, counted, strict=True), start=1)
    ]
    session.add_rows(*stages)
    seats = _seated(session, run, stages, planned)
    session.change(
        content,
        revision_id=revision.id,
        state=ContentState.IN_REVIEW,
        late_limit=None,
        stages_done=0,
        stages_all=sum(bool(each.seats) for each in planned),
    )
    return run, stages, Crew(chain, seats, there, [])


def _seated(
    session: TenantSession, run: ApprovalRun, stages: Sequence[RunStage], planned: Sequence[Planned]
) -> dict[uuid.UUID, list[Seat]]:
    """Return the seats of a run's stages, which are written."""
    rows = [
        [
            RunSeat(id=new_id(), run_id=run.id, stage_id=stage.id, position=number, role=role, membership_id=person)
            for number, (role, person) in enumerate(each.seats, start=1)
        ]
        for stage, each in zip(stages, planned, strict=True)
    ]
    session.add_rows(*(seat for seats in rows for seat in seats))
    return {
        stage.id: [Seat(seat.id, stage.id, seat.role, seat.membership_id) for seat in seats]
        for stage, seats in zip(stages, rows, strict=True)
    }


def _keep_from_strangers(session: TenantSession, content: Content, planned: Sequence[Planned], there: Roster) -> None:
    """Pass if nobody without a role on the brand would read what is under embargo. Raises RefusedError."""
    embargo = embargo_on(session, content.topic_id)
    if embargo is None or embargo.shared or embargo.until <= session.now():
        return
    named = [person for each in planned for _role, person in each.seats if person is not None]
    stranger = next((there.people[who] for who in named if who in there.people and there.is_stranger(who)), None)
    if stranger is not None:
        sentence = lazy(
            "The topic is under embargo, and this chain asks %(who)s, who has no role on the brand. Choose another"
            " chain, or let people from outside read it on the embargo's page.",
            who=stranger.name,
        )
        raise RefusedError(sentence)


def plan_stage(stage: Stage, there: Roster, own: Collection[uuid.UUID]) -> Planned:
    """Return the seats that a stage has with the people there are. Raises RefusedError when they are too few."""
    seats: list[tuple[StageRole | None, uuid.UUID | None]] = []
    able: set[uuid.UUID] = set()
    for approver in stage.approvers:
        found = there.for_seat(approver.role, approver.person, own)
        if not found and stage.need is Need.ALL:
            raise RefusedError(NOBODY[approver.role] if approver.role else GONE)
        able |= {person.id for person in found}
        if approver.everyone and approver.role is not None:
            seats += [(approver.role, person.id) for person in found]
        else:
            seats.append((approver.role if approver.person is None else None, approver.person))
    if not able:
        role = stage.approvers[0].role
        raise RefusedError(NOBODY[role] if role else GONE)
    if stage.need is Need.QUORUM:
        if len(able) < stage.quorum:
            raise RefusedError(TOO_FEW)
        seats += _seats_wanting(seats, stage.quorum)
    return Planned(stage, seats)


def _seats_wanting(
    seats: Sequence[tuple[StageRole | None, uuid.UUID | None]], quorum: int
) -> list[tuple[StageRole | None, uuid.UUID | None]]:
    """Return further seats of the roles, so that as many can answer as must: two clients of one role are two seats."""
    by_role = [seat for seat in seats if seat[1] is None]
    return [by_role[number % len(by_role)] for number in range(quorum - len(seats))] if by_role else []


def _stage(
    content: Content,
    run: ApprovalRun,
    revision: Revision,
    *,
    position: int,
    planned: Planned,
    until: datetime | None,
) -> RunStage:
    stage, facts = planned.stage, facts_of(content)
    needed = {Need.ANY: 1, Need.QUORUM: stage.quorum, Need.ALL: len(planned.seats)}[stage.need]
    return RunStage(
        id=new_id(),
        run_id=run.id,
        position=position,
        name=stage.name,
        need=stage.need.value,
        needed=max(needed, 1),
        covers_digest=covers_digest(revision.payload, stage.covers),
        settings=stage.to_json(),
        tacit_clause=stage.tacit_clause if stage.may_be_tacit(facts) else "",
        skipped=not planned.seats,
        deadline_at=until,
    )


def carry_over(
    session: TenantSession, content: Content, run: ApprovalRun, stages: Sequence[RunStage], crew: Crew
) -> None:
    """Let what was said of the same bytes stand, from the first stage on to the first that looks at what changed."""
    before = _passage_before(session, run) if crew.chain.reopening is Reopening.MATTERS else None
    if before is None:
        return
    own = own_work_of(content, run, crew.chain)
    old = {stage.position: stage for stage in _stages(session, before.id)}
    for stage in stages:
        was = old.get(stage.position)
        if stage.skipped and was is not None and was.skipped:
            continue
        if was is None or not _stands(session, run, was, stage, own=own, crew=crew):
            return
        session.change(stage, opened_at=was.opened_at, done_at=utcnow())


def _stands(
    session: TenantSession,
    run: ApprovalRun,
    was: RunStage,
    stage: RunStage,
    *,
    own: Collection[uuid.UUID],
    crew: Crew,
) -> bool:
    """Copy a finished stage's answers to the same stage of the run that follows, if they are about the same bytes."""
    said = yeses_of(session, was.id)
    old_seats, seats = seats_of(session, was.id), crew.seats.get(stage.id, ())
    same = [(seat.role, seat.membership_id) for seat in old_seats] == [
        (seat.role, seat.membership_id) for seat in seats
    ]
    if was.done_at is None or was.skipped or was.covers_digest != stage.covers_digest or not same or not said:
        return False
    if any(each.verdict == Verdict.TACIT or each.membership_id in own for each in said):
        return False
    new_seat = {old.id: new.id for old, new in zip(old_seats, seats, strict=True)}
    for each in said:
        crew.note(_carry(session, each, run, stage, new_seat[each.seat_id] if each.seat_id else None))
    return True


def _carry(
    session: TenantSession, said: Decision, run: ApprovalRun, stage: RunStage, seat_id: uuid.UUID | None
) -> Decision:
    decision = Decision(
        id=new_id(),
        run_id=run.id,
        stage_id=stage.id,
        seat_id=seat_id,
        digest=run.digest,
        covers_digest=stage.covers_digest,
        verdict=said.verdict,
        membership_id=said.membership_id,
        carried_from=said.id,
        authenticated=said.authenticated,
        typed_name=said.typed_name,
        comment=said.comment,
    )
    session.add_rows(decision)
    return decision


def once_asked(session: TenantSession, content: Content, run: ApprovalRun, stage: RunStage, crew: Crew) -> None:
    """Let the yes that somebody gave in an earlier stage of this run stand here too, where the chain asks once."""
    if not crew.chain.ask_once:
        return
    given = {
        each.membership_id: each
        for each in crew.said
        if each.verdict in {Verdict.APPROVED, Verdict.RESERVED} and each.carried_from is None
    }
    used: set[uuid.UUID] = set()
    for asked in open_seats(session, content, run, stage, crew):
        able = [person.id for person in asked.candidates if person.id in given]
        person_id = next((each for each in able if stage.need == Need.ALL or each not in used), None)
        if person_id is not None:
            used.add(person_id)
            session.flush()
            said = session.get_one(Decision, (session.agency_id, given[person_id].id))
            crew.note(_carry(session, said, run, stage, asked.seat.id))


def _passage_before(session: TenantSession, run: ApprovalRun) -> ApprovalRun | None:
    """Return the content's last run by the same version of the same chain."""
    return session.scalars(
        select(ApprovalRun)
        .where(
            ApprovalRun.content_id == run.content_id,
            ApprovalRun.id != run.id,
            ApprovalRun.policy_version_id == run.policy_version_id,
        )
        .order_by(ApprovalRun.created_at.desc())
        .limit(1)
    ).one_or_none()


def _stages(session: TenantSession, run_id: uuid.UUID) -> Sequence[RunStage]:
    return session.scalars(select(RunStage).where(RunStage.run_id == run_id).order_by(RunStage.position)).all()
