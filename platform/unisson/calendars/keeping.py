"""Views that somebody keeps by name: for oneself, or offered to all of the agency who plan.

A view holds no right: it is an address, made anew for whoever opens it, of the brands that they see by then.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Uuid, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from tenants.base import new_id, utcnow
from tenants.errors import NotFoundError, RefusedError
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from tenants.wire import Question
from unisson.activity.trail import record
from unisson.calendars.models import CalendarOpening, CalendarView
from unisson.web.i18n import lazy

MOST_VIEWS = 30
LONG_NAME = 60

NO_NAME = lazy("Give the view a name of 60 characters at most.")
SAME_NAME = lazy("You have a view of this name already. Choose another name.")
TOO_MANY = lazy("You keep 30 views already. Remove one that nobody opens any more.")
NOT_PLANNING = lazy("Only those who plan these brands share a view. Keep it for yourself.")


class Kept(NamedTuple):
    """What a view is made of: which one, of which brands (all for none), and the other pairs of its address."""

    view: str
    brands: Sequence[uuid.UUID]
    asked: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ViewLine:
    """One view as a reader finds it. `owner` is who keeps it, "" for the reader's own."""

    id: uuid.UUID
    name: str
    kept: Kept
    is_shared: bool
    owner: str
    may_change: bool
    opens: bool
    """Whether the reader's calendar opens with it."""


def keep_view(session: TenantSession, actor: Actor, name: str, kept: Kept, *, shared: bool) -> CalendarView:
    """Return a new view. Raises RefusedError."""
    _check_name(session, actor.membership_id, name)
    if shared:
        _must_plan(actor, kept.brands)
    live = select(func.count()).where(
        CalendarView.membership_id == actor.membership_id, CalendarView.removed_at.is_(None)
    )
    if (session.scalar(live) or 0) >= MOST_VIEWS:
        raise RefusedError(TOO_MANY, field="name")
    view = CalendarView(
        membership_id=actor.membership_id, name=name, view=kept.view, brands=[str(each) for each in kept.brands],
        asked=[list(pair) for pair in kept.asked], is_shared=shared,
    )  # fmt: skip
    session.add(view)
    session.flush()
    if shared:
        record(session, actor, "view.shared", "calendar_view", view.id, name=name)
    return view


def change_view(session: TenantSession, actor: Actor, view_id: uuid.UUID, name: str, *, shared: bool) -> CalendarView:
    """Rename a view, and offer it to the team or to nobody else. Raises NotFoundError, RefusedError."""
    view = _changeable(session, actor, view_id)
    if name != view.name:
        _check_name(session, view.membership_id, name)
    if shared and not view.is_shared:
        _must_plan(actor, [uuid.UUID(each) for each in view.brands])
        record(session, actor, "view.shared", "calendar_view", view.id, name=name)
    view.name, view.is_shared = name, shared
    session.flush()
    return view


def remove_view(session: TenantSession, actor: Actor, view_id: uuid.UUID) -> CalendarView:
    """Put a view away. The last one stays to be taken back; what was put away before goes. Raises NotFoundError."""
    view = _changeable(session, actor, view_id)
    session.execute(
        delete(CalendarView).where(
            CalendarView.membership_id == view.membership_id, CalendarView.removed_at.is_not(None)
        )
    )
    view.removed_at = utcnow()
    session.flush()
    return view


def restore_view(session: TenantSession, actor: Actor, view_id: uuid.UUID) -> CalendarView:
    """Take a view back that was put away; one that is not stays. Raises NotFoundError where it is gone."""
    view = _changeable(session, actor, view_id, removed=True)
    view.removed_at = None
    session.flush()
    return view


def open_with(session: TenantSession, actor: Actor, view_id: uuid.UUID, *, opens: bool) -> CalendarView:
    """Have the actor's calendar open with a view that they find, or with none. Raises NotFoundError."""
    view = session.scalars(select(CalendarView).where(CalendarView.id == view_id, _found_by(actor))).one_or_none()
    if view is None:
        raise NotFoundError
    mine = CalendarOpening.membership_id == actor.membership_id
    if opens:
        chosen = insert(CalendarOpening).values(
            agency_id=session.agency_id, id=new_id(), membership_id=actor.membership_id, view_id=view_id
        )
        session.execute(
            chosen.on_conflict_do_update(index_elements=["agency_id", "membership_id"], set_={"view_id": view_id})
        )
    else:
        session.execute(delete(CalendarOpening).where(mine, CalendarOpening.view_id == view_id))
    return view


