"""Trying, before anything starts, whether the servers that settings name answer: a sentence instead of a traceback."""

import psycopg
import redis

from unisson.config import SettingError

WITHIN = 5  # seconds


def refuse_silent_database(url: str) -> None:
    """Pass if the owner can sign in there. Raises SettingError, which holds no password."""
    try:
        psycopg.connect(url, connect_timeout=WITHIN).close()
    except psycopg.OperationalError as error:
        raise SettingError("DATABASE_URL", f"names a database that cannot be used: {_first_line(error)}") from None


def refuse_silent_valkey(url: str) -> None:
    """Pass if the server answers. Raises SettingError."""
    try:
        with redis.Redis.from_url(url, socket_timeout=WITHIN, socket_connect_timeout=WITHIN) as client:
            client.ping()
    except redis.RedisError as error:
        raise SettingError("VALKEY_URL", f"names a server that cannot be used: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    line = str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
    return f"{line}."
