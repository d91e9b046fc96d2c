"""How often somebody may try: by where they come from, and by whose account they try.

Counted on Valkey (a sliding window counter), so that every web process sees the same figures. When Valkey is away
each process counts for itself: the door gets a little wider, and never stands open.
"""

import hashlib
import hmac
import ipaddress
import math
import time
import uuid
from dataclasses import dataclass

import structlog
from flask import Flask, current_app, request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response

from tenants.context import acting_for, agency_key
from unisson.web.db import runtime
from unisson.web.errors import error_page
from unisson.web.i18n import _n
from unisson.web.noted import note_refusal

log = structlog.get_logger(__name__)

_LOCAL_SECONDS = 5.0
"""How long a process counts for itself after Valkey failed, so that no form waits on it at every try."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many tries of one purpose are let through from one address block, and for one account."""

    purpose: str
    by_address: RateLimitItem
    by_account: RateLimitItem | None = None


SIGN_IN = Allowance("sign-in", RateLimitItemPerMinute(100, 10), RateLimitItemPerMinute(10, 15))
SIGN_UP = Allowance("sign-up", RateLimitItemPerHour(60), RateLimitItemPerHour(5))
RESET = Allowance("password-reset", RateLimitItemPerHour(30), RateLimitItemPerHour(5))
TOKEN = Allowance("token", RateLimitItemPerMinute(60, 10))
PASSWORD = Allowance("password", RateLimitItemPerMinute(60, 10), RateLimitItemPerMinute(10, 15))
SECOND_STEP = Allowance("second-step", RateLimitItemPerMinute(60, 10), RateLimitItemPerMinute(8, 15))
PASSKEY = Allowance("passkey", RateLimitItemPerMinute(120, 10))
SIGN_ON = Allowance("sign-on", RateLimitItemPerMinute(300, 10))
VERIFICATION = Allowance("verification", RateLimitItemPerHour(30), RateLimitItemPerHour(5))
INVITING = RateLimitItemPerHour(200)
"""Invitations that one agency may send."""


class Limiter:
    """Counts tries, on Valkey while it answers, else in this process."""

    def __init__(self, valkey: Redis) -> None:
        storage = RedisStorage("redis://", connection_pool=valkey.connection_pool, key_prefix="unisson:limits")
        self._shared = SlidingWindowCounterRateLimiter(storage)
        self._local = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._local_until = 0.0

    def hit(self, item: RateLimitItem, *key: str) -> int:
        """Count one try; return 0 when it is let through, else the seconds to wait."""
        if time.monotonic() >= self._local_until:
            try:
                return _spend(self._shared, item, key)
            except (RedisError, OSError) as error:
                self._local_until = time.monotonic() + _LOCAL_SECONDS
                log.warning("limits.local", why=type(error).__name__)
        return _spend(self._local, item, key)

    def clear(self, item: RateLimitItem, *key: str) -> None:
        """Forget the tries counted under `key`."""
        self._local.clear(item, *key)
        try:
            self._shared.clear(item, *key)
        except (RedisError, OSError) as error:
            log.warning("limits.local", why=type(error).__name__)


def _spend(limiter: SlidingWindowCounterRateLimiter, item: RateLimitItem, key: tuple[str, ...]) -> int:
    if limiter.hit(item, *key):
        return 0
    return max(1, math.ceil(limiter.get_window_stats(item, *key).reset_time - time.time()))


def address_block(address: str | None) -> str:
    """Return what counts as one place: an IPv4 address, or the /64 that one IPv6 subscriber holds (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return "nowhere"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def spend(allowance: Allowance, account: str | None = None) -> None:
    """Count one try of the request's sender, and for `account` (an address, kept as a hash only).

    Raises TooManyRequests (429) with the seconds to wait.
    """
    limiter = _limiter()
    wait = limiter.hit(allowance.by_address, allowance.purpose, "ip", address_block(request.remote_addr))
    if not wait and account and allowance.by_account:
        wait = limiter.hit(allowance.by_account, allowance.purpose, "account", mark(account))
    if wait:
        note_refusal("tries.spent", purpose=allowance.purpose)
        raise TooManyRequests(retry_after=wait)


def forgive(allowance: Allowance, account: str) -> None:
    """Forget the tries for `account`: its owner got in."""
    if allowance.by_account:
        _limiter().clear(allowance.by_account, allowance.purpose, "account", mark(account))


def spend_of_agency(purpose: str, item: RateLimitItem, agency_id: uuid.UUID) -> None:
    """Count one act of an agency. Raises TooManyRequests (429) with the seconds to wait."""
    with acting_for(agency_id):
        wait = _limiter().hit(item, agency_key(purpose))
    if wait:
        raise TooManyRequests(retry_after=wait)


def _limiter() -> Limiter:
    limiter = current_app.extensions["unisson.limiter"]
    assert isinstance(limiter, Limiter)  # noqa: S101 - set by init_app; for the type checker
    return limiter


def mark(account: str) -> str:
    """Return what stands for an account in keys and in the log: a digest that only this installation can make."""
    return hmac.new(runtime().settings.secret_key.encode(), account.lower().encode(), hashlib.sha256).hexdigest()[:32]


def _too_many(error: TooManyRequests) -> Response:
    seconds = error.retry_after if isinstance(error.retry_after, int) else 60
    minutes = math.ceil(seconds / 60)
    sentence = _n(
        "Too many tries came from here. Try again in %(num)s minute.",
        "Too many tries came from here. Try again in %(num)s minutes.",
        minutes,
    )
    page = error_page(429, sentence)
    page.headers["Retry-After"] = str(seconds)
    return page


def init_app(app: Flask) -> None:
    """Count for this application, and answer 429 in the reader's language."""
    runtime_held = app.extensions["unisson"]
    app.extensions["unisson.limiter"] = Limiter(runtime_held.valkey)
    app.register_error_handler(TooManyRequests, _too_many)
