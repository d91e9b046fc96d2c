"""Which strategy holds on a day, a brand's black-outs, and how its contents share out over the pillars."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, select

from tenants.brands import Brand
from tenants.session import TenantSession
from unisson.editorial.models import Content, ContentState
from unisson.strategy.checks import Finding, findings
from unisson.strategy.models import BlackOut, Strategy
from unisson.web.i18n import lazy, say_day


class Share(NamedTuple):
    """One pillar: how many contents of the period speak of it, their share and the wanted one, in per cent."""

    name: str
    contents: int
    share: int
    wanted: int


def strategy_on(session: TenantSession, brand_id: uuid.UUID, day: date) -> Strategy | None:
    """Return the brand's strategy for `day`: of several the one that begins last; None where there is none."""
    return session.scalars(_ON, {"brand": brand_id, "day": day}).one_or_none()


_ON = (
    select(Strategy)
    .where(
        Strategy.brand_id == bindparam("brand"),
        Strategy.archived_at.is_(None),
        Strategy.starts_on <= bindparam("day"),
        Strategy.ends_on >= bindparam("day"),
    )
    .order_by(Strategy.starts_on.desc(), Strategy.id.desc())
    .limit(1)
)


def strategies_of(session: TenantSession, brand_id: uuid.UUID, *, archived: bool = False) -> Sequence[Strategy]:
    """Return a brand's strategies, the latest first: those in use, or those put away."""
    kept = Strategy.archived_at.is_not(None) if archived else Strategy.archived_at.is_(None)
    wanted = select(Strategy).where(Strategy.brand_id == brand_id, kept)
    return session.scalars(wanted.order_by(Strategy.starts_on.desc(), Strategy.id.desc()).limit(100)).all()


def black_outs_of(session: TenantSession, brand_id: uuid.UUID, since: date) -> Sequence[BlackOut]:
    """Return a brand's black-outs that last on `since` or later, in order."""
    wanted = select(BlackOut).where(BlackOut.brand_id == brand_id, BlackOut.ends_on >= since)
    return session.scalars(wanted.order_by(BlackOut.starts_on, BlackOut.id)).all()


def planned_in(session: TenantSession, brand_id: uuid.UUID, black_out: BlackOut, zone: str) -> int:
    """Return how many contents of the brand are dated within a black-out, by its clock, and not gone out yet."""
    clock = ZoneInfo(zone)
    since = datetime.combine(black_out.starts_on, time(), clock)
    until = datetime.combine(black_out.ends_on + timedelta(days=1), time(), clock)
    wanted = select(func.count()).where(
        Content.brand_id == brand_id,
        Content.scheduled_at >= since,
        Content.scheduled_at < until,
        Content.state.in_(_TO_COME),
    )
    return session.scalar(wanted) or 0


_TO_COME = [
    state.value
    for state in (
        ContentState.DRAFT, ContentState.CHANGES_REQUESTED, ContentState.IN_REVIEW, ContentState.SCHEDULED,
        ContentState.ON_HOLD,
    )
]  # fmt: skip


def pillars_of(session: TenantSession, brand_id: uuid.UUID) -> list[str]:
    """Return the names of the pillars of a brand's strategies in use, each once, those of the latest first."""
    found = (str(pillar["name"]) for each in strategies_of(session, brand_id) for pillar in each.pillars)
    return list(dict.fromkeys(found))


def heard(
    session: TenantSession, brand: Brand, title: str, body: str, *, risks: Sequence[str], at: datetime | None
) -> list[Finding]:
    """Return what the brand's strategy and black-outs say to a content for `at` (for today without a date)."""
    zone = ZoneInfo(brand.timezone)
    day = (at or session.now()).astimezone(zone).date()
    return [
        *findings(strategy_on(session, brand.id, day), title, body, risks),
        *(black_out_findings(session, brand.id, day) if at else ()),
    ]


def black_out_findings(session: TenantSession, brand_id: uuid.UUID, day: date) -> list[Finding]:
    """Return the brand's black-outs on a day."""
    return [
        Finding(
            lazy("The brand keeps quiet until %(day)s: %(reason)s", day=say_day(each.ends_on), reason=each.reason),
            each.stops,
        )
        for each in session.scalars(_QUIET, {"brand": brand_id, "day": day})
    ]


_QUIET = (
    select(BlackOut)
    .where(
        BlackOut.brand_id == bindparam("brand"),
        BlackOut.starts_on <= bindparam("day"),
        BlackOut.ends_on >= bindparam("day"),
    )
    .order_by(BlackOut.stops.desc(), BlackOut.id)
)


def shares(session: TenantSession, brand: Brand, strategy: Strategy) -> list[Share]:
    """Return how the contents dated in a strategy's period share out over its pillars, in one statement.

    Contents without a pillar, or of another one, are in no line but count for the whole.
    """
    zone = ZoneInfo(brand.timezone)
    since = datetime.combine(strategy.starts_on, time(), zone)
    until = datetime.combine(strategy.ends_on + timedelta(days=1), time(), zone)
    rows = session.execute(
        select(Content.pillar, func.count().label("contents"))
        .where(
            Content.brand_id == brand.id,
            Content.scheduled_at >= since,
            Content.scheduled_at < until,
            Content.state != ContentState.CANCELLED.value,
        )
        .group_by(Content.pillar)
    )
    counted: Mapping[str, int] = {row.pillar: row.contents for row in rows}
    whole = sum(counted.values()) or 1
    return [
        Share(str(each["name"]), counted.get(str(each["name"]), 0),
              round(100 * counted.get(str(each["name"]), 0) / whole), int(each["share"]))
        for each in strategy.pillars
    ]  # fmt: skip
