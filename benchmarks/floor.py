"""The floor: a bare WSGI function, a pool and f-strings that answer the same rows in the same number of bytes."""

import os
from collections.abc import Callable, Iterable
from html import escape
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg_pool import ConnectionPool

PARIS = ZoneInfo("Europe/Paris")
Start = Callable[[str, list[tuple[str, str]]], object]

_ROWS = """
select id::text, scheduled_at, state, title, channel_kinds, live_url, version from app.contents
where brand_id = any(%s) and scheduled_at >= %s::timestamptz and scheduled_at < %s::timestamptz order by scheduled_at
"""

_FOUND = """
select c.id::text, c.title, c.state, left(c.body, 180) from app.search_words a
join app.search_words b on b.agency_id = a.agency_id and b.kind = 'content' and b.item_id = a.item_id and b.word = %s
join app.contents c on c.agency_id = a.agency_id and c.id = a.item_id
where a.kind = 'content' and a.word >= %s and a.word < %s order by c.scheduled_at desc limit 20
"""

_SIGN_IN = """
select i.id, i.name, i.email, i.language, s.id from app.sign_ins s join app.identities i on i.id = s.identity_id
where s.token_hash = %s and i.disabled_at is null and s.revoked_at is null and s.expires_at > clock_timestamp()
"""
_MEMBER = """
select m.id, m.name, m.agency_role, a.brand_id, a.role from app.memberships m
left join app.brand_assignments a on a.agency_id = m.agency_id and a.membership_id = m.id
where m.identity_id = %s and m.removed_at is null and m.joined_at is not null
"""
_BRANDS = "select id, slug, name, accent, timezone from app.brands where archived_at is null order by name"


def let_in(connection: Connection[tuple[object, ...]]) -> None:
    """Read who it is, what they are in the agency, and its brands, as plainly as it can be done."""
    held = bytes.fromhex(os.environ["BENCH_HELD"])
    person = connection.execute(_SIGN_IN, [held]).fetchone()
    assert person is not None
    assert connection.execute(_MEMBER, [person[0]]).fetchall()
    assert connection.execute(_BRANDS).fetchall()


def create() -> Callable[[dict[str, str], Start], Iterable[bytes]]:
    """Return the WSGI application. Its month is `?since=…&until=…`; `BENCH_BYTES` is how long each answer must be.

    `/` signs nobody in; `/search?q=` finds two words, the last by its beginning; `/signed` reads beforehand what a
    signed-in request must know, in the same transaction.
    """
    agency, brand, length = os.environ["BENCH_AGENCY"], os.environ["BENCH_BRAND"], int(os.environ["BENCH_BYTES"])
    clocks = [f"{minute // 60}\u00a0h\u00a0{minute % 60:02}" for minute in range(24 * 60)]
    pool = ConnectionPool(os.environ["BENCH_DATABASE"], min_size=1, max_size=6, open=True)
    shell = b" " * length

    def found(connection: Connection[tuple[object, ...]], start: Start, words: list[str]) -> Iterable[bytes]:
        rows = connection.execute(_FOUND, [words[0], words[1], words[1] + "\U0010ffff"]).fetchall()
        body = "".join(
            f'<li><a href="contents/{row[0]}">{escape(str(row[1]))}</a> {row[2]}<p>{escape(str(row[3]))}</p></li>'
            for row in rows
        ).encode()
        body += shell[: length - len(body)]
        start("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))])
        return [body]

    def application(environment: dict[str, str], start: Start) -> Iterable[bytes]:
        asked = parse_qs(environment["QUERY_STRING"])
        with pool.connection() as connection, connection.transaction():
            connection.execute("select set_config('app.agency_id', %s, true)", [agency])
            if environment["PATH_INFO"] == "/signed":
                let_in(connection)
            if environment["PATH_INFO"] == "/search":
                return found(connection, start, asked["q"][0].split())
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
