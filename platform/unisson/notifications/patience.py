"""How long a mail that can't leave is tried again: ever less often, for two days."""

from datetime import datetime, timedelta

from tenants.base import utcnow

FIRST_WAIT = 30.0
LONGEST_WAIT = 3600.0
PATIENCE = timedelta(days=2)
LEASE = 120.0
"""Seconds that one try may take; a worker that dies leaves its mail to another one after that."""


def wait_after(attempts: int) -> float:
    """Return the seconds to wait after the given number of tries: 30 s, doubled each time, up to one hour."""
    return float(min(LONGEST_WAIT, FIRST_WAIT * 2 ** max(0, min(attempts, 10) - 1)))


def is_over(asked_at: datetime) -> bool:
    """Return whether a mail asked for at `asked_at` has been tried for long enough."""
    return utcnow() - asked_at > PATIENCE
