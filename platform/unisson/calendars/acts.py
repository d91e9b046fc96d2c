"""Acting on many contents at once, and taking that back.

Each content goes through the same verb as alone, in a savepoint of its own: what one of them can't do is said of it,
and the others are done. What was done is kept as one act, which whoever did it may undo: content by content, where
nobody has changed it since.
"""

import enum
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import ForbiddenError, GoneError, NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.circuit import Check, submit, withdraw
from unisson.calendars.models import CalendarAct
from unisson.editorial.contents import load
from unisson.editorial.models import Content, ContentState
from unisson.editorial.reopening import date_is_free
from unisson.editorial.timing import GapError
from unisson.editorial.writing import cancel, clock_of, draft_of, duplicate, edit, move, restore
from unisson.web.i18n import lazy

MOST = 100
FARTHEST = 366

NOTHING = lazy("Choose at least one content.")
TOO_MANY = lazy("A hundred contents at most can be changed at once. Choose fewer.")
NO_DAYS = lazy("Give a number of days other than nought, a year at most.")
NO_TAG = lazy("Give a tag.")
ASKS_AGAIN = lazy("It was submitted: this asks for its approval again. Tick that you want it.")
NO_DATE = lazy("It has no date to be moved from.")
NOT_FOUND = lazy("It is not there any more, or you may not change it.")
CHANGED = lazy("Somebody has changed it since: it stays as it is.")
UNDONE = lazy("This was taken back already.")

_SUBMITTED = frozenset({ContentState.IN_REVIEW, ContentState.SCHEDULED, ContentState.ON_HOLD})


class Act(enum.StrEnum):
    """What can be done to many contents at once."""

    MOVE = "move"
    SUBMIT = "submit"
    TAG = "tag"
    UNTAG = "untag"
    CANCEL = "cancel"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants done. `days`: of a move or a copy; `again`: approvals may be asked for again."""

    act: Act
    days: int = 0
    tag: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Refusal:
    """One content that was left as it is, and why."""

    content_id: uuid.UUID
    title: str
    sentence: object


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order: how many contents were changed, which not, and the act to undo."""

    done: int
    refused: Sequence[Refusal]
    act_id: uuid.UUID | None = None


def carry_out(
    session: TenantSession, actor: Actor, order: Order, content_ids: Sequence[uuid.UUID], check: Check
) -> Outcome:
    """Return what became of the order. Raises RefusedError where it can't be carried out on anything."""
    wanted = sorted(set(content_ids))
    if not wanted:
        raise RefusedError(NOTHING)
    if len(wanted) > MOST:
        raise RefusedError(TOO_MANY)
    if order.act is Act.MOVE and not 0 < abs(order.days) <= FARTHEST:
        raise RefusedError(NO_DAYS, field="days")
    if order.act is Act.DUPLICATE and abs(order.days) > FARTHEST:
        raise RefusedError(NO_DAYS, field="days")
    if order.act in {Act.TAG, Act.UNTAG} and not order.tag.strip():
        raise RefusedError(NO_TAG, field="tag")
    told: list[dict[str, Any]] = []
    refused: list[Refusal] = []
    for content_id in wanted:
        did = _one(session, content_id, refused, partial(_do, session, actor, order, content_id, check=check))
        told += [did] if did is not None else []
    if not told:
        return Outcome(0, refused)
    act = CalendarAct(membership_id=actor.membership_id, act=order.act.value, told=told)
    session.add(act)
    session.flush()
    record(session, actor, "calendar.acted", "act", act.id, act=order.act.value, contents=len(told))
    return Outcome(len(told), refused, act.id)


def undo(session: TenantSession, actor: Actor, act_id: uuid.UUID) -> Outcome:
    """Take an act of one's own back, as far as nobody has changed what it changed. Raises NotFoundError, GoneError."""
    wanted = select(CalendarAct).where(CalendarAct.id == act_id, CalendarAct.membership_id == actor.membership_id)
    act = session.scalars(wanted.with_for_update()).one_or_none()
    if act is None:
        raise NotFoundError
    if act.undone_at is not None:
        raise GoneError(UNDONE)
    refused: list[Refusal] = []
    undone = [
        _one(session, uuid.UUID(told["id"]), refused, partial(_undo, session, actor, Act(act.act), told))
        for told in act.told
    ]
    done = sum(each is not None for each in undone)
    act.undone_at = utcnow()
    session.flush()
    record(session, actor, "calendar.undone", "act", act.id, act=act.act, contents=done)
    return Outcome(done, refused)


