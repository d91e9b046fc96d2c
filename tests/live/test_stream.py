"""The process of the streams as a deployment starts it, and the page's way to it."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest
from support.desk import Desk
from support.ports import free_port

from unisson.announcing import Change, ValkeyAnnouncer
from unisson.live.tickets import PATH, Tickets
from unisson.runtime import Runtime


@pytest.fixture(scope="module")
def address(runtime: Runtime) -> Iterator[str]:
    port = free_port()
    found = runtime.settings
    environment = {
        **os.environ, "ENVIRONMENT": "test", "LIVE_PORT": str(port), "SECRET_KEY": found.secret_key,
        "DATABASE_URL": found.database_url, "VALKEY_URL": found.valkey_url, "DATA_DIR": str(found.data_dir),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "unisson.cli", "live"], env=environment)
    try:
        _await(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _await(address: str) -> None:
    for _ in range(1_200):
        try:
            if httpx2.get(f"{address}/health").status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.1)
    raise AssertionError("the process of the streams did not come up")


def _await_listeners(address: str, wanted: int) -> None:
    """Wait until so many listen: those of the tests before are forgotten a moment after they left."""
    deadline = time.monotonic() + 60
    while (there := httpx2.get(f"{address}/health", timeout=60).json()["listeners"]) != wanted:
        assert time.monotonic() < deadline, there
        time.sleep(0.1)


@contextmanager
def _listening(address: str, ticket: str) -> Iterator[Iterator[tuple[str, str]]]:
    """Open a stream; yield its events as (name, data) once it says that it is open."""
    with httpx2.stream("GET", f"{address}{PATH}", params={"ticket": ticket}, timeout=60) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Set-Cookie" not in answer.headers
        events = _events(answer.iter_lines())
        assert next(events)[0] == "open"
        yield events


def _events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data:"):
            yield name, line[5:].strip()


def test_a_change_reaches_who_may_know_of_it(runtime: Runtime, address: str):
    agency_id, brand, content = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    ticket = Tickets(runtime.settings.secret_key).give(agency_id, uuid.uuid4(), [brand])
    announcer = ValkeyAnnouncer(runtime.valkey)
    with _listening(address, ticket) as events:
        announcer.announce(uuid.uuid4(), Change(everywhere=True))
        announcer.announce(agency_id, Change(brands={uuid.uuid4()}, contents={uuid.uuid4()}))
        announcer.announce(agency_id, Change(brands={brand}, contents={content}))
        name, data = next(events)
        assert (name, json.loads(data)) == ("changed", {"brands": [str(brand)], "contents": [str(content)]})


def test_a_change_of_roles_ends_the_stream(runtime: Runtime, address: str):
    agency_id, member, brand = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    ticket = Tickets(runtime.settings.secret_key).give(agency_id, member, [brand])
    with _listening(address, ticket) as events:
        ValkeyAnnouncer(runtime.valkey).announce(agency_id, Change(members={member}))
        assert next(events)[0] == "over"
        assert list(events) == []


def test_what_cannot_be_read_on_the_channel_disturbs_nobody(runtime: Runtime, address: str):
    agency_id, brand = uuid.uuid4(), uuid.uuid4()
    ticket = Tickets(runtime.settings.secret_key).give(agency_id, uuid.uuid4(), [brand])
    with _listening(address, ticket) as events:
        for channel, said in (
            ("unisson:live:nobody", "{}"),
            (f"unisson:live:{agency_id}", "not json"),
            (f"unisson:live:{agency_id}", "[]"),
        ):
            runtime.valkey.publish(channel, said)
        ValkeyAnnouncer(runtime.valkey).announce(agency_id, Change(brands={brand}))
        assert next(events)[0] == "changed"


@pytest.mark.parametrize("ticket", ["", "wrong", "a.b.c"])
def test_without_a_ticket_nobody_listens(address: str, ticket: str):
    answer = httpx2.get(f"{address}{PATH}", params={"ticket": ticket})
    assert answer.status_code == 403
    assert answer.content == b""


def test_a_stream_that_is_left_is_forgotten(runtime: Runtime, address: str):
    ticket = Tickets(runtime.settings.secret_key).give(uuid.uuid4(), uuid.uuid4(), [uuid.uuid4()])
    _await_listeners(address, 0)
    with _listening(address, ticket):
        _await_listeners(address, 1)
    _await_listeners(address, 0)


def test_where_no_process_tells_of_changes_the_page_asks_for_none(desk: Desk):
    answer = desk.get("cm", "/live")
    assert (answer.status_code, answer.data) == (204, b"")


def test_every_answer_says_how_it_may_be_used(address: str) -> None:
    for path in ("/health", PATH, "/nowhere"):
        told = httpx2.get(f"{address}{path}").headers
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Referrer-Policy"] == "no-referrer"
        assert told["Cache-Control"] == "no-store"
        assert told["Content-Security-Policy"] == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"
