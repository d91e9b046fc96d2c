"""All brands of an account manager: what each lacks and who has the ball, sorted and narrowed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.session import TenantSession
from unisson.onboarding.reading import standings
from unisson.onboarding.steps import Ball, Standing, Step
from unisson.web.guards import BrandCard

MOST = 200
"""Brands that one page shows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One brand of the page."""

    card: BrandCard
    standing: Standing
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the page is asked for; a word that is none of the known ones asks for nothing."""

    ball: str = ""
    step: str = ""
    order: str = "missing"


@dataclass(frozen=True, slots=True)
class Board:
    """The rows that are wanted, and how many brands there are, are with whom, and lack nothing."""

    rows: Sequence[Row]
    found: int
    total: int
    by_ball: Mapping[Ball, int]
    complete: int


ORDERS: dict[str, Callable[[Row], tuple[object, ...]]] = {
    "missing": lambda row: (-len(row.standing.missing), row.card.name.casefold()),
    "name": lambda row: (row.card.name.casefold(),),
    "oldest": lambda row: (row.opened_at, row.card.name.casefold()),
}
COMPLETE = "complete"


def board(session: TenantSession, cards: Sequence[BrandCard], wanted: Wanted) -> Board:
    """Return how far these brands are."""
    by_id = {card.id: card for card in cards}
    rows = [Row(by_id[key], found.standing, found.opened_at) for key, found in standings(session, list(by_id)).items()]
    chosen = sorted((row for row in rows if _is_wanted(row, wanted)), key=ORDERS.get(wanted.order, ORDERS["missing"]))
    return Board(
        chosen[:MOST],
        len(chosen),
        len(rows),
        {ball: sum(ball in row.standing.balls for row in rows) for ball in Ball},
        sum(not row.standing.missing for row in rows),
    )


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    if wanted.ball == COMPLETE and row.standing.missing:
        return False
    if wanted.ball in set(Ball) and Ball(wanted.ball) not in row.standing.balls:
        return False
    return wanted.step not in set(Step) or Step(wanted.step) in row.standing.missing
