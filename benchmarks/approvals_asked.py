"""Requests of approvals, as browsers put them: a whole run, and the client's list in what was before it."""

import http.client
import itertools
import uuid
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import psycopg

from benchmarks.approvals_desk import Desk
from benchmarks.frame import Web, get
from unisson.vault import token_hash

Admin = psycopg.Connection[tuple[object, ...]]

_LATER = """
update app.waits set deadline_at = deadline_at + interval '1 minute' where agency_id = %(a)s and id = (
  select w.id from app.waits w join app.contents c on c.agency_id = w.agency_id and c.id = w.content_id
  where w.agency_id = %(a)s and w.membership_id = %(who)s order by c.scheduled_at, c.id limit 1)
"""


def whole_run(server: Web, desk: Desk, contents: Iterator[uuid.UUID], admin: Admin) -> Callable[[], object]:
    """Return one whole run as browsers send it: the submission, then a yes of each stage on the bytes shown."""

    def ask() -> None:
        content_id = next(contents)
        _post(server, desk, "cm", f"/contents/{content_id}/submission", {})
        for who in ("rp", "manager", "client"):
            row = admin.execute(
                "select r.digest, s.id from app.approval_runs r join app.run_stages s on s.run_id = r.id"
                " where r.content_id = %s and s.opened_at is not null and s.done_at is null",
                [content_id],
            ).fetchone()
            assert row is not None, "the submission was refused"
            _post(server, desk, who, f"/contents/{content_id}/approval", {"digest": str(row[0]), "stage": str(row[1])})

    return ask


def bare_run(server: Web, contents: Iterator[uuid.UUID]) -> Callable[[], object]:
    def ask() -> None:
        content_id = next(contents)
        for path in ("/submit?", *(f"/approve?stage={number}&" for number in (1, 2, 3))):
            status, _body, _headers = server.get(f"{path}content={content_id}")
            assert status == 303, status

    return ask


def listed(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return a request for the list as a browser puts it again: with the cookies that it was given."""
    return get(server, f"/sonde/approve/{desk.token}", {"Cookie": desk.cookies["guest"]})


def listed_anew(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return a request for the list by an address that nobody asked for before."""
    numbers = itertools.count()

    def ask() -> bytes:
        return get(server, f"/sonde/approve/{desk.token}?n={next(numbers)}", {"Cookie": desk.cookies["guest"]})()

    return ask


def after_a_change(ask: Callable[[], object], desk: Desk, admin: Admin) -> Callable[[], object]:
    """Return a request for the list after another deadline was set for one content of its first page."""

    def change() -> object:
        admin.execute(_LATER, {"a": desk.agency_id, "who": desk.people["client"].membership_id})
        return ask()

    return change


def listed_first(server: Web, desk: Desk, admin: Admin) -> Callable[[], bytes]:
    """Return a request of a client who was never seen by this process, nor their cookies, on whom the same waits.

    Their link was opened before: by another process, or before a restart.
    """

    def ask() -> bytes:
        path, cookie = desk.others.pop()
        held = token_hash(path.rpartition("/")[2])
        admin.execute("update app.approval_links set first_seen_at = now() where token_hash = %s", [held])
        return get(server, path, {"Cookie": cookie})()

    return ask


def listed_by_new_link(server: Web, desk: Desk) -> Callable[[], bytes]:
    """Return the same by a link that nobody opened yet, which the request writes down."""

    def ask() -> bytes:
        path, cookie = desk.others.pop()
        return get(server, path, {"Cookie": cookie})()

    return ask


def _post(server: Web, desk: Desk, who: str, path: str, form: dict[str, str]) -> None:
    body = urlencode({"csrf_token": desk.csrf, "operation_id": str(uuid.uuid4()), **form})
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Host": "localhost", "Cookie": desk.cookies[who], "Content-Type": "application/x-www-form-urlencoded",
        "Referer": "http://localhost/",
    }  # fmt: skip
    connection.request("POST", f"/sonde{path}", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    connection.close()
    assert answer.status == 303, (answer.status, path, said[:500])