def last_act(session: TenantSession, actor: Actor, act_id: uuid.UUID | None) -> CalendarAct | None:
    """Return one's act, if it can still be taken back."""
    if act_id is None:
        return None
    act = session.scalars(
        select(CalendarAct).where(CalendarAct.id == act_id, CalendarAct.membership_id == actor.membership_id)
    ).one_or_none()
    return act if act is not None and act.undone_at is None else None


def _one(
    session: TenantSession, content_id: uuid.UUID, refused: list[Refusal], act: Callable[[], dict[str, Any]]
) -> dict[str, Any] | None:
    """Act on one content in a savepoint; return what the act tells, None where it was refused, which is noted."""
    try:
        with session.begin_nested():
            return act()
    except RefusedError as refusal:
        refused.append(Refusal(content_id, _title(session, content_id), refusal.sentence))
    except (NotFoundError, ForbiddenError):
        refused.append(Refusal(content_id, "", NOT_FOUND))
    return None


def _title(session: TenantSession, content_id: uuid.UUID) -> str:
    content = session.get(Content, (session.agency_id, content_id))
    return (content.title or content.body[:60]) if content else ""


def _do(session: TenantSession, actor: Actor, order: Order, content_id: uuid.UUID, *, check: Check) -> dict[str, Any]:
    """Carry the order out on one content; return what undoing it needs."""
    permission = Permission.CONTENT_SCHEDULE if order.act is Act.MOVE else Permission.CONTENT_WRITE
    content = load(session, actor, content_id, permission, lock=True)
    if order.act is Act.DUPLICATE:
        return _copied(session, actor, content, order.days)
    before: dict[str, Any] = {"id": str(content_id)}
    if order.act is Act.SUBMIT:
        submit(session, actor, content_id, None, check)
    elif order.act is Act.CANCEL:
        cancel(session, actor, content_id)
    else:
        asks = content.state in _SUBMITTED and not (order.act is Act.MOVE and date_is_free(session, content))
        if asks and not order.again:
            raise StaleError(ASKS_AGAIN)
        before |= _moved(session, actor, content, order.days) if order.act is Act.MOVE else _tagged(
            session, actor, content, order
        )  # fmt: skip
    session.flush()
    session.refresh(content)
    return before | {"version": content.version}


def _copied(session: TenantSession, actor: Actor, content: Content, days: int) -> dict[str, Any]:
    """Copy as a draft, `days` after the date of the original, or without a date; return the copy as what was done."""
    copy = duplicate(session, actor, content.id)
    wall_time, _fold = clock_of(session, content)
    if days and wall_time is not None:
        _move_to(session, actor, copy.id, wall_time + timedelta(days=days))
    session.flush()
    session.refresh(copy)
    return {"id": str(copy.id), "version": copy.version}


def _moved(session: TenantSession, actor: Actor, content: Content, days: int) -> dict[str, Any]:
    wall_time, fold = clock_of(session, content)
    if wall_time is None:
        raise RefusedError(NO_DATE)
    _move_to(session, actor, content.id, wall_time + timedelta(days=days))
    return {"wall_time": wall_time.isoformat(), "fold": fold}


def _move_to(session: TenantSession, actor: Actor, content_id: uuid.UUID, wall_time: datetime) -> None:
    """Move to a wall time, or to the next one where the clock skips it; of two equal ones the first is meant."""
    try:
        move(session, actor, content_id, wall_time, fold=0)
    except GapError as gap:
        move(session, actor, content_id, gap.next_valid, fold=0)


def _tagged(session: TenantSession, actor: Actor, content: Content, order: Order) -> dict[str, Any]:
    draft = draft_of(session, content)
    tag = " ".join(order.tag.split()).casefold()
    tags = (*draft.tags, tag) if order.act is Act.TAG else tuple(each for each in draft.tags if each != tag)
    edit(session, actor, content.id, replace(draft, tags=tags), None)
    return {"tags": list(draft.tags)}


def _undo(session: TenantSession, actor: Actor, act: Act, told: dict[str, Any]) -> dict[str, Any]:
    content_id = uuid.UUID(told["id"])
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    if content.version != told["version"]:
        raise StaleError(CHANGED)
    if act is Act.MOVE:
        move(session, actor, content_id, datetime.fromisoformat(told["wall_time"]), fold=told["fold"])
    elif act is Act.SUBMIT:
        withdraw(session, actor, content_id)
    elif act is Act.DUPLICATE:
        cancel(session, actor, content_id)
    elif act is Act.CANCEL:
        restore(session, actor, content_id)
    else:
        edit(session, actor, content_id, replace(draft_of(session, content), tags=tuple(told["tags"])), None)
    session.flush()
    return told