def views_found(session: TenantSession, actor: Actor, seen: Collection[uuid.UUID]) -> list[ViewLine]:
    """Return the views that somebody finds who sees the calendar of the brands `seen`: their own, then others'.

    Brands that they do not see are left out of it; a view of which none is left is left out whole.
    """
    rows = session.execute(
        select(CalendarView, Membership.name, CalendarOpening.id.is_not(None))
        .join(
            Membership,
            (Membership.agency_id == CalendarView.agency_id) & (Membership.id == CalendarView.membership_id),
        )
        .outerjoin(
            CalendarOpening,
            (CalendarOpening.agency_id == CalendarView.agency_id)
            & (CalendarOpening.view_id == CalendarView.id)
            & (CalendarOpening.membership_id == actor.membership_id),
        )
        .where(_found_by(actor))
        .order_by(CalendarView.membership_id != actor.membership_id, func.lower(CalendarView.name), CalendarView.id)
    )
    lines = (_line(actor, view, owner, opens, seen) for view, owner, opens in rows)
    return [line for line in lines if line is not None]


def opening_view(session: TenantSession, actor: Actor, seen: Collection[uuid.UUID]) -> Kept | None:
    """Return what the actor's calendar opens with, as far as they see it; None for the month of all brands."""
    told = session.ask(_OPENING, {"member": actor.membership_id})
    if told is None:
        return None
    owner, is_shared, view, brands, asked = told
    if uuid.UUID(owner) != actor.membership_id and not (is_shared and plans(actor)):
        return None
    return _seen_part(view, brands, asked, seen)


def plans(actor: Actor) -> bool:
    """Whether somebody plans at least one brand, and so belongs to those whom shared views are for."""
    return actor.may(Permission.TOPIC_PLAN) or any(actor.may(Permission.TOPIC_PLAN, each) for each in actor.brand_roles)


_OPENING = Question(
    select(
        func.json_build_array(
            CalendarView.membership_id, CalendarView.is_shared, CalendarView.view, CalendarView.brands,
            CalendarView.asked,
        )
    )
    .select_from(CalendarOpening)
    .join(
        CalendarView,
        (CalendarView.agency_id == CalendarOpening.agency_id) & (CalendarView.id == CalendarOpening.view_id),
    )
    .where(
        CalendarOpening.membership_id == bindparam("member", type_=Uuid),
        CalendarView.removed_at.is_(None),
    )
)  # fmt: skip


def _line(actor: Actor, view: CalendarView, owner: str, opens: bool, seen: Collection[uuid.UUID]) -> ViewLine | None:
    is_mine = view.membership_id == actor.membership_id
    kept = _seen_part(view.view, view.brands, view.asked, seen)
    if kept is None:
        return None
    may_change = is_mine or actor.may(Permission.AGENCY_TEAM)
    return ViewLine(view.id, view.name, kept, view.is_shared, "" if is_mine else owner, may_change, opens)


def _seen_part(
    view: str, brands: Sequence[str], asked: Sequence[Sequence[str]], seen: Collection[uuid.UUID]
) -> Kept | None:
    named = [uuid.UUID(each) for each in brands]
    left = [each for each in named if each in seen]
    if named and not left:
        return None
    return Kept(view, left, [(name, value) for name, value in asked])


def _found_by(actor: Actor) -> ColumnElement[bool]:
    mine = CalendarView.membership_id == actor.membership_id
    found = or_(mine, CalendarView.is_shared) if plans(actor) else mine
    return found & CalendarView.removed_at.is_(None)


def _changeable(session: TenantSession, actor: Actor, view_id: uuid.UUID, *, removed: bool = False) -> CalendarView:
    """Return a view of the actor's own, or a shared one to who runs the agency's team. Raises NotFoundError."""
    view = session.scalars(select(CalendarView).where(CalendarView.id == view_id).with_for_update()).one_or_none()
    if view is None or (view.removed_at is not None and not removed):
        raise NotFoundError
    if view.membership_id != actor.membership_id and not (view.is_shared and actor.may(Permission.AGENCY_TEAM)):
        raise NotFoundError
    return view


def _check_name(session: TenantSession, membership_id: uuid.UUID, name: str) -> None:
    if not name or len(name) > LONG_NAME:
        raise RefusedError(NO_NAME, field="name")
    same = select(CalendarView.id).where(
        CalendarView.membership_id == membership_id, CalendarView.name == name, CalendarView.removed_at.is_(None)
    )
    if session.scalar(same.limit(1)) is not None:
        raise RefusedError(SAME_NAME, field="name")


def _must_plan(actor: Actor, brands: Sequence[uuid.UUID]) -> None:
    may = all(actor.may(Permission.TOPIC_PLAN, each) for each in brands) if brands else plans(actor)
    if not may:
        raise RefusedError(NOT_PLANNING, field="shared")
