"""Challenges that a passkey signs: random, kept here, good for five minutes and once (W3C Web Authentication §13.4.3).

They are kept on Valkey. Which one a browser was asked stands in its signed cookie, so that an answer is taken from no
other browser, and for no other purpose. While Valkey is away, passkeys wait; passwords and codes do not.
"""

import secrets
from typing import Literal

import structlog
from flask import session
from redis.exceptions import RedisError

from tenants.errors import RefusedError
from unisson.web.db import runtime
from unisson.web.i18n import lazy

log = structlog.get_logger(__name__)

Purpose = Literal["sign_in", "second_step", "confirmation", "registration"]

SECONDS = 300
_BYTES = 32

OVER = lazy("This took too long, or was begun in another window. Nothing was changed. Try again.")
AWAY = lazy("Passkeys can't be used at this moment. Use your password, or try again in a minute.")


def issue(purpose: Purpose) -> bytes:
    """Return a new challenge for this browser; the one before it, for the same purpose, is worth nothing.

    Raises RefusedError while Valkey is away.
    """
    handle, challenge = secrets.token_urlsafe(16), secrets.token_bytes(_BYTES)
    try:
        runtime().valkey.set(_key(handle), challenge.hex(), ex=SECONDS)
    except (RedisError, OSError) as error:
        log.warning("passkeys.away", why=type(error).__name__)
        raise RefusedError(AWAY) from None
    session[_place(purpose)] = handle
    return challenge


def redeem(purpose: Purpose) -> bytes:
    """Return the challenge that this browser was asked, once. Raises RefusedError."""
    handle = session.pop(_place(purpose), None)
    if not isinstance(handle, str):
        raise RefusedError(OVER)
    try:
        kept = runtime().valkey.getdel(_key(handle))
    except (RedisError, OSError) as error:
        log.warning("passkeys.away", why=type(error).__name__)
        raise RefusedError(AWAY) from None
    if not isinstance(kept, bytes):
        raise RefusedError(OVER)
    return bytes.fromhex(kept.decode())


def _key(handle: str) -> str:
    return f"unisson:passkeys:{handle}"


def _place(purpose: Purpose) -> str:
    return f"challenge:{purpose}"
