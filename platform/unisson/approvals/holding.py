"""Putting an approved content on hold until it starts leaving, and letting it go."""

import uuid

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import ForbiddenError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.circuit import LONG_COMMENT, MAX_COMMENT, Word, current_run, note
from unisson.approvals.models import Decision, Verdict
from unisson.approvals.roster import roster
from unisson.editorial.contents import brand_of, load
from unisson.editorial.models import Content, ContentState
from unisson.notifications.notices import tell
from unisson.publishing.standing import let_go
from unisson.web.i18n import lazy

NOT_APPROVED = lazy("Only what is approved and has not started to leave can be put on hold. Nothing was changed.")
NOT_HELD = lazy("This content is not on hold any more. Nothing was changed.")
CLIENTS_HOLD = lazy("The client put this on hold. The client lets it go, or an account manager who says why.")


def hold(session: TenantSession, actor: Actor, content_id: uuid.UUID, comment: str = "") -> Content:
    """Return the content, which leaves no more until it is let go. Raises StaleError once it is leaving."""
    content = load(session, actor, content_id, Permission.CONTENT_HOLD, lock=True)
    put_on_hold(session, content, Word(actor.membership_id, actor.name, comment))
    return content


def put_on_hold(session: TenantSession, content: Content, word: Word) -> None:
    """Stop a content whose row is locked, in the words of whoever may. Raises StaleError, RefusedError."""
    run = current_run(session, content)
    if content.state != ContentState.SCHEDULED or run is None:
        raise StaleError(NOT_APPROVED)
    if len(word.comment) > MAX_COMMENT:
        raise RefusedError(LONG_COMMENT, field="comment")
    note(session, run, Verdict.HELD, word)
    content.state = ContentState.ON_HOLD
    session.flush()
    _record(session, content, word, "content.held_back")
    _tell(session, content, run.submitted_by, word, "held")


def release(session: TenantSession, actor: Actor, content_id: uuid.UUID, comment: str = "") -> Content:
    """Return the content, which leaves at its date again. Raises StaleError, ForbiddenError, RefusedError.

    What the client stopped is let go by the client, or by an account manager with a reason.
    """
    content = load(session, actor, content_id, Permission.CONTENT_HOLD, lock=True)
    held = last_hold(session, content)
    if (
        held is not None
        and _is_clients(session, content, held)
        and not actor.may(Permission.APPROVE_AS_CLIENT, content.brand_id)
    ):
        if not actor.may(Permission.APPROVE_AS_ACCOUNT, content.brand_id):
            raise ForbiddenError(Permission.CONTENT_HOLD)
        if not comment.strip():
            raise RefusedError(CLIENTS_HOLD, field="comment")
    let_it_go(session, content, Word(actor.membership_id, actor.name, comment))
    return content


def let_it_go(session: TenantSession, content: Content, word: Word) -> None:
    """Let a content whose row is locked leave again. Raises StaleError."""
    run = current_run(session, content)
    if content.state != ContentState.ON_HOLD or run is None:
        raise StaleError(NOT_HELD)
    note(session, run, Verdict.RELEASED, word)
    content.state = ContentState.SCHEDULED
    session.flush()
    let_go(session, content)
    _record(session, content, word, "content.released")
    _tell(session, content, run.submitted_by, word, "released")


def _record(session: TenantSession, content: Content, word: Word, verb: str) -> None:
    by, by_id = word.name, word.membership_id
    record(session, None, verb, "content", content.id, brand_id=content.brand_id, by=by, by_id=by_id)


def last_hold(session: TenantSession, content: Content) -> Decision | None:
    """Return the decision that holds the content; None where nothing does."""
    run = current_run(session, content)
    if run is None:
        return None
    last = session.scalars(
        select(Decision)
        .where(Decision.run_id == run.id, Decision.verdict.in_((Verdict.HELD, Verdict.RELEASED)))
        .order_by(Decision.decided_at.desc(), Decision.id.desc())
        .limit(1)
    ).one_or_none()
    return last if last is not None and last.verdict == Verdict.HELD else None


def _is_clients(session: TenantSession, content: Content, held: Decision) -> bool:
    there = roster(session, brand_of(session, content), also={held.membership_id} if held.membership_id else ())
    person = there.people.get(held.membership_id) if held.membership_id else None
    return person is not None and there.is_outside(person)


def _tell(session: TenantSession, content: Content, submitted_by: uuid.UUID, word: Word, kind: str) -> None:
    for membership_id in sorted({content.author_id, submitted_by} - {word.membership_id}):
        tell(session, membership_id, kind, {"content_id": str(content.id), "by": word.name, "said": word.comment[:500]})
