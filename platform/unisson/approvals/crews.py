"""A run as decisions need it: its chain, its seats, the people there are, and what was said; one statement for all."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.brands import Brand
from tenants.members import Membership
from tenants.permissions import StageRole
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.approvals.chain import Chain
from unisson.approvals.models import OUTCOMES, YES, ApprovalRun, Decision, PolicyVersion, RunSeat, Verdict
from unisson.approvals.roster import Roster, at, read_roster, there
from unisson.editorial.models import Content


class Seat(NamedTuple):
    """A seat of a stage, as decisions see it."""

    id: uuid.UUID
    stage_id: uuid.UUID
    role: str | None
    membership_id: uuid.UUID | None

    @property
    def stage_role(self) -> StageRole | None:
        """Return the role that fills it; None where it is one person's."""
        return StageRole(self.role) if self.role and self.membership_id is None else None


class Said(NamedTuple):
    """What somebody decided in a stage of a run. `membership_id` is None for a yes by silence."""

    id: uuid.UUID
    stage_id: uuid.UUID
    seat_id: uuid.UUID | None
    verdict: str
    covers_digest: str
    membership_id: uuid.UUID | None
    carried_from: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Crew:
    """Who may answer in a run and who did, read once while nobody else decides: the content's row is locked.

    Seats are by stage. Whoever writes a decision of the run down adds it to `said`.
    """

    chain: Chain
    seats: Mapping[uuid.UUID, Sequence[Seat]]
    there: Roster
    said: list[Said]

    def yeses_in(self, stage_id: uuid.UUID) -> list[Said]:
        """Return every yes that was given in a stage, by word or by silence."""
        return [each for each in self.said if each.stage_id == stage_id and each.verdict in YES]

    def outcomes_in(self, stage_id: uuid.UUID) -> list[Said]:
        """Return what was decided in a stage so far."""
        return [each for each in self.said if each.stage_id == stage_id and each.verdict in OUTCOMES]

    def note(self, decision: Decision) -> None:
        """Take in a decision that was just written down, in a stage and with its id."""
        stage_id = decision.stage_id
        assert stage_id is not None  # noqa: S101 - what is about a whole run is noted nowhere
        self.said.append(
            Said(
                decision.id, stage_id, decision.seat_id, Verdict(decision.verdict).value, decision.covers_digest,
                decision.membership_id, decision.carried_from,
            )
        )  # fmt: skip


def crew_of(session: TenantSession, content: Content, run: ApprovalRun) -> Crew:
    """Return who may answer in a run and who did, in one statement."""
    session.flush()
    chain, seats, said, *people = session.ask(*crew_question(session, content, run))
    by_stage: dict[uuid.UUID, list[Seat]] = {}
    for number, stage, role, person in seats or ():
        by_stage.setdefault(_id(stage), []).append(Seat(_id(number), _id(stage), role, _id(person)))
    heard = [
        Said(_id(number), _id(stage), _id(seat), verdict, covers_digest, _id(person), _id(carried_from))
        for number, stage, seat, verdict, covers_digest, person, carried_from in said or ()
    ]
    return Crew(Chain.from_json(chain), by_stage, read_roster(*people), heard)


def crew_question(session: TenantSession, content: Content, run: ApprovalRun) -> tuple[Question, dict[str, Value]]:
    """Return what `crew_of` asks."""
    brand = session.read_once(Brand, content.brand_id)
    return _CREW, {**at(brand), "run": run.id, "version": run.policy_version_id}


def _id(told: str | None) -> Any:
    return told and uuid.UUID(told)


def _crew() -> Question:
    list_, run = func.json_build_array, bindparam("run", type_=Uuid)
    seat = list_(RunSeat.id, RunSeat.stage_id, RunSeat.role, RunSeat.membership_id)
    said = list_(
        Decision.id, Decision.stage_id, Decision.seat_id, Decision.verdict, Decision.covers_digest,
        Decision.membership_id, Decision.carried_from,
    )  # fmt: skip
    named = select(RunSeat.membership_id).where(RunSeat.run_id == run)
    return Question(
        select(
            list_(
                select(PolicyVersion.chain).where(PolicyVersion.id == bindparam("version")).scalar_subquery(),
                select(func.json_agg(aggregate_order_by(seat, RunSeat.position)))
                .where(RunSeat.run_id == run)
                .scalar_subquery(),
                select(func.json_agg(said))
                .where(Decision.run_id == run, Decision.stage_id.is_not(None))
                .scalar_subquery(),
                *there(Membership.id.in_(named)),
            )
        )
    )


_CREW = _crew()
