"""The board of those who steer: what waits on whom over their brands, read from the rows of waiting alone."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, not_, or_, select, true

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import BRAND_ROLE_PERMISSIONS, CLIENT_SIDE, AgencyRole, BrandRole, Permission, StageRole
from tenants.session import TenantSession
from unisson.approvals.lookups import WaitingContent
from unisson.approvals.models import Purpose, RunSeat, RunStage, Side, Wait
from unisson.approvals.progress import ROLE_NAMES
from unisson.approvals.steering import can_be_nudged, is_clients_seat
from unisson.editorial.models import Content
from unisson.web.i18n import say_time, say_zone

MOST = 200
"""Waiting persons of one page, the nearest date first."""

AT_RISK = timedelta(hours=24)
STEER = "steer"
"""The desk of what nobody can answer: somebody has to be found."""

DESKS = (*(side.value for side in Side), STEER)
WHENS = ("late", "today")


@dataclass(frozen=True, slots=True)
class Lens:
    """What of the board is looked at; an empty word narrows nothing."""

    brand_ids: Collection[uuid.UUID]
    side: str = ""
    when: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """How many contents wait on each desk, and how many of all are late, or will be within a day."""

    desks: Mapping[str, int]
    late: int
    today: int

    @property
    def bar(self) -> list[tuple[str, float, float]]:
        """Return the desks that have something, each with where its part begins and how wide it is, in percent."""
        total, parts, begins = sum(self.desks.values()), [], 0.0
        for desk, count in self.desks.items():
            if count:
                width = round(100 * count / total, 2)
                parts.append((desk, round(begins, 2), width))
                begins += width
        return parts


@dataclass(frozen=True, slots=True)
class Ask:
    """One person whom a content waits on, and those whom their part may be handed to."""

    wait_id: uuid.UUID
    person: str
    to_steer: bool
    since: str
    reminded: str
    can_be_nudged: bool
    others: tuple[tuple[uuid.UUID, str], ...]


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One content that waits, with its times on its brand's clock."""

    content_id: uuid.UUID
    title: str
    kind: str
    brand: str
    accent: str
    leaves: str
    deadline: str
    zone: str
    stage: object
    late: bool
    today: bool
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The figures, the contents that wait, and whether more wait than are shown."""

    figures: Figures
    rows: Sequence[BoardRow]
    cut: bool


@dataclass(frozen=True, slots=True)
class Handing:
    """What waits on somebody, and who of their side may decide instead of them."""

    wait_id: uuid.UUID
    others: tuple[tuple[uuid.UUID, str], ...]


@dataclass(frozen=True, slots=True)
class _Person:
    """Somebody on a brand; `inside` the agency, or one of the client's people."""

    id: uuid.UUID
    name: str
    inside: bool


def read(session: TenantSession, lens: Lens) -> Board:
    """Return the board, in three statements however much waits."""
    figures = _figures(session, lens.brand_ids)
    found = session.execute(_waits(lens).limit(MOST + 1)).all()
    shown = found[:MOST]
    people = _people(session, {row.brand_id for row in shown})
    by_content: dict[uuid.UUID, list[Row[*tuple[Any, ...]]]] = {}
    for row in shown:
        by_content.setdefault(row.content_id, []).append(row)
    now = utcnow()
    rows = [_row(rows, people.get(rows[0].brand_id, ()), now) for rows in by_content.values()]
    return Board(figures, rows, cut=len(found) > MOST)


def _is_late() -> ColumnElement[bool]:
    now = func.clock_timestamp()
    return or_(func.coalesce(Wait.deadline_at <= now, False), func.coalesce(WaitingContent.scheduled_at <= now, False))


def _is_today() -> ColumnElement[bool]:
    soon = func.clock_timestamp() + AT_RISK
    near = or_(
        func.coalesce(Wait.deadline_at <= soon, False), func.coalesce(WaitingContent.scheduled_at <= soon, False)
    )
    return and_(not_(_is_late()), near)


def _on(desk: str) -> ColumnElement[bool]:
    if desk == STEER:
        return Wait.purpose == Purpose.STEER.value
    return and_(Wait.purpose == Purpose.DECIDE.value, Wait.side == desk)


def _figures(session: TenantSession, brand_ids: Collection[uuid.UUID]) -> Figures:
    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.count(Wait.content_id.distinct()).filter(condition)

    wanted = select(*(count(_on(desk)) for desk in DESKS), count(_is_late()), count(_is_today()))
    *desks, late, today = session.execute(
        wanted.select_from(Wait).join(WaitingContent, true()).where(Wait.brand_id.in_(brand_ids))
    ).one()
    return Figures(dict(zip(DESKS, desks, strict=True)), late, today)


