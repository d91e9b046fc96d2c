"""The floor: a bare WSGI function, a pool and f-strings that answer the same rows in the same number of bytes."""

import os
from collections.abc import Callable, Iterable
from html import escape
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from psycopg_pool import ConnectionPool

PARIS = ZoneInfo("Europe/Paris")
Start = Callable[[str, list[tuple[str, str]]], object]

_ROWS = """
select id::text, scheduled_at, state, title, channel_kinds, live_url, version from app.contents
where brand_id = any(%s) and scheduled_at >= %s::timestamptz and scheduled_at < %s::timestamptz order by scheduled_at
"""


def create() -> Callable[[dict[str, str], Start], Iterable[bytes]]:
    """Return the WSGI application. Its month is `?since=…&until=…`; `BENCH_BYTES` is how long each answer must be."""
    agency, brand, length = os.environ["BENCH_AGENCY"], os.environ["BENCH_BRAND"], int(os.environ["BENCH_BYTES"])
    clocks = [f"{minute // 60}\u00a0h\u00a0{minute % 60:02}" for minute in range(24 * 60)]
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=6, open=True)
    shell = b" " * length

    def application(environment: dict[str, str], start: Start) -> Iterable[bytes]:
        asked = parse_qs(environment["QUERY_STRING"])
        with pool.connection() as connection, connection.transaction():
            connection.execute("select set_config('app.agency_id', %s, true)", [agency])
            rows = connection.execute(_ROWS, [[brand], asked["since"][0], asked["until"][0]]).fetchall()
        entries = []
        for content_id, at, state, title, kinds, live, version in rows:
            local = at.astimezone(PARIS)
            out = f'<a href="{escape(live)}">Live</a>' if live else ""
            entries.append(
                f'<a class="entry" href="contents/{content_id}" data-version="{version}" data-state="{state}">'
                f"{local.day} {clocks[local.hour * 60 + local.minute]} {escape(title)} {kinds}</a>{out}"
            )
        body = "".join(entries).encode()
        body += shell[: length - len(body)]
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    return application
