"""One passage of one revision through its chain: submit, approve, ask for changes, withdraw.

Every verb takes the content's row for update first, so that of two people at once exactly one decides.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import ForbiddenError, RefusedError, StaleError
from tenants.permissions import STAGE_PERMISSION, BrandRole, Permission
from tenants.session import TenantSession
from unisson import dispatching
from unisson.activity.trail import record
from unisson.approvals import links
from unisson.approvals.chains import approvers, stages_for
from unisson.approvals.models import ApprovalRun, Decision, RunStage, RunState, Verdict
from unisson.editorial.contents import check_fresh, load
from unisson.editorial.models import Content, ContentState
from unisson.editorial.revisions import freeze
from unisson.editorial.timing import must_be_future
from unisson.jobs import ring_after_commit
from unisson.notifications.letters import write
from unisson.web.i18n import lazy

ALREADY_SUBMITTED = lazy("This content has been submitted already. Nothing was changed.")
NO_DATE = lazy("Choose a date before you submit: the client approves what goes out and when.")
NO_CHANNEL = lazy("Choose at least one channel before you submit.")
NOT_WAITING = lazy("This content is not waiting for a decision any more. Nothing was changed.")
CHANGED_SINCE = lazy("This content changed after the page was opened. Read it again, then decide.")
OWN_WORK = lazy("Nobody approves their own work. Somebody else of the team decides in this stage.")
SAY_WHY = lazy("Say what should change, so that the author knows what to do.")
TYPE_YOUR_NAME = lazy("Type your name: it stands beside your decision.")
LONG_NAME = lazy("A name has 200 characters at most.")
LONG_COMMENT = lazy("A comment has 5,000 characters at most.")
MAX_COMMENT = 5_000
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a content stands: its run, and the stage that waits."""

    run: ApprovalRun
    stage: RunStage


@dataclass(frozen=True, slots=True)
class Word:
    """Who decided, and how we know: what a decision's row keeps."""

    membership_id: uuid.UUID
    name: str
    comment: str = ""
    link_id: uuid.UUID | None = None
    typed_name: str = ""
    ip: str = ""
    user_agent: str = ""


Check = Callable[[TenantSession, Content], None]


def submit(
    session: TenantSession, actor: Actor, content_id: uuid.UUID, version_shown: int | None, check: Check
) -> ApprovalRun:
    """Return the run that starts. `check` raises RefusedError where a channel would not take the content as it is."""
    content = load(session, actor, content_id, Permission.CONTENT_SUBMIT, lock=True)
    check_fresh(content, version_shown)
    if content.state not in {ContentState.DRAFT, ContentState.CHANGES_REQUESTED}:
        raise StaleError(ALREADY_SUBMITTED)
    _check_complete(session, content)
    check(session, content)
    roles = stages_for(session, content.brand_id, frozenset({content.author_id, actor.membership_id}))
    run = _start(session, actor, content, roles)
    record(session, actor, "content.submitted", "content", content.id, brand_id=content.brand_id, digest=run.digest)
    return run


def approve(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    digest_shown: str,
    comment: str = "",
    *,
    stage_shown: uuid.UUID | None = None,
) -> Content:
    """Record the approval of the bytes that were shown. Raises StaleError, ForbiddenError, RefusedError.

    `stage_shown` is the stage that the page asked about: a decision never slips into the one after it.
    """
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    passage = _passage_for(session, actor, content, digest_shown, stage_shown)
    _decide(session, content, passage, Verdict.APPROVED, Word(actor.membership_id, actor.name, comment))
    return content


def request_changes(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    digest_shown: str,
    comment: str,
    *,
    stage_shown: uuid.UUID | None = None,
) -> Content:
    """Send the content back to its author with a comment. Raises as `approve` does."""
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    passage = _passage_for(session, actor, content, digest_shown, stage_shown)
    _decide(session, content, passage, Verdict.CHANGES_REQUESTED, Word(actor.membership_id, actor.name, comment))
    return content


