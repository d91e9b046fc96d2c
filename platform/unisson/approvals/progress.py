"""Where a content's approval stands, in rows that pages show: stages with who can decide, and every decision so far."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tenants.members import Membership
from tenants.permissions import StageRole
from tenants.session import TenantSession
from unisson.approvals.asking import chain_of, own_work_of, roster_for
from unisson.approvals.chain import Need
from unisson.approvals.models import YES, ApprovalRun, Decision, RunSeat, RunStage, Verdict
from unisson.approvals.roster import POLES, Roster
from unisson.editorial.models import Content, Revision
from unisson.web.i18n import lazy

ROLE_NAMES = {
    StageRole.CM: lazy("Community manager"),
    StageRole.RP: lazy("Press officer"),
    StageRole.ACCOUNT_MANAGER: lazy("Account manager"),
    StageRole.CLIENT_APPROVER: lazy("Client"),
    StageRole.LEGAL: lazy("Legal"),
    StageRole.SPOKESPERSON: lazy("Spokesperson"),
}
SILENCE = lazy("By silence, as the contract says")


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the current run. `state` is done, current, waiting or skipped; `people` are asked, or would be.

    `need` and `needed` say how many yeses it takes, `given` how many it has; `label` are its roles and names.
    """

    position: int
    name: str
    labels: tuple[object, ...]
    state: str
    need: str
    needed: int
    given: int
    people: tuple[str, ...]
    since: datetime | None
    deadline_at: datetime | None
    decided_by: tuple[str, ...]
    decided_at: datetime | None

    @property
    def label(self) -> object:
        """Return the stage's name, else its roles and persons."""
        return self.name or ", ".join(dict.fromkeys(str(each) for each in self.labels))


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision: by whom, in which role, about which version, when and how.

    `quote` is the passage that it is about; `pin` the image, with the point as `x` and `y`, parts of width and height.
    """

    id: uuid.UUID
    who: object
    role: object
    verdict: str
    version: int
    digest: str
    comment: str
    quote: str
    pin: Mapping[str, Any] | None
    decided_at: datetime
    by_link: bool
    carried: bool
    current: bool


def stages_of(session: TenantSession, content: Content) -> list[StageRow]:
    """Return the stages of the current revision's run, in order; none when nothing is submitted."""
    run = session.scalars(select(ApprovalRun).where(ApprovalRun.revision_id == content.revision_id)).one_or_none()
    if run is None:
        return []
    stages = session.scalars(select(RunStage).where(RunStage.run_id == run.id).order_by(RunStage.position)).all()
    seats = session.scalars(select(RunSeat).where(RunSeat.run_id == run.id).order_by(RunSeat.position)).all()
    said = session.scalars(select(Decision).where(Decision.run_id == run.id, Decision.verdict.in_(YES))).all()
    there = roster_for(session, content, seats)
    own = own_work_of(content, run, chain_of(session, run))
    return [
        _stage_row(
            stage,
            [seat for seat in seats if seat.stage_id == stage.id],
            [each for each in said if each.stage_id == stage.id],
            there,
            own,
        )
        for stage in stages
    ]


def _stage_row(
    stage: RunStage, seats: Sequence[RunSeat], said: Sequence[Decision], there: Roster, own: frozenset[uuid.UUID]
) -> StageRow:
    filled = {decision.seat_id for decision in said}
    open_ = [] if stage.done_at else [seat for seat in seats if seat.id not in filled]
    not_by = own if stage.need == Need.ALL else own | {each.membership_id for each in said if each.membership_id}
    able = [
        person for seat in open_ for person in there.asked(there.for_seat(seat.stage_role, seat.membership_id, not_by))
    ]
    return StageRow(
        position=stage.position,
        name=stage.name,
        labels=tuple(label_of(seat, there) for seat in seats) or ("",),
        state=_state_of(stage),
        need=stage.need,
        needed=stage.needed,
        given=len(said),
        people=tuple(dict.fromkeys(person.name for person in able)),
        since=stage.opened_at,
        deadline_at=stage.deadline_at,
        decided_by=tuple(dict.fromkeys(str(_who(each, there)) for each in said)),
        decided_at=max((each.decided_at for each in said), default=None),
    )


def _state_of(stage: RunStage) -> str:
    if stage.skipped:
        return "skipped"
    if stage.done_at is not None:
        return "done"
    return "current" if stage.opened_at else "waiting"


def label_of(seat: RunSeat, there: Roster) -> object:
    """Return how a seat is called: its role, or the name of its person."""
    if seat.membership_id is not None:
        person = there.people.get(seat.membership_id)
        return person.name if person else lazy("Somebody who left")
    return ROLE_NAMES[StageRole(seat.role or "")]


def _who(decision: Decision, there: Roster) -> object:
    if decision.membership_id is None:
        return SILENCE
    person = there.people.get(decision.membership_id)
    return decision.typed_name or (person.name if person else lazy("Somebody who left"))


def decisions_of(session: TenantSession, content: Content, *, everything: bool) -> list[DecisionRow]:
    """Return the decisions on the content, newest first; without `everything` only the client side's own."""
    rows = session.execute(
        select(Decision, RunSeat, Membership.name, Revision.number, Revision.id, Revision.payload["pictures"])
        .join(ApprovalRun, (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id))
        .join(Revision, (Revision.agency_id == ApprovalRun.agency_id) & (Revision.id == ApprovalRun.revision_id))
        .outerjoin(RunSeat, (RunSeat.agency_id == Decision.agency_id) & (RunSeat.id == Decision.seat_id))
        .outerjoin(Membership, (Membership.agency_id == Decision.agency_id) & (Membership.id == Decision.membership_id))
        .where(ApprovalRun.content_id == content.id)
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
    ).all()
    return [
        DecisionRow(
            id=decision.id,
            who=decision.typed_name or name or SILENCE,
            role=_role_name(seat),
            verdict=Verdict(decision.verdict).value,
            version=number,
            digest=decision.digest,
            comment=decision.comment,
            quote=decision.anchor.get("passage", {}).get("quote", ""),
            pin=pin_of(decision.anchor, pictures or ()),
            decided_at=decision.decided_at,
            by_link=decision.link_id is not None,
            carried=decision.carried_from is not None,
            current=revision_id == content.revision_id,
        )
        for decision, seat, name, number, revision_id, pictures in rows
        if everything or is_clients(seat)
    ]


def pin_of(anchor: Mapping[str, Any], pictures: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the image that a decision is about, with the point as `x` and `y`; None for no point of an image."""
    point = anchor.get("picture")
    found = next((each for each in pictures if point and each["digest"] == point["digest"]), None)
    return {**found, "x": point["x"], "y": point["y"]} if point and found else None


def _role_name(seat: RunSeat | None) -> object:
    return ROLE_NAMES[StageRole(seat.role)] if seat is not None and seat.role else ""


def is_clients(seat: RunSeat | None) -> bool:
    """Whether a seat is the client side's: what others say in the agency is not shown there."""
    return seat is not None and seat.role is not None and StageRole(seat.role) not in POLES
