"""The least that keeps what is typed: who it is, their role, the row under its lock, one update, one answer."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from psycopg_pool import ConnectionPool

from benchmarks.floor import Start, let_in

_LOCK = "select version, state from app.contents where id = %s for update"
_CHANNELS = "select v.channel_id, v.body from app.variants v where v.content_id = %s"
_WRITE = "update app.contents set title = %s, body = %s, version = version + 1 where id = %s returning version"


def create() -> Callable[[dict[str, Any], Start], Iterable[bytes]]:
    """Return the WSGI application, which takes a form by POST."""
    agency, content_id = os.environ["BENCH_AGENCY"], os.environ["BENCH_CONTENT"]
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=6, open=True)

    def application(environment: dict[str, Any], start: Start) -> Iterable[bytes]:
        typed = parse_qs(environment["wsgi.input"].read(int(environment["CONTENT_LENGTH"])).decode())
        with pool.connection() as connection, connection.transaction():
            connection.execute("select set_config('app.agency_id', %s, true)", [agency])
            let_in(connection)
            assert connection.execute(_LOCK, [content_id]).fetchone()
            connection.execute(_CHANNELS, [content_id]).fetchall()
            row = connection.execute(_WRITE, [typed["title"][0], typed["body"][0], content_id]).fetchone()
            assert row is not None
        body = json.dumps({"version": row[0]}).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return application
