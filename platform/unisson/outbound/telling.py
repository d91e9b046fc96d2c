"""Telling a stranger something by one request, a chat's room or a browser's push service, and what the answer means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenants.base import utcnow
from unisson.outbound.clock import Deadline
from unisson.outbound.failures import Forbidden, OutboundError
from unisson.outbound.fetcher import Answer, Outbound

LONGEST = 3600.0
"""Seconds for which a stranger may ask to be left alone."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The stranger has it."""


@dataclass(frozen=True, slots=True)
class Later:
    """It may be sent again in `seconds`; None where the stranger said no time."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Sending it again is no use: the address is not good any more, or the message is not taken."""

    reason: str


Outcome = Taken | Later | Refused


def tell(
    out: Outbound, url: str, content: bytes, headers: Mapping[str, str], *, seconds: float, max_bytes: int
) -> Answer | Later | Refused:
    """Return what was answered within `seconds`, or why nothing was. The reason never holds the address."""
    try:
        return out.request(
            "POST", url, deadline=Deadline.after(seconds), headers=headers, content=content, max_bytes=max_bytes
        )
    except Forbidden:
        return Refused("forbidden address")
    except OutboundError as error:
        return Later(type(error).__name__)


def meaning(answer: Answer, wait: str | None = None) -> Outcome:
    """Return what an answer means; `wait` is what it says of when to come again, its `Retry-After` where not given."""
    if 200 <= answer.status < 300:
        return Taken()
    reason = f"HTTP {answer.status}"
    if answer.status in {408, 425, 429} or answer.status >= 500:
        return Later(reason, _seconds(wait or answer.headers.get("retry-after", "")))
    return Refused(reason)


def _seconds(told: str) -> float | None:
    """Return how long to leave a stranger alone: it says a number of seconds, or a date (RFC 9110 §10.2.3)."""
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = (_date(told) - utcnow()).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(LONGEST, max(1.0, seconds))


def _date(told: str) -> datetime:
    at = parsedate_to_datetime(told)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
