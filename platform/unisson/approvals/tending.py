"""What is done about a stage while it waits: reminders in working hours, word to the account manager when it is late.

Silence is a yes only by a clause of the contract that the chain quotes, and only where the law of the chain allows it.
A stage stands on the dispatch table as long as it waits. A worker that dies leaves its claim to lapse: what it had not
written is done by the next one, what it had is found there.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.asking import ask, waits_in
from unisson.approvals.chain import Stage
from unisson.approvals.circuit import Passage, current_passage, finish_stage, said_stage
from unisson.approvals.deadlines import late_from, reminder_after
from unisson.approvals.models import ApprovalRun, Decision, Purpose, RunStage, Verdict, Wait
from unisson.approvals.policies import facts_of
from unisson.approvals.roster import roster
from unisson.approvals.working_time import WorkingTime, working_time
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, holds, release
from unisson.editorial.contents import brand_of
from unisson.editorial.models import Content
from unisson.notifications.notices import tell
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

HANDFUL = 20
LEASE = 60.0
ARCHIVED_SECONDS = 86_400.0
"""Between two looks at what waits in an archived brand: nobody is written to, nothing is a yes by silence."""


def tend_due(runtime: Runtime, budget_seconds: float) -> int:
    """Attend to the stages whose clock has come round until none has, or the budget is over; return how many."""
    return attend(runtime, _DUTY, budget_seconds)


def _tend(runtime: Runtime, claimed: Claim) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        if holds(session, claimed):
            tend(session, claimed)


_DUTY = Duty("approvals", _tend, LEASE, at_once=HANDFUL)


def tend(session: TenantSession, claimed: Claim) -> None:
    """Do what the stage's clock says, and set it anew; nothing for a stage that waits no more."""
    content = _content_of(session, claimed.item_id)
    passage = current_passage(session, content) if content else None
    if content is None or passage is None or passage.stage.id != claimed.item_id:
        done(session, claimed)
        return
    brand = brand_of(session, content)
    if brand.archived_at is not None:
        release(session, claimed, delay=ARCHIVED_SECONDS)
        return
    care = Care(session, content, passage, working_time(session, brand), session.now())
    if care.is_late and care.is_tacit:
        done(session, claimed)
        care.approve_by_silence()
        return
    ask(session, content, passage.run, passage.stage)
    if care.is_late:
        care.escalate()
    care.remind()
    release(session, claimed, delay=max((care.next_look - care.now).total_seconds(), 60.0))


@dataclass(frozen=True, slots=True)
class Care:
    """One stage that waits, at one moment."""

    session: TenantSession
    content: Content
    passage: Passage
    hours: WorkingTime
    now: datetime

    @property
    def chosen(self) -> Stage:
        """Return the stage as its chain has it."""
        return Stage.from_json(self.passage.stage.settings)

    @property
    def is_late(self) -> bool:
        """Whether its deadline has passed."""
        since = late_from(self.hours, self.passage.stage, self.chosen)
        return since is not None and self.now >= since

    @property
    def is_tacit(self) -> bool:
        """Whether silence is a yes here: the clause, a planned post, somebody was reminded, and its date to come."""
        stage, content = self.passage.stage, self.content
        reminded = any(row.reminders for row in waits_in(self.session, stage.id))
        in_time = content.scheduled_at is not None and content.scheduled_at > self.now
        return bool(stage.tacit_clause) and self.chosen.may_be_tacit(facts_of(content)) and reminded and in_time

    @property
    def next_look(self) -> datetime:
        """Return when it is looked at next: a reminder, the deadline or the next day of work, whichever is first."""
        remind = reminder_after(self.hours, self.chosen, self.now, is_late=self.is_late)
        remind = min(remind, self.hours.next_opening(self.now))
        deadline = self.passage.stage.deadline_at
        return min(remind, deadline) if deadline is not None and deadline > self.now else remind

    def remind(self) -> None:
        """Write to everybody whom it waits on and who has been asked a while ago."""
        for row in self._waits():
            due = reminder_after(self.hours, self.chosen, row.reminded_at or row.asked_at, is_late=self.is_late)
            if row.purpose == Purpose.DECIDE and self.now >= due:
                self._write(row.membership_id, "approval_reminder")
                row.reminded_at, row.reminders = self.now, row.reminders + 1
        self.session.flush()

    def escalate(self) -> None:
        """Tell the account managers, once a stage, that it is late."""
        waits = self._waits()
        if not waits or any(row.escalated_at for row in waits):
            return
        there = roster(self.session, brand_of(self.session, self.content))
        for manager in there.managers():
            self._write(manager.id, "approval_escalated")
        for row in waits:
            row.escalated_at = self.now
        self.session.flush()
        self._record("approval.escalated")

    def approve_by_silence(self) -> None:
        """Record that nobody objected by the deadline, under the clause that makes it a yes, and go on."""
        stage, run = self.passage.stage, self.passage.run
        reminders = [row.reminded_at.isoformat() for row in self._waits() if row.reminded_at]
        self.session.add(
            Decision(
                run_id=run.id,
                stage_id=stage.id,
                digest=run.digest,
                covers_digest=stage.covers_digest,
                verdict=Verdict.TACIT,
                authenticated="silence",
                comment=stage.tacit_clause,
                anchor={"reminded_at": reminders, "deadline": str(stage.deadline_at)},
                decided_at=utcnow(),
            )
        )
        self.session.flush()
        self._record("content.tacit")
        finish_stage(self.session, self.content, self.passage)

    def _waits(self) -> list[Wait]:
        return list(waits_in(self.session, self.passage.stage.id))

    def _write(self, membership_id: uuid.UUID, kind: str) -> None:
        about = {"content_id": str(self.content.id), "stage_id": str(self.passage.stage.id)}
        tell(self.session, membership_id, kind, about)

    def _record(self, verb: str) -> None:
        record(
            self.session, None, verb, "content", self.content.id,
            brand_id=self.content.brand_id, stage=said_stage(self.passage.stage),
        )  # fmt: skip


def _content_of(session: TenantSession, stage_id: uuid.UUID) -> Content | None:
    """Return the stage's content, locked: of a tending and a decision at once, one comes first."""
    return session.scalars(
        select(Content)
        .join(ApprovalRun, (ApprovalRun.agency_id == Content.agency_id) & (ApprovalRun.content_id == Content.id))
        .join(RunStage, (RunStage.agency_id == ApprovalRun.agency_id) & (RunStage.run_id == ApprovalRun.id))
        .where(RunStage.id == stage_id)
        .with_for_update(of=Content)
    ).one_or_none()
