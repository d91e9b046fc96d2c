"""How a worker attends to what is due: one claim after the other, within its time, no fault of one stopping another."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import DBAPIError

from unisson.dispatching import Claim, claim, waiting_queues, worker_name
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """What one queue asks of a worker. Times in seconds."""

    queue: str
    do: Callable[[Runtime, Claim], None]
    """Does one. Raises what it likes: its claim is left to lapse, and whoever claims it next finds what was written."""
    lease: float
    at_once: int = 1
    longest: float = 0.0
    """What must be left of the time to begin another one."""
    after: frozenset[str] = frozenset()
    """The queues that come first: while something waits there, one of this duty at a time is done, and no second."""


def attend(runtime: Runtime, duty: Duty, budget_seconds: float) -> int:
    """Do what is due until nothing is, the time is over, or what comes first waits; return how many were tried."""
    ends, attended, worker = time.monotonic() + budget_seconds, 0, worker_name()
    while time.monotonic() + duty.longest < ends:
        with runtime.database.everywhere() as session:
            if attended and duty.after and duty.after & waiting_queues(session).keys():
                break
            claims = claim(session, duty.queue, limit=duty.at_once, worker=worker, lease=duty.lease)
        if not claims:
            break
        for each in claims:
            attended += 1
            _one(runtime, duty, each)
    return attended


def _one(runtime: Runtime, duty: Duty, claimed: Claim) -> None:
    try:
        duty.do(runtime, claimed)
    except DBAPIError as error:
        log.warning("duty.interrupted", queue=duty.queue, item=str(claimed.item_id), why=str(error.orig)[:200])
    except Exception:
        log.exception("duty.fault", queue=duty.queue, item=str(claimed.item_id))
