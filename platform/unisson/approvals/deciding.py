"""Deciding in the stage that waits: who may, on which bytes, and what follows from it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tenants.access import Actor
from tenants.base import new_id, utcnow
from tenants.errors import ForbiddenError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals import anchors
from unisson.approvals.asking import (
    Asked,
    ask,
    open_seats,
    own_work_of,
    stop_asking,
)
from unisson.approvals.chain import Need
from unisson.approvals.circuit import (
    LONG_COMMENT,
    MAX_COMMENT,
    NOT_WAITING,
    Passage,
    Word,
    current_passage,
    finish_stage,
    is_satisfied,
    said_stage,
    tell_authors,
)
from unisson.approvals.crews import Crew, crew_of, crew_question
from unisson.approvals.models import Decision, RunState, Verdict
from unisson.approvals.working_time import WORKING_HOURS
from unisson.editorial.contents import load
from unisson.editorial.models import Content, ContentState, Revision
from unisson.hooks.noting import ROOMS
from unisson.web.i18n import lazy

CHANGED_SINCE = lazy("This content changed after the page was opened. Read it again, then decide.")
OWN_WORK = lazy("Nobody approves their own work. Somebody else of the team decides in this stage.")
STAGE_OVER = lazy("The stage that was shown is over: this content has gone on since. Nothing was changed.")
ANSWERED = lazy("You have answered in this stage already. It waits on somebody else.")
SAY_WHY = lazy("Say what should change, so that the author knows what to do.")
SAY_RESERVATION = lazy("Say your reservation, so that the author knows it.")
TYPE_YOUR_NAME = lazy("Type your name: it stands beside your decision.")
LONG_NAME = lazy("A name has 200 characters at most.")
MAX_NAME = 200

NEEDS_WORDS = {Verdict.CHANGES_REQUESTED: SAY_WHY, Verdict.RESERVED: SAY_RESERVATION}


def approve(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    digest_shown: str,
    comment: str = "",
    *,
    reserved: bool = False,
    stage_shown: uuid.UUID | None = None,
) -> Content:
    """Record the approval of the bytes that were shown. Raises StaleError, ForbiddenError, RefusedError.

    `stage_shown` is the stage that the page asked about: a decision never slips into the one after it. An approval
    that is `reserved` goes on, and its comment to the author.
    """
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    verdict = Verdict.RESERVED if reserved else Verdict.APPROVED
    word = Word(actor.membership_id, actor.name, comment)
    decide(session, content, verdict, word, digest_shown=digest_shown, stage_shown=stage_shown)
    return content


def request_changes(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    digest_shown: str,
    comment: str,
    *,
    stage_shown: uuid.UUID | None = None,
    anchor: Mapping[str, Any] | None = None,
) -> Content:
    """Send the content back to its author with a comment, about `anchor` if it is given. Raises as `approve` does."""
    content = load(session, actor, content_id, Permission.CONTENT_SEE, lock=True)
    word = Word(actor.membership_id, actor.name, comment, anchor=anchor or {})
    decide(session, content, Verdict.CHANGES_REQUESTED, word, digest_shown=digest_shown, stage_shown=stage_shown)
    return content


def check_signature(typed_name: str) -> None:
    """Pass if somebody without an account typed a name. Raises RefusedError."""
    if not any(character.isalpha() for character in typed_name):
        raise RefusedError(TYPE_YOUR_NAME, field="typed_name")
    if len(typed_name) > MAX_NAME:
        raise RefusedError(LONG_NAME, field="typed_name")


def decide(
    session: TenantSession,
    content: Content,
    verdict: Verdict,
    word: Word,
    *,
    digest_shown: str,
    stage_shown: uuid.UUID | None,
) -> None:
    """Record what somebody decided about a content whose row is locked, and go on from there.

    Raises StaleError for another stage or other bytes than those shown, ForbiddenError, RefusedError.
    """
    passage = current_passage(session, content)
    if passage is None:
        raise StaleError(NOT_WAITING)
    if stage_shown not in {None, passage.stage.id}:
        raise StaleError(STAGE_OVER)
    session.flush()
    session.foresee([crew_question(session, content, passage.run), (WORKING_HOURS, {}), (ROOMS, {})])
    crew = crew_of(session, content, passage.run)
    seats = _seats_for(session, content, passage, crew, word.membership_id)
    if digest_shown != passage.run.digest:
        raise StaleError(CHANGED_SINCE)
    comment = word.comment.strip()
    if verdict in NEEDS_WORDS and not comment:
        raise RefusedError(NEEDS_WORDS[verdict], field="comment")
    if len(comment) > MAX_COMMENT:
        raise RefusedError(LONG_COMMENT, field="comment")
    word = replace(word, comment=comment, anchor=_anchor(session, passage, word))
    _write_down(session, passage, crew, seats, verdict, word=word)
    record(
        session, None, f"content.{verdict}", "content", content.id,
        brand_id=content.brand_id, by=word.name, by_id=word.membership_id, stage=said_stage(passage.stage),
        digest=passage.run.digest,
    )  # fmt: skip
    if verdict == Verdict.CHANGES_REQUESTED:
        _send_back(session, content, passage)
    else:
        _after_a_yes(session, content, passage, crew)
    if verdict == Verdict.RESERVED and content.state != ContentState.SCHEDULED:
        # Others decide yet, or its date is over: whoever is told "approved by everyone" has read these words there.
        tell_authors(session, content, passage, "approved", reserved="yes", by=word.name)


def _anchor(session: TenantSession, passage: Passage, word: Word) -> Mapping[str, Any]:
    """Return what the decision is about, which must stand in the revision. Raises RefusedError."""
    if not word.anchor:
        return {}
    revision = session.get_one(Revision, (session.agency_id, passage.run.revision_id))
    return anchors.checked(word.anchor, revision.payload)


def may_decide(session: TenantSession, actor: Actor, content: Content, passage: Passage) -> bool:
    """Return whether `actor` could decide now: a seat of theirs is open, and it is not their own work."""
    return any(
        actor.membership_id in {person.id for person in each.candidates}
        for each in open_seats(session, content, passage.run, passage.stage)
    )


def _seats_for(
    session: TenantSession, content: Content, passage: Passage, crew: Crew, membership_id: uuid.UUID
) -> Sequence[Asked]:
    """Return the open seats that this person fills: all of theirs where all are needed, else one."""
    open_ = open_seats(session, content, passage.run, passage.stage, crew)
    mine = [each for each in open_ if membership_id in {person.id for person in each.candidates}]
    if mine:
        return mine if passage.stage.need == Need.ALL else mine[:1]
    if membership_id in own_work_of(content, passage.run, crew.chain):
        if _could_otherwise(passage, crew, membership_id):
            raise RefusedError(OWN_WORK)
    elif any(each.membership_id == membership_id for each in crew.said if each.stage_id == passage.stage.id):
        raise StaleError(ANSWERED)
    raise ForbiddenError(said_stage(passage.stage))


def _could_otherwise(passage: Passage, crew: Crew, membership_id: uuid.UUID) -> bool:
    return any(
        membership_id in {person.id for person in crew.there.for_seat(seat.stage_role, seat.membership_id, ())}
        for seat in crew.seats.get(passage.stage.id, ())
    )


def _write_down(
    session: TenantSession, passage: Passage, crew: Crew, seats: Sequence[Asked], verdict: Verdict, *, word: Word
) -> None:
    at = utcnow()
    decisions = [
        Decision(
            id=new_id(),
            run_id=passage.run.id,
            stage_id=passage.stage.id,
            seat_id=each.seat.id,
            digest=passage.run.digest,
            covers_digest=passage.stage.covers_digest,
            verdict=verdict,
            membership_id=word.membership_id,
            link_id=word.link_id,
            device_id=word.device_id,
            authenticated=word.authenticated,
            typed_name=word.typed_name,
            comment=word.comment,
            anchor=dict(word.anchor),
            ip=word.ip,
            user_agent=word.user_agent[:300],
            decided_at=at,
        )
        for each in (seats if verdict != Verdict.CHANGES_REQUESTED else seats[:1])
    ]
    session.add_rows(*decisions)
    for each in decisions:
        crew.note(each)


def _after_a_yes(session: TenantSession, content: Content, passage: Passage, crew: Crew) -> None:
    if is_satisfied(passage.stage, crew):
        finish_stage(session, content, passage, crew)
    else:
        ask(session, content, passage.run, passage.stage, crew)


def _send_back(session: TenantSession, content: Content, passage: Passage) -> None:
    session.change(passage.run, state=RunState.CHANGES_REQUESTED, ended_at=utcnow())
    session.change(content, state=ContentState.CHANGES_REQUESTED, revision_id=None, stages_done=0, stages_all=0)
    stop_asking(session, content.id)
    tell_authors(session, content, passage, "changes_requested")