def decide_by_link(
    session: TenantSession, token: str, verdict: Verdict, digest_shown: str, word: links.Signature
) -> Content:
    """Record what a personal link's addressee decided. Raises NotFoundError, GoneError, StaleError, RefusedError."""
    visit = links.visit(session, token, lock=True)
    passage = current_passage(session, visit.content)
    if passage is None or passage.stage.id != visit.link.stage_id:
        raise StaleError(NOT_WAITING)
    if digest_shown != passage.run.digest:
        raise StaleError(CHANGED_SINCE)
    if not any(character.isalpha() for character in word.typed_name):
        raise RefusedError(TYPE_YOUR_NAME, field="typed_name")
    if len(word.typed_name) > MAX_NAME:
        raise RefusedError(LONG_NAME, field="typed_name")
    said = Word(
        membership_id=visit.link.membership_id,
        name=word.typed_name,
        comment=word.comment,
        link_id=visit.link.id,
        typed_name=word.typed_name,
        ip=word.ip,
        user_agent=word.user_agent,
    )
    _decide(session, visit.content, passage, verdict, said)
    return visit.content


def withdraw(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> Content:
    """Take a submitted content back: a draft again, its run void."""
    content = load(session, actor, content_id, Permission.CONTENT_SUBMIT, lock=True)
    if content.state not in {ContentState.IN_REVIEW, ContentState.SCHEDULED}:
        raise StaleError(NOT_WAITING)
    _void_runs(session, content)
    content.state, content.revision_id = ContentState.DRAFT, None
    content.stages_done = content.stages_all = 0
    session.flush()
    record(session, actor, "content.withdrawn", "content", content.id, brand_id=content.brand_id)
    return content


def current_passage(session: TenantSession, content: Content) -> Passage | None:
    """Return the run of the content's current revision and its waiting stage; None when nothing waits."""
    if content.state != ContentState.IN_REVIEW:
        return None
    row = session.execute(
        select(ApprovalRun, RunStage)
        .join(RunStage, (RunStage.agency_id == ApprovalRun.agency_id) & (RunStage.run_id == ApprovalRun.id))
        .outerjoin(Decision, (Decision.agency_id == RunStage.agency_id) & (Decision.stage_id == RunStage.id))
        .where(
            ApprovalRun.revision_id == content.revision_id,
            ApprovalRun.state == RunState.OPEN,
            Decision.id.is_(None),
        )
        .order_by(RunStage.position)
        .limit(1)
    ).first()
    return Passage(row[0], row[1]) if row else None


def may_decide(actor: Actor, content: Content, passage: Passage) -> bool:
    """Return whether `actor` could decide now: their role's turn, and not their own work."""
    permission = STAGE_PERMISSION[BrandRole(passage.stage.role)]
    return actor.may(permission, content.brand_id) and actor.membership_id not in _own_work(content, passage)


def _check_complete(session: TenantSession, content: Content) -> None:
    if not content.channel_kinds:
        raise RefusedError(NO_CHANNEL, field="channel_ids")
    if content.scheduled_at is None:
        raise RefusedError(NO_DATE, field="wall_time")
    must_be_future(content.scheduled_at, session.scalars(select(func.clock_timestamp())).one())


def _start(session: TenantSession, actor: Actor, content: Content, roles: list[str]) -> ApprovalRun:
    _void_runs(session, content)
    revision = freeze(session, content, actor)
    run = ApprovalRun(
        content_id=content.id, revision_id=revision.id, digest=revision.digest, submitted_by=actor.membership_id
    )
    session.add(run)
    session.flush()
    stages = [RunStage(run_id=run.id, position=number, role=role) for number, role in enumerate(roles, start=1)]
    session.add_all(stages)
    content.state = ContentState.IN_REVIEW
    content.stages_done, content.stages_all = 0, len(stages)
    session.flush()
    _open_stage(session, content, run, stages[0])
    return run


def _void_runs(session: TenantSession, content: Content) -> None:
    session.execute(
        update(ApprovalRun)
        .where(ApprovalRun.content_id == content.id, ApprovalRun.state.in_((RunState.OPEN, RunState.APPROVED)))
        .values(state=RunState.VOID, ended_at=func.clock_timestamp())
    )
    links.revoke_all(session, content.id)


def _open_stage(session: TenantSession, content: Content, run: ApprovalRun, stage: RunStage) -> None:
    stage.opened_at = utcnow()
    for person in approvers(session, content.brand_id, stage.role):
        if person.id in {content.author_id, run.submitted_by}:
            continue
        if stage.role == BrandRole.CLIENT_APPROVER:
            links.issue(session, content, run, stage, person)
        elif person.joined_at is not None:
            write(session, person.id, "approval_asked_in_app", {"content_id": str(content.id)})


def _passage_for(
    session: TenantSession, actor: Actor, content: Content, digest_shown: str, stage_shown: uuid.UUID | None
) -> Passage:
    passage = current_passage(session, content)
    if passage is None or stage_shown not in {None, passage.stage.id}:
        raise StaleError(NOT_WAITING)
    if not actor.may(STAGE_PERMISSION[BrandRole(passage.stage.role)], content.brand_id):
        raise ForbiddenError(passage.stage.role)
    if actor.membership_id in _own_work(content, passage):
        raise RefusedError(OWN_WORK)
    if digest_shown != passage.run.digest:
        raise StaleError(CHANGED_SINCE)
    return passage


def _own_work(content: Content, passage: Passage) -> set[uuid.UUID]:
    return {content.author_id, passage.run.submitted_by}


def _decide(session: TenantSession, content: Content, passage: Passage, verdict: Verdict, word: Word) -> None:
    comment = word.comment.strip()
    if verdict == Verdict.CHANGES_REQUESTED and not comment:
        raise RefusedError(SAY_WHY, field="comment")
    if len(comment) > MAX_COMMENT:
        raise RefusedError(LONG_COMMENT, field="comment")
    session.add(
        Decision(
            run_id=passage.run.id,
            stage_id=passage.stage.id,
            digest=passage.run.digest,
            verdict=verdict,
            membership_id=word.membership_id,
            link_id=word.link_id,
            typed_name=word.typed_name,
            comment=comment,
            ip=word.ip,
            user_agent=word.user_agent[:300],
        )
    )
    session.flush()
    links.revoke_all(session, content.id)
    record(
        session, None, f"content.{verdict}", "content", content.id,
        brand_id=content.brand_id, by=word.name, stage=passage.stage.role, digest=passage.run.digest,
    )  # fmt: skip
    if verdict == Verdict.APPROVED:
        _advance(session, content, passage)
    else:
        _send_back(session, content, passage)


def _advance(session: TenantSession, content: Content, passage: Passage) -> None:
    content.stages_done = passage.stage.position
    following = session.scalars(
        select(RunStage).where(RunStage.run_id == passage.run.id, RunStage.position == passage.stage.position + 1)
    ).one_or_none()
    if following is not None:
        _open_stage(session, content, passage.run, following)
        session.flush()
        return
    passage.run.state, passage.run.ended_at = RunState.APPROVED, utcnow()
    content.state = ContentState.SCHEDULED
    session.flush()
    dispatching.put(session, "content", session.agency_id, content.id)
    ring_after_commit(session, "publishing")
    _tell_authors(session, content, passage, "approved")


def _send_back(session: TenantSession, content: Content, passage: Passage) -> None:
    passage.run.state, passage.run.ended_at = RunState.CHANGES_REQUESTED, utcnow()
    content.state, content.revision_id = ContentState.CHANGES_REQUESTED, None
    content.stages_done = content.stages_all = 0
    session.flush()
    _tell_authors(session, content, passage, "changes_requested")


def _tell_authors(session: TenantSession, content: Content, passage: Passage, kind: str) -> None:
    for membership_id in sorted(_own_work(content, passage)):
        write(session, membership_id, kind, {"content_id": str(content.id), "stage_id": str(passage.stage.id)})
