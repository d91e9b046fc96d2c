"""One passage of one revision through its chain: submit, approve, ask for changes, hold, hand over, withdraw.

Every verb takes the content's row for update first, so that of two people at once exactly one decides.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.asking import (
    ask,
    stop_asking,
    void,
)
from unisson.approvals.chain import Need
from unisson.approvals.crews import Crew, crew_of
from unisson.approvals.deadlines import open_stage, time_stage
from unisson.approvals.lateness import schedule
from unisson.approvals.models import ApprovalRun, Decision, RunStage, RunState, Verdict
from unisson.approvals.opening import carry_over, once_asked, start
from unisson.approvals.policies import choose, facts_of
from unisson.editorial.contents import check_fresh, load
from unisson.editorial.leaving import Parts, parts_of
from unisson.editorial.models import Content, ContentState
from unisson.editorial.sentences import Sentences
from unisson.editorial.timing import must_be_future
from unisson.notifications.notices import tell
from unisson.web.i18n import lazy

ALREADY_SUBMITTED = lazy("This content has been submitted already. Nothing was changed.")
NO_DATE = lazy("Choose a date before you submit: the client approves what goes out and when.")
NO_CHANNEL = lazy("Choose at least one channel before you submit.")
NOT_WAITING = lazy("This content is not waiting for a decision any more. Nothing was changed.")
LONG_COMMENT = lazy("A comment has 5,000 characters at most.")
MAX_COMMENT = 5_000


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a content stands: its run, and the stage that waits."""

    run: ApprovalRun
    stage: RunStage
    stages: Sequence[RunStage]
    """All of the run, in order, those that are skipped too."""


@dataclass(frozen=True, slots=True)
class Word:
    """Who decided, and how we know: what a decision's row keeps."""

    membership_id: uuid.UUID
    name: str
    comment: str = ""
    link_id: uuid.UUID | None = None
    device_id: uuid.UUID | None = None
    authenticated: str = "session"
    typed_name: str = ""
    ip: str = ""
    user_agent: str = ""
    anchor: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[TenantSession, Content, Parts], None]


def submit(
    session: TenantSession, actor: Actor, content_id: uuid.UUID, version_shown: int | None, check: Check
) -> ApprovalRun:
    """Return the run that starts. `check` raises RefusedError where a channel would not take the content as it is."""
    content = load(session, actor, content_id, Permission.CONTENT_SUBMIT, lock=True)
    check_fresh(content, version_shown)
    if content.state not in {ContentState.DRAFT, ContentState.CHANGES_REQUESTED}:
        raise StaleError(ALREADY_SUBMITTED)
    parts = parts_of(session, content)
    _all_at_once(lambda: _check_complete(session, content), lambda: check(session, content, parts))
    choice = choose(session, content.brand_id, facts_of(content))
    void(session, content, by=actor.membership_id)
    run, stages, crew = start(session, actor, content, choice, parts)
    record(
        session, actor, "content.submitted", "content", content.id,
        brand_id=content.brand_id, digest=run.digest, chain=choice.kept.policy.name,
    )  # fmt: skip
    carry_over(session, content, run, stages, crew)
    _advance(session, content, run, stages, crew)
    return run


def withdraw(session: TenantSession, actor: Actor, content_id: uuid.UUID, comment: str = "") -> Content:
    """Take a submitted content back: a draft again, its run void."""
    content = load(session, actor, content_id, Permission.CONTENT_SUBMIT, lock=True)
    if content.state not in {ContentState.IN_REVIEW, ContentState.SCHEDULED, ContentState.ON_HOLD}:
        raise StaleError(NOT_WAITING)
    run = current_run(session, content)
    if run is not None:
        note(session, run, Verdict.WITHDRAWN, Word(actor.membership_id, actor.name, comment))
    void(session, content, by=actor.membership_id)
    content.state, content.revision_id = ContentState.DRAFT, None
    content.stages_done = content.stages_all = 0
    session.flush()
    record(session, actor, "content.withdrawn", "content", content.id, brand_id=content.brand_id)
    return content


def note(session: TenantSession, run: ApprovalRun, verdict: Verdict, word: Word) -> Decision:
    """Return a decision about a whole run, written down: a hold, its release, a withdrawal."""
    decision = Decision(
        run_id=run.id,
        digest=run.digest,
        verdict=verdict,
        membership_id=word.membership_id,
        link_id=word.link_id,
        device_id=word.device_id,
        authenticated=word.authenticated,
        typed_name=word.typed_name,
        comment=word.comment.strip()[:MAX_COMMENT],
        ip=word.ip,
        user_agent=word.user_agent[:300],
    )
    session.add(decision)
    session.flush()
    return decision


