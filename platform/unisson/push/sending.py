"""Telling one browser: a message encrypted for it alone, one request, and what its answer means."""

import json
import uuid
from dataclasses import asdict, dataclass
from functools import lru_cache

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from unisson.outbound import Answer, Deadline, Forbidden, NothingSent, Outbound
from unisson.outbound.telling import Outcome as Told
from unisson.outbound.telling import Refused, meaning, tell
from unisson.push.keys import Keys
from unisson.push.subscriptions import Subscription
from unisson.runtime import Runtime

SECONDS = 8.0
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
class Gone:
    """The browser takes nothing any more, by this address."""


Outcome = Gone | Told


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
    endpoint = subscription.endpoint
    try:
        is_clear = not endpoint.startswith("https://") and not out.is_private_by_choice(endpoint)
    except Forbidden:
        return Refused("forbidden address")
    if is_clear:
        return Refused("not https")
    sealed, headers = sealed_for(subscription, message), _headers(keys, endpoint, message)
    said = tell(out, endpoint, sealed, headers, seconds=SECONDS, max_bytes=MOST_BYTES)
    if not isinstance(said, Answer):
        return said
    return Gone() if said.status in {404, 410} else meaning(said)


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
