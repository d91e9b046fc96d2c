"""How an agency stands at a moment, from what is known of its payments. Values alone: nothing is read or written.

Every way to lapse takes the same steps: a word beforehand, then nothing new, then what is scheduled is held.
"""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.standing import Standing, StandingWhy

WARNED_BEFORE = timedelta(days=7)
"""How long before a trial or a subscription ends its people are told."""
GRACE = timedelta(days=7)
"""How long after a payment failed, or a subscription ended, new work still begins."""
STILL_LEAVES = timedelta(days=14)
"""How long after that what was scheduled still leaves."""
LAST_WORD = timedelta(days=1)
"""How long before each of the two the agency is told again."""
LEAST_NOTICE = timedelta(days=3)
"""How long nothing is closed after its people were told first, however late that was."""

PAID = frozenset({"active", "trialing"})
LAPSED = frozenset({"past_due", "unpaid", "paused", "canceled"})
"""What Stripe calls subscriptions that were paid and are not. A first payment that never went through is none yet."""


class Step(enum.StrEnum):
    """What an agency is told of, once each, in this order."""

    WARNED = "warned"
    CLOSING = "closing"
    CLOSED = "closed"
    STOPPING = "stopping"
    STOPPED = "stopped"


STANDING_OF = {
    Step.WARNED: Standing.NOTICE,
    Step.CLOSING: Standing.NOTICE,
    Step.CLOSED: Standing.READ_ONLY,
    Step.STOPPING: Standing.READ_ONLY,
    Step.STOPPED: Standing.STOPPED,
}
"""In which standing an agency is once the step is reached."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What decides. `status` is the subscription's, None for none; `lapsed_at` since when something is unpaid."""

    trial_ends_at: datetime
    status: str | None = None
    ends_at: datetime | None = None
    lapsed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The standing, why, until when; which step it is of which lapse; when to judge again.

    A lapse is known by `closes_at`, at which it closes at the earliest.
    """

    standing: Standing = Standing.GOOD
    why: StandingWhy | None = None
    until: datetime | None = None
    step: Step | None = None
    closes_at: datetime | None = None
    next_at: datetime | None = None


def judge(facts: Facts, now: datetime, told_at: datetime | None = None) -> Judgement:
    """Return how an agency with these facts stands at `now`. `told_at`: when its people were first told of this lapse.

    Where nobody was told yet they are told now.
    """
    lapse = _lapse(facts)
    if lapse is None:
        return Judgement()
    why, warned_at, nominal = lapse
    closes_at = max(nominal, max(told_at or now, warned_at) + LEAST_NOTICE)
    stops_at = closes_at + STILL_LEAVES
    steps = (
        (warned_at, Step.WARNED),
        (max(warned_at, closes_at - LAST_WORD), Step.CLOSING),
        (closes_at, Step.CLOSED),
        (stops_at - LAST_WORD, Step.STOPPING),
        (stops_at, Step.STOPPED),
    )
    next_at = next((at for at, _step in steps if at > now), None)
    step = next((step for at, step in reversed(steps) if at <= now), None)
    if step is None:
        return Judgement(next_at=next_at)
    ends = {Standing.NOTICE: closes_at, Standing.READ_ONLY: stops_at}
    return Judgement(STANDING_OF[step], why, ends.get(STANDING_OF[step]), step, nominal, next_at)


def lapse_of(facts: Facts) -> datetime | None:
    """Return by which moment a lapse is known: when it closes at the earliest; None where all is paid."""
    lapse = _lapse(facts)
    return lapse[2] if lapse else None


def _lapse(facts: Facts) -> tuple[StandingWhy, datetime, datetime] | None:
    """Return why it lapses, from when on it is told, and when nothing new is begun; None where all is paid."""
    if facts.status in PAID:
        if facts.ends_at is None:
            return None
        return StandingWhy.ENDED, facts.ends_at - WARNED_BEFORE, facts.ends_at + GRACE
    if facts.status in LAPSED and facts.lapsed_at is not None:
        why = StandingWhy.ENDED if facts.status == "canceled" else StandingWhy.PAYMENT
        return why, facts.lapsed_at, facts.lapsed_at + GRACE
    return StandingWhy.TRIAL, facts.trial_ends_at - WARNED_BEFORE, facts.trial_ends_at
