"""Writing strategies and black-outs."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import delete, func, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.strategy.models import BlackOut, Check, Strategy, Weight
from unisson.web.i18n import lazy

LONG_TITLE, LONG_TEXT, LONG_WORD = 200, 5_000, 80
MOST_WORDS, MOST_PILLARS, MOST_BLACK_OUTS = 300, 12, 100
TEXTS = ("objectives", "messages", "tone", "spokespersons", "links")
EARLIEST, LATEST = date(2000, 1, 1), date(2199, 12, 31)

NO_TITLE = lazy("Give the strategy a name, of 200 characters at most.")
NO_PERIOD = lazy("Give the first and the last day; the last can't come before the first.")
LONG = lazy("Each text has 5,000 characters at most.")
BAD_SHARES = lazy("Shares are whole numbers of per cent, and together 100 at most.")
MANY_PILLARS = lazy("A strategy has twelve pillars at most, each with a name of its own of 80 characters at most.")
MANY_WORDS = lazy("A strategy bans three hundred words at most, of 80 characters each.")
NO_REASON = lazy("Say why, in 200 characters at most.")
MANY_BLACK_OUTS = lazy("A brand has a hundred black-outs at most. Take old ones away first.")
STALE = lazy(
    "Somebody changed this strategy after you opened it. Your text is still in the form: compare, then save again."
)


@dataclass(frozen=True, slots=True)
class Pillar:
    """One thing that a brand speaks of, and its wanted share of all contents, in per cent."""

    name: str
    share: int


@dataclass(frozen=True, slots=True)
class StrategyPlan:
    """What a person typed of a strategy. `pillars` is None where a share could not be read."""

    title: str
    starts_on: date | None
    ends_on: date | None
    texts: Mapping[str, str] = field(default_factory=dict)
    pillars: Sequence[Pillar] | None = ()
    banned: Sequence[str] = ()
    mentions: Mapping[str, str] = field(default_factory=dict)
    weights: Mapping[Check, Weight] = field(default_factory=dict)


def load_strategy(session: TenantSession, actor: Actor, strategy_id: uuid.UUID, *, lock: bool = False) -> Strategy:
    """Return a strategy that the actor may plan with. Raises NotFoundError, ForbiddenError."""
    wanted = select(Strategy).where(Strategy.id == strategy_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFoundError
    actor.require(Permission.TOPIC_PLAN, found.brand_id)
    return found


def open_strategy(session: TenantSession, actor: Actor, brand_id: uuid.UUID, plan: StrategyPlan) -> Strategy:
    """Return a new strategy. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.TOPIC_PLAN, brand_id)
    strategy = Strategy(brand_id=brand_id, created_by=actor.membership_id)
    _fill(strategy, plan)
    session.add(strategy)
    session.flush()
    record(session, actor, "strategy.opened", "strategy", strategy.id, brand_id=brand_id, title=strategy.title)
    return strategy


def change_strategy(
    session: TenantSession, actor: Actor, strategy_id: uuid.UUID, plan: StrategyPlan, version_shown: int | None
) -> Strategy:
    """Return the changed strategy. Raises StaleError when somebody changed it since `version_shown`; RefusedError."""
    strategy = load_strategy(session, actor, strategy_id, lock=True)
    if version_shown != strategy.version:
        raise StaleError(STALE)
    _fill(strategy, plan)
    if session.is_modified(strategy):
        strategy.version += 1
        session.flush()
        record(session, actor, "strategy.changed", "strategy", strategy.id, brand_id=strategy.brand_id)
    return strategy


def archive_strategy(session: TenantSession, actor: Actor, strategy_id: uuid.UUID, *, back: bool = False) -> Strategy:
    """Return the strategy, put away or (`back`) in use again: what is put away checks nothing."""
    strategy = load_strategy(session, actor, strategy_id, lock=True)
    if (strategy.archived_at is None) != back:
        strategy.archived_at = None if back else utcnow()
        session.flush()
        verb = "strategy.restored" if back else "strategy.archived"
        record(session, actor, verb, "strategy", strategy.id, brand_id=strategy.brand_id)
    return strategy