def current_run(session: TenantSession, content: Content) -> ApprovalRun | None:
    """Return the run of the content's current revision; None where nothing is submitted."""
    return session.scalars(
        select(ApprovalRun).where(
            ApprovalRun.revision_id == content.revision_id,
            ApprovalRun.state.in_((RunState.OPEN, RunState.APPROVED)),
        )
    ).one_or_none()


def current_passage(session: TenantSession, content: Content) -> Passage | None:
    """Return the run of the content's current revision and its waiting stage; None when nothing waits."""
    if content.state != ContentState.IN_REVIEW:
        return None
    rows = session.execute(_PASSAGE, {"revision": content.revision_id}).all()
    stages = [stage for _run, stage in rows]
    waiting = next((each for each in stages if each.opened_at is not None and each.done_at is None), None)
    return Passage(rows[0][0], waiting, stages) if waiting is not None else None


_PASSAGE = (
    select(ApprovalRun, RunStage)
    .join(RunStage, (RunStage.agency_id == ApprovalRun.agency_id) & (RunStage.run_id == ApprovalRun.id))
    .where(ApprovalRun.revision_id == bindparam("revision"), ApprovalRun.state == RunState.OPEN.value)
    .order_by(RunStage.position)
)


def finish_stage(session: TenantSession, content: Content, passage: Passage, crew: Crew | None = None) -> None:
    """Close the stage that waits, and go on to the next one, or out."""
    session.change(passage.stage, done_at=utcnow())
    stop_asking(session, content.id)
    _advance(session, content, passage.run, passage.stages, crew or crew_of(session, content, passage.run))


def said_stage(stage: RunStage) -> str:
    """Return how the trail calls a stage: its name, else its first role."""
    approvers = stage.settings.get("approvers") or [{}]
    return stage.name or str(approvers[0].get("role") or "person")


def _all_at_once(*checks: Callable[[], None]) -> None:
    """Raise RefusedError with all that the content lacks, at the field of the first: nobody corrects it twice."""
    refusals = []
    for check in checks:
        try:
            check()
        except RefusedError as refusal:
            refusals.append(refusal)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise RefusedError(Sentences([each.sentence for each in refusals]), field=refusals[0].field)


def _check_complete(session: TenantSession, content: Content) -> None:
    if not content.channel_kinds:
        raise RefusedError(NO_CHANNEL, field="channel_ids")
    if content.scheduled_at is None:
        raise RefusedError(NO_DATE, field="wall_time")
    must_be_future(content.scheduled_at, session.now())


def is_satisfied(stage: RunStage, crew: Crew) -> bool:
    """Return whether a stage has every yes that it needs. The database's gate asks the same in its own words."""
    said = [each for each in crew.yeses_in(stage.id) if each.covers_digest == stage.covers_digest]
    if any(each.verdict == Verdict.TACIT for each in said):
        return True
    if stage.need == Need.ALL:
        seats = {seat.id for seat in crew.seats.get(stage.id, ())}
        return bool(seats) and seats <= {each.seat_id for each in said}
    return len({each.membership_id for each in said}) >= stage.needed


def _advance(session: TenantSession, content: Content, run: ApprovalRun, every: Sequence[RunStage], crew: Crew) -> None:
    """Open the first stage that still waits; where there is none, the content is approved."""
    stages = [each for each in every if not each.skipped]
    for stage in stages:
        if stage.done_at is not None:
            continue
        just_opened = stage.opened_at is None
        open_stage(session, content, stage)
        once_asked(session, content, run, stage, crew)
        if not is_satisfied(stage, crew):
            session.change(content, stages_done=sum(each.done_at is not None for each in stages))
            time_stage(session, content, stage)
            ask(session, content, run, stage, crew, just_opened=just_opened)
            return
        session.change(stage, done_at=utcnow())
    session.change(content, stages_done=len(stages))
    session.change(run, state=RunState.APPROVED, ended_at=utcnow())
    schedule(session, content, run, crew.chain)
    if content.state == ContentState.SCHEDULED:
        tell_authors(session, content, Passage(run, stages[-1], every), "approved")


def tell_authors(session: TenantSession, content: Content, passage: Passage, kind: str, **more: str) -> None:
    """Write to whoever wrote and whoever submitted the content, what became of it in the passage's stage."""
    about = {"content_id": str(content.id), "stage_id": str(passage.stage.id), **more}
    for membership_id in sorted({content.author_id, passage.run.submitted_by}):
        tell(session, membership_id, kind, about)
