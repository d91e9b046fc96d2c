"""The least that lets somebody in: the row of an address, one check of its hash, one row written."""

import os
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from psycopg_pool import ConnectionPool

from benchmarks.floor import Start
from unisson.identity.passwords import COST

_FIND = "select id, password_hash from app.identities where email = %s and disabled_at is null"
_WRITE = """
insert into app.sign_ins (id, identity_id, token_hash, ip, user_agent, expires_at)
values (gen_random_uuid(), %s, %s, '127.0.0.1', 'bench', clock_timestamp() + interval '1 day')
"""


def create() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """Return the WSGI application: each request signs the same person in."""
    hasher = PasswordHasher(time_cost=COST.passes, memory_cost=COST.kibibytes, parallelism=1)
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=6, open=True)

    def application(_environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        with pool.connection() as connection, connection.transaction():
            row = connection.execute(_FIND, [os.environ["BENCH_EMAIL"]]).fetchone()
            assert row is not None
            hasher.verify(str(row[1]), os.environ["BENCH_PASSWORD"])
            token = secrets.token_urlsafe(32)
            connection.execute(_WRITE, [row[0], sha256(token.encode()).digest()])
        start("303 See Other", [("Location", "/"), ("Set-Cookie", f"s={token}"), ("Content-Length", "0")])
        return [b""]

    return application
