"""Saving by itself what is being written: by the verb of saving, where that voids no approval."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.models import Event
from unisson.editorial.contents import STALE, load
from unisson.editorial.merging import Merged, merge
from unisson.editorial.models import Content, ContentState
from unisson.editorial.writing import Draft, draft_of, edit
from unisson.web.i18n import lazy

AUTOSAVED = frozenset({ContentState.DRAFT, ContentState.CHANGES_REQUESTED})
"""Saving a change of anything else asks for an approval again: that is for a person to do."""

ONE_SITTING = timedelta(minutes=10)
"""Savings by themselves of one person, that close to each other, are one event of the trail."""

MOVED_ON = lazy(
    "This content has been submitted or cancelled meanwhile, so it is not saved by itself any more. What you typed is"
    " kept in this browser."
)


class MovedOnError(StaleError):
    """The content is none that is saved by itself, now."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one saving. `merged` where somebody else saved meanwhile; with clashes nothing was saved."""

    content: Content
    theirs: Draft
    merged: Merged | None = None

    @property
    def clashes(self) -> bool:
        """Whether a person must choose first."""
        return self.merged is not None and bool(self.merged.clashes)


class BaseWantedError(StaleError):
    """Somebody else saved meanwhile: say what the text was before it was changed."""


def autosave(
    session: TenantSession,
    actor: Actor,
    content_id: uuid.UUID,
    typed: Draft,
    *,
    version_shown: int | None,
    before: Callable[[], Draft | None] | None,
) -> Saved:
    """Save `typed`, or what it and a newer version make together. `before` reads what it was made from.

    Raises MovedOnError, RefusedError, and BaseWantedError where a newer version is there and `before` is None.
    """
    content = load(session, actor, content_id, Permission.CONTENT_WRITE, lock=True)
    if content.state not in AUTOSAVED:
        raise MovedOnError(MOVED_ON)
    theirs = draft_of(session, content)
    if version_shown == content.version:
        return Saved(_edit(session, actor, content, typed), theirs)
    if before is None:
        raise BaseWantedError(STALE)
    merged = merge(before(), typed, theirs)
    if not merged.clashes:
        content = _edit(session, actor, content, merged.draft)
    return Saved(content, theirs, merged)


def _edit(session: TenantSession, actor: Actor, content: Content, draft: Draft) -> Content:
    told = not _goes_on(session, actor, content)
    return edit(session, actor, content.id, draft, content.version, is_told=told)


def _goes_on(session: TenantSession, actor: Actor, content: Content) -> bool:
    """Return whether the last that happened to the content is the same person's writing, a moment ago."""
    if content.state != ContentState.DRAFT:
        return False
    last = session.execute(
        select(Event.actor_id, Event.verb, Event.at)
        .where(Event.subject_id == content.id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None or last.actor_id != actor.membership_id or last.verb not in {"content.edited", "content.written"}:
        return False
    return bool(session.now() - last.at < ONE_SITTING)


def last_other_writer(session: TenantSession, actor: Actor, content_id: uuid.UUID) -> str | None:
    """Return the name of whoever else did something to the content last; None for nobody."""
    name: str | None = session.scalar(
        select(Event.actor_name)
        .where(Event.subject_id == content_id, Event.actor_id != actor.membership_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(1)
    )
    return name
