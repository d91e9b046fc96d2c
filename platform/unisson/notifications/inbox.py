"""The notices of one person, as they may see them now."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, tuple_

from tenants.access import Actor
from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.notifications.events import Event
from unisson.notifications.lines import ICONS, Line, path, sentence
from unisson.notifications.models import Notice
from unisson.notifications.showing import shown_to

PAGE = 50

_TITLE = func.coalesce(func.nullif(Content.title, ""), func.left(Content.body, 80), "")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of notices, the newest first. `before` leads to the next one; empty on the last."""

    lines: list[Line]
    before: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The notice that a page stood below."""

    at: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}_{self.id}"


def cursor(typed: str) -> Cursor | None:
    """Return the cursor that an address names; None for what can't be read."""
    at, _mark, number = typed.partition("_")
    try:
        found = Cursor(datetime.fromisoformat(at), uuid.UUID(number))
    except ValueError:
        return None
    return found if found.at.tzinfo is not None else None


def inbox(
    session: TenantSession,
    actor: Actor,
    brands: Collection[uuid.UUID],
    *,
    below: Cursor | None = None,
    only_unread: bool = False,
) -> Found:
    """Return a page of what `actor`, who knows `brands`, was told, in one statement."""
    wanted = _lines(actor, brands).where(Notice.in_app).limit(PAGE + 1)
    if only_unread:
        wanted = wanted.where(Notice.read_at.is_(None))
    if below is not None:
        wanted = wanted.where(tuple_(Notice.created_at, Notice.id) < (below.at, below.id))
    found = [line_of(row) for row in session.execute(wanted)]
    more = len(found) > PAGE
    return Found(found[:PAGE], str(Cursor(found[PAGE - 1].at, found[PAGE - 1].id)) if more else "")


def told_by(
    session: TenantSession, actor: Actor, brands: Collection[uuid.UUID], which: ColumnElement[bool]
) -> list[Line]:
    """Return the unread notices of `actor` that are `which`, the oldest first."""
    wanted = _lines(actor, brands).where(which, Notice.read_at.is_(None))
    return [line_of(row) for row in session.execute(wanted)][::-1]


def unread_ids(actor: Actor, brands: Collection[uuid.UUID], until: datetime) -> Select[uuid.UUID]:
    """Return the statement of what `actor` has not read of what was there at `until`."""
    return (
        select(Notice.id)
        .outerjoin(Content, (Content.agency_id == Notice.agency_id) & (Content.id == Notice.content_id))
        .where(
            Notice.membership_id == actor.membership_id,
            Notice.read_at.is_(None),
            Notice.created_at <= until,
            shown_to(actor, brands),
        )
    )


def _lines(actor: Actor, brands: Collection[uuid.UUID]) -> Select[Any]:
    return (
        select(
            Notice.id, Notice.event, Notice.kind, Notice.about, Notice.content_id, Notice.created_at,
            Notice.read_at.is_not(None).label("is_read"), _TITLE.label("title"),
            Brand.name.label("brand_name"), Brand.accent, Brand.slug,
        )
        .outerjoin(Content, (Content.agency_id == Notice.agency_id) & (Content.id == Notice.content_id))
        .outerjoin(Brand, (Brand.agency_id == Notice.agency_id) & (Brand.id == Notice.brand_id))
        .where(Notice.membership_id == actor.membership_id, shown_to(actor, brands))
        .order_by(Notice.created_at.desc(), Notice.id.desc())
    )  # fmt: skip


def line_of(row: Any) -> Line:
    """Return a row of `_lines` in words, in the language being spoken."""
    event = Event(row.event)
    return Line(
        id=row.id, event=event, sentence=sentence(row.kind, row.title, row.about),
        path=path(row.kind, row.content_id, row.slug, row.about), icon=ICONS[event], brand_name=row.brand_name,
        accent=row.accent, at=row.created_at, is_read=row.is_read,
    )  # fmt: skip
