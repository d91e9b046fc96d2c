"""A page that was made before and nothing changed: answered before the application is woken.

Such a page is made of what its request said, of what some questions ask, and of what the clock says; the view says so
by `may_be_repeated`. When the same is asked again, these questions are put to the database in one exchange: if it
writes the very answers that stand for what was, the browser is told that it holds the page, or sent the bytes that it
was sent before. Who is signed in, what they may and of which brands is among these questions, so that what was revoked
ends with the next request.
Anything else – another cookie, an answer that differs, a database that is away – goes on: to what can make the page
anew (`renewed`) or join it (`joined`), or to the application. All are told the answers that the database gave, and ask
what they want besides.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from flask import request
from flask import session as flask_session
from sqlalchemy.exc import SQLAlchemyError

from tenants.marks import contents_alone
from tenants.session import Database, TenantSession
from tenants.wire import Answered, Reminder
from unisson.web.arrivals import MOMENT, arrival
from unisson.web.db import HEARD
from unisson.web.hosts import own_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MAKER = "unisson.maker"
"""Of a request's environment: what made the page that was kept for it, where the database now answers otherwise."""

_KEY = "unisson.repeat"
_CAPACITY = 512
_MOST_BYTES = 4 * 1024 * 1024
"""Of all bodies that a process keeps: some 250 months of 200 entries as browsers take them, which is compressed."""

BY_WHOM = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "HTTP_COOKIE", "HTTP_ACCEPT_LANGUAGE",
           "HTTP_HX_REQUEST")  # fmt: skip
"""Of a request: who asks where for a page, and whether for all of it."""

_BY = (*BY_WHOM, "QUERY_STRING", "HTTP_ACCEPT_ENCODING")
"""All of a request that such a page may depend on: its address, and what its `Vary` names."""

_OF_A_TAG = frozenset({"etag", "cache-control", "vary"})
"""What is said of a page that the browser holds (RFC 9110 §15.4.5); all else it knows from before."""

Headers = list[tuple[str, str]]


class _Page(NamedTuple):
    """What a page that may be repeated was made of.

    `body` is None where it was never sent from here, `tag` "" where no browser may hold it.
    """

    agency_id: uuid.UUID
    reminders: tuple[Reminder, ...]
    still_holds: Callable[[], bool]
    tag: str
    headers: Headers
    body: bytes | None = None
    held: Headers | None = None
    """The headers of an answer that the browser holds it."""
    arrived: Answered | None = None
    """Who came, as the database told it; the first reminder and the last, of marks, tell whether it still says so."""
    maker: object = None
    """Where Flask did not make it: what did, and what that had read of the request."""


def may_be_repeated(session: TenantSession, still_holds: Callable[[], bool], told: Sequence[Reminder]) -> None:
    """Say that the answer under way is made of this request and of what `told` asks, while `still_holds`.

    The last of `told` asks for marks (`tenants.marks.nothing_since`). Who is signed in is asked beside it. A page at an
    agency's own name, one that says something once, and one that notes that somebody is still there, are not kept.
    """
    arrived = arrival()
    if arrived and arrived.again and own_domain() is None and not flask_session.get("_flashes"):
        reminders = (arrived.again, *told)
        request.environ[_KEY] = _Page(session.agency_id, reminders, still_holds, "", [], arrived=arrived.told)


def repeatable(
    environ: "WSGIEnvironment",
    agency_id: uuid.UUID,
    reminders: tuple[Reminder, ...],
    still_holds: Callable[[], bool],
    *,
    maker: object = None,
    arrived: Answered | None = None,
) -> None:
    """Say of an answer that Flask did not make that it is made of its request and of these answers.

    When these differ, `maker` is there in the environment of the same request (`MAKER`). `arrived` is who came.
    """
    environ[_KEY] = _Page(agency_id, reminders, still_holds, "", [], arrived=arrived, maker=maker)


class Repeats:
    """The WSGI application that stands before Flask's."""

    def __init__(self, application: "WSGIApplication", database: Database) -> None:
        self._application = application
        self._database = database
        self._kept: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer at once where it is sure, else as the application does."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_COOKIE" not in environ:
            return self._application(environ, start_response)
        key = tuple([environ.get(name, "") for name in _BY])
        page = self._kept.get(key)
        if page is not None:
            is_held = bool(page.tag) and page.tag == environ.get("HTTP_IF_NONE_MATCH")
            if (is_held or page.body is not None) and self._is_unchanged(page, environ):
                return _answer(page, start_response, is_held=is_held)
        return self._watched(environ, key, start_response)

    def _is_unchanged(self, page: _Page, environ: "WSGIEnvironment") -> bool:
        if not page.still_holds():
            return False
        try:
            answers = self._database.ask_again(page.agency_id, page.reminders)
        except (psycopg.Error, SQLAlchemyError, OSError):
            return False  # the application meets the same fault, and says what happened
        if all(map(Reminder.is_answered_by, page.reminders, answers)):
            return True
        reminders = tuple(map(Reminder.answered, page.reminders, answers))
        environ[HEARD] = page.agency_id, reminders, answers
        environ[MAKER] = page.maker
        self._tell_who_came(page, answers, environ)
        return False

    def _tell_who_came(self, page: _Page, answers: Sequence[bytes | None], environ: "WSGIEnvironment") -> None:
        """Spare the application the question who comes, where the database said that it is as it was.

        It is as it was when nothing of their own changed and the marks tell of contents alone: these were asked last.
        """
        moment = contents_alone(answers[-1]) if page.arrived else None
        if page.arrived and moment and page.reminders[0].is_answered_by(answers[0]):
            environ[MOMENT] = moment
            environ[HEARD] = page.agency_id, (*page.reminders, page.arrived.again()), [*answers, page.arrived.answer]

    def _watched(
        self, environ: "WSGIEnvironment", key: tuple[str, ...], start_response: "StartResponse"
    ) -> Iterable[bytes]:
        told: list[Any] = ["", []]

        def start(status: str, headers: Headers, *fault: Any) -> Callable[[bytes], object]:
            told[:] = status, headers
            return start_response(status, headers, *fault)

        body = self._application(environ, start)
        page, (status, headers) = environ.get(_KEY), told
        if page is None:
            return body
        names = {name.lower(): value for name, value in headers}
        if "set-cookie" in names:
            return body
        page = page._replace(held=[each for each in headers if each[0].lower() in _OF_A_TAG])
        if status.startswith("304"):
            self._keep(key, page._replace(tag=names["etag"], headers=headers))
            return body
        if not status.startswith("200"):
            return body
        try:
            content = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        self._keep(key, page._replace(tag=names.get("etag", ""), headers=headers, body=content))
        return (content,)

    def _keep(self, key: tuple[str, ...], page: _Page) -> None:
        with self._lock:
            known = self._kept.get(key)
            if page.body is None and known is not None and known.tag == page.tag:
                page = page._replace(body=known.body, headers=known.headers)
            self._forget(key)
            self._kept[key] = page
            self._size += len(page.body or b"")
            while len(self._kept) > _CAPACITY or self._size > _MOST_BYTES:
                self._forget(next(iter(self._kept)))

    def _forget(self, key: tuple[str, ...]) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._size -= len(gone.body or b"")


def _answer(page: _Page, start_response: "StartResponse", *, is_held: bool) -> Iterable[bytes]:
    if is_held:
        start_response("304 NOT MODIFIED", list(page.held or ()))
        return ()
    start_response("200 OK", page.headers.copy())
    return (page.body or b"",)