def set_black_out(
    session: TenantSession, actor: Actor, brand_id: uuid.UUID, starts_on: date | None, ends_on: date | None,
    *, reason: str, stops: bool,
) -> BlackOut:  # fmt: skip
    """Return a new black-out of a brand. Raises ForbiddenError, RefusedError."""
    actor.require(Permission.TOPIC_PLAN, brand_id)
    first, last = _period(starts_on, ends_on)
    reason = reason.strip()
    if not reason or len(reason) > LONG_TITLE:
        raise RefusedError(NO_REASON, field="reason")
    known = session.scalar(select(func.count()).select_from(BlackOut).where(BlackOut.brand_id == brand_id)) or 0
    if known >= MOST_BLACK_OUTS:
        raise RefusedError(MANY_BLACK_OUTS, field="reason")
    black_out = BlackOut(brand_id=brand_id, starts_on=first, ends_on=last, reason=reason, stops=stops)
    session.add(black_out)
    session.flush()
    record(session, actor, "black_out.set", "black_out", black_out.id, brand_id=brand_id, reason=reason)
    return black_out


def end_black_out(session: TenantSession, actor: Actor, black_out_id: uuid.UUID) -> uuid.UUID:
    """Take a black-out away; return its brand. Raises NotFoundError, ForbiddenError."""
    found = session.scalars(select(BlackOut).where(BlackOut.id == black_out_id)).one_or_none()
    if found is None:
        raise NotFoundError
    brand_id = found.brand_id
    actor.require(Permission.TOPIC_PLAN, brand_id)
    session.execute(delete(BlackOut).where(BlackOut.id == black_out_id))
    record(session, actor, "black_out.ended", "black_out", black_out_id, brand_id=brand_id)
    return brand_id


def _fill(strategy: Strategy, plan: StrategyPlan) -> None:
    title = plan.title.strip()
    if not title or len(title) > LONG_TITLE:
        raise RefusedError(NO_TITLE, field="title")
    strategy.title = title
    strategy.starts_on, strategy.ends_on = _period(plan.starts_on, plan.ends_on)
    for name in TEXTS:
        text = plan.texts.get(name, "")
        if len(text) > LONG_TEXT:
            raise RefusedError(LONG, field=name)
        setattr(strategy, name, text)
    strategy.pillars = [{"name": each.name, "share": each.share} for each in _pillars(plan.pillars)]
    strategy.banned = _banned(plan.banned)
    strategy.mentions = {risk: words.strip()[:LONG_TITLE] for risk, words in plan.mentions.items() if words.strip()}
    strategy.weights = {check.value: weight.value for check, weight in plan.weights.items()}


def _period(starts_on: date | None, ends_on: date | None) -> tuple[date, date]:
    if starts_on is None or ends_on is None or not EARLIEST <= starts_on <= ends_on <= LATEST:
        raise RefusedError(NO_PERIOD, field="ends_on" if starts_on else "starts_on")
    return starts_on, ends_on


def _pillars(typed: Sequence[Pillar] | None) -> Sequence[Pillar]:
    if typed is None or any(each.share < 0 for each in typed) or sum(each.share for each in typed) > 100:
        raise RefusedError(BAD_SHARES, field="pillars")
    names = {each.name.casefold() for each in typed}
    if len(typed) > MOST_PILLARS or len(names) < len(typed) or any(len(each.name) > LONG_WORD for each in typed):
        raise RefusedError(MANY_PILLARS, field="pillars")
    return typed


def _banned(typed: Sequence[str]) -> list[str]:
    words = list(dict.fromkeys(" ".join(word.split()) for word in typed if word.strip()))
    if len(words) > MOST_WORDS or any(len(word) > LONG_WORD for word in words):
        raise RefusedError(MANY_WORDS, field="banned")
    return words