def to_hand_over(session: TenantSession, content: Content, membership_id: uuid.UUID) -> Handing | None:
    """Return what waits on this person of the content, and who may decide instead; None where nothing does."""
    row = session.execute(
        select(Wait.id, Wait.side, RunSeat.role)
        .join(RunSeat, (RunSeat.agency_id == Wait.agency_id) & (RunSeat.id == Wait.seat_id))
        .where(
            Wait.content_id == content.id,
            Wait.membership_id == membership_id,
            Wait.purpose == Purpose.DECIDE.value,
        )
        .order_by(Wait.asked_at, Wait.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    inside = not is_clients_seat(row.role, row.side)
    own = {membership_id, content.author_id}
    people = _people(session, {content.brand_id})[content.brand_id]
    others = tuple((each.id, each.name) for each in people if each.inside == inside and each.id not in own)
    return Handing(row.id, others) if others else None


def _waits(lens: Lens) -> Select[*tuple[Any, ...]]:
    wanted = (
        select(
            Wait.id, Wait.content_id, Wait.membership_id, Wait.brand_id, Wait.asked_at, Wait.deadline_at,
            Wait.reminded_at, Wait.nudged_at, Wait.purpose, Wait.side,
            WaitingContent.title, WaitingContent.kind, WaitingContent.zone, WaitingContent.scheduled_at,
            func.left(WaitingContent.body, 80).label("excerpt"), _is_late().label("late"), _is_today().label("today"),
            Brand.name.label("brand_name"), Brand.accent, Membership.name.label("person"),
            RunSeat.role, RunStage.name.label("stage_name"),
        )
        .select_from(Wait)
        .join(WaitingContent, true())
        .join(Brand, (Brand.agency_id == Wait.agency_id) & (Brand.id == Wait.brand_id))
        .join(Membership, (Membership.agency_id == Wait.agency_id) & (Membership.id == Wait.membership_id))
        .join(RunSeat, (RunSeat.agency_id == Wait.agency_id) & (RunSeat.id == Wait.seat_id))
        .join(RunStage, (RunStage.agency_id == Wait.agency_id) & (RunStage.id == Wait.stage_id))
        .where(Wait.brand_id.in_(lens.brand_ids))
        .order_by(WaitingContent.scheduled_at, WaitingContent.id, Membership.name, Wait.id)
    )  # fmt: skip
    if lens.side:
        wanted = wanted.where(_on(lens.side))
    if lens.when:
        wanted = wanted.where(_is_late() if lens.when == "late" else _is_today())
    return wanted


def _people(session: TenantSession, brand_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[_Person]]:
    """Return by brand who may be handed something there: its people who open contents, and the agency's managers."""
    rows = session.execute(
        select(Membership.id, Membership.name, Membership.agency_role, Membership.joined_at,
               BrandAssignment.brand_id, BrandAssignment.role)
        .outerjoin(
            BrandAssignment,
            (BrandAssignment.agency_id == Membership.agency_id)
            & (BrandAssignment.membership_id == Membership.id)
            & BrandAssignment.brand_id.in_(brand_ids),
        )
        .where(
            Membership.removed_at.is_(None),
            or_(BrandAssignment.brand_id.is_not(None), Membership.agency_role != AgencyRole.MEMBER.value),
        )
        .order_by(func.lower(Membership.name), Membership.id)
    ).all()  # fmt: skip
    found: dict[uuid.UUID, dict[uuid.UUID, _Person]] = {brand_id: {} for brand_id in brand_ids}
    for row in rows:
        for brand_id, person in _placed(row, brand_ids):
            found[brand_id].setdefault(person.id, person)
    return {brand_id: list(people.values()) for brand_id, people in found.items()}


def _placed(row: Row[*tuple[Any, ...]], brand_ids: Collection[uuid.UUID]) -> Iterable[tuple[uuid.UUID, _Person]]:
    if row.agency_role != AgencyRole.MEMBER.value:
        return [(each, _Person(row.id, row.name, inside=True)) for each in brand_ids] if row.joined_at else []
    role = BrandRole(row.role)
    inside = role not in CLIENT_SIDE
    if Permission.CONTENT_SEE not in BRAND_ROLE_PERMISSIONS[role] or (inside and row.joined_at is None):
        return []
    return [(row.brand_id, _Person(row.id, row.name, inside))]


def _row(found: Sequence[Row[*tuple[Any, ...]]], people: Sequence[_Person], now: datetime) -> BoardRow:
    row = found[0]
    return BoardRow(
        content_id=row.content_id,
        title=row.title or row.excerpt,
        kind=row.kind,
        brand=row.brand_name,
        accent=row.accent,
        leaves=_said(row.scheduled_at, row.zone),
        deadline=_said(row.deadline_at, row.zone),
        zone=say_zone(row.zone),
        stage=row.stage_name or (ROLE_NAMES[StageRole(row.role)] if row.role else row.person),
        late=row.late,
        today=row.today,
        asks=tuple(_ask(each, people, now) for each in found),
    )


def _ask(row: Row[*tuple[Any, ...]], people: Sequence[_Person], now: datetime) -> Ask:
    inside = not is_clients_seat(row.role, row.side)
    last = max((each for each in (row.reminded_at, row.nudged_at) if each), default=None)
    return Ask(
        wait_id=row.id,
        person=row.person,
        to_steer=row.purpose == Purpose.STEER.value,
        since=_said(row.asked_at, row.zone),
        reminded=_said(last, row.zone),
        can_be_nudged=can_be_nudged(row.nudged_at, now),
        others=tuple((each.id, each.name) for each in people if each.inside == inside and each.id != row.membership_id),
    )


def _said(moment: datetime | None, zone: str) -> str:
    return say_time(moment, zone, "moment_year") if moment else ""
