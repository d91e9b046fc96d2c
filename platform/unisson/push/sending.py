"""Telling one browser: a message encrypted for it alone, one request, and what its answer means."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from tenants.base import utcnow
from unisson.outbound import Answer, Deadline, Forbidden, NothingSent, Outbound, OutboundError
from unisson.push.keys import Keys
from unisson.push.subscriptions import Subscription
from unisson.runtime import Runtime

SECONDS = 8.0
LONGEST = 3600.0
MOST_BYTES = 16_384
TTL = 6 * 3600
"""Seconds for which a push service keeps a message for a browser that is away. After that it is noise."""
STEP = 256
"""Messages are filled up to a multiple of so many bytes, so that their length says nothing."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a browser shows. A click leads to `path` and posts to `reading`. `urgency`: RFC 8030 §5.3."""

    id: uuid.UUID
    title: str
    body: str
    path: str
    language: str
    urgency: str = "normal"
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """The push service has it."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The browser takes nothing any more, by this address."""


@dataclass(frozen=True, slots=True)
class Later:
    """It may be sent again in `seconds`; None where the push service said no time."""

    reason: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Sending it again is no use."""

    reason: str


Outcome = Taken | Gone | Later | Refused


@lru_cache(maxsize=4)
def outbound(runtime: Runtime) -> Outbound:
    """Return this process's way out to the push services."""
    return Outbound(runtime.settings.outbound_allow, only=runtime.settings.outbound_only, max_connections=20)


def is_inside(runtime: Runtime, endpoint: str) -> bool:
    """Return whether an address leads where we never connect. One that nobody knows may be known when it counts."""
    out = outbound(runtime)
    try:
        if not endpoint.startswith("https://") and not out.is_private_by_choice(endpoint):
            return True
        out.look(endpoint, deadline=Deadline.after(SECONDS / 2))
    except Forbidden:
        return True
    except NothingSent:
        return False
    return False


def sealed_for(subscription: Subscription, message: Message) -> bytes:
    """Return the message as only that browser can read it (RFC 8291: its keys, and a key of ours for this once)."""
    said = {key: value for key, value in asdict(message).items() if key != "urgency"}
    plain = json.dumps(said, ensure_ascii=False, default=str).encode()
    filled = plain.ljust(-(-len(plain) // STEP) * STEP)
    ours = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(  # type: ignore[no-untyped-call]  # the library has no annotations
        filled, private_key=ours, dh=subscription.point, auth_secret=subscription.secret, version="aes128gcm"
    )
    return sealed


def send(runtime: Runtime, keys: Keys, subscription: Subscription, message: Message) -> Outcome:
    """Return what became of one message. The reason never holds the address."""
    out = outbound(runtime)
    try:
        if not subscription.endpoint.startswith("https://") and not out.is_private_by_choice(subscription.endpoint):
            return Refused("not https")
        answer = out.request(
            "POST", subscription.endpoint, deadline=Deadline.after(SECONDS), max_bytes=MOST_BYTES,
            headers=_headers(keys, subscription.endpoint, message), content=sealed_for(subscription, message),
        )  # fmt: skip
    except Forbidden:
        return Refused("forbidden address")
    except OutboundError as error:
        return Later(type(error).__name__)
    return _meaning(answer)


def _headers(keys: Keys, endpoint: str, message: Message) -> dict[str, str]:
    return {
        "Authorization": keys.authorization(endpoint),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(TTL),
        "Urgency": message.urgency,
        # One that is sent twice takes the place of the first, while the browser is away (RFC 8030 §5.4).
        "Topic": message.id.hex,
    }


def _meaning(answer: Answer) -> Outcome:
    if 200 <= answer.status < 300:
        return Taken()
    if answer.status in {404, 410}:
        return Gone()
    reason = f"HTTP {answer.status}"
    if answer.status in {408, 425, 429} or answer.status >= 500:
        return Later(reason, _wait(answer.headers.get("retry-after", "")))
    return Refused(reason)


def _wait(told: str) -> float | None:
    """Return how many seconds a push service asks to be left alone: it says a number, or a date (RFC 9110 §10.2.3)."""
    try:
        seconds = float(told) if told.isdecimal() else (_date(told) - utcnow()).total_seconds()
    except (TypeError, ValueError):
        return None
    return min(LONGEST, max(1.0, seconds))


def _date(told: str) -> datetime:
    at = parsedate_to_datetime(told)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
