"""A page that the browser holds and nothing changed: answered before the application is woken.

Such a page is made of what its request said, of the questions that were asked for it, and of what the clock says; the
view says so by `may_be_repeated`. When the same is asked again, the same questions are put to the database in one
exchange: if it writes the very answers it wrote then, the browser is told that it holds the page. Who is signed in,
what they may and of which brands is one of those questions, so that what was revoked ends with the next request.
Anything else – another cookie, an answer that differs, a database that is away – wakes the application.
"""

import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from flask import request
from sqlalchemy.exc import SQLAlchemyError

from tenants.session import Database, TenantSession
from tenants.wire import Reminder
from unisson.web.arrivals import arrival
from unisson.web.hosts import own_domain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "unisson.repeat"
_CAPACITY = 512
_BY = ("wsgi.url_scheme", "HTTP_HOST", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "HTTP_COOKIE",
       "HTTP_ACCEPT_LANGUAGE", "HTTP_HX_REQUEST")  # fmt: skip
"""All of a request that such a page may depend on: its address, and what its `Vary` names."""

_OF_A_BODY = frozenset({"content-length", "content-type"})

Headers = list[tuple[str, str]]


class _Page(NamedTuple):
    """What a page that may be repeated was made of."""

    agency_id: uuid.UUID
    reminders: tuple[Reminder, ...]
    still_holds: Callable[[], bool]
    tag: str
    headers: Headers


def may_be_repeated(session: TenantSession, still_holds: Callable[[], bool]) -> None:
    """Say that the answer under way is made of this request and of what `session` was asked, while `still_holds`.

    A page at an agency's own name, and one that notes that somebody is still there, is not kept.
    """
    arrived = arrival()
    if arrived is not None and not arrived.is_stale and own_domain() is None:
        reminders = tuple(answered.again() for answered in session.asked)
        request.environ[_KEY] = _Page(session.agency_id, reminders, still_holds, "", [])


class Repeats:
    """The WSGI application that stands before Flask's."""

    def __init__(self, application: "WSGIApplication", database: Database) -> None:
        self._application = application
        self._database = database
        self._kept: OrderedDict[tuple[str, ...], _Page] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer 304 at once where it is sure, else as the application does."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_COOKIE" not in environ:
            return self._application(environ, start_response)
        key = tuple([environ.get(name, "") for name in _BY])
        held = environ.get("HTTP_IF_NONE_MATCH")
        page = self._kept.get(key) if held else None
        if page is not None and page.tag == held and self._is_unchanged(page):
            start_response("304 NOT MODIFIED", page.headers.copy())
            return ()
        return self._application(environ, self._watching(environ, key, start_response))

    def _is_unchanged(self, page: _Page) -> bool:
        if not page.still_holds():
            return False
        try:
            return self._database.says_the_same(page.agency_id, page.reminders)
        except (psycopg.Error, SQLAlchemyError, OSError):
            return False  # the application meets the same fault, and says what happened

    def _watching(
        self, environ: "WSGIEnvironment", key: tuple[str, ...], start_response: "StartResponse"
    ) -> "StartResponse":
        def start(status: str, headers: Headers, *fault: Any) -> Callable[[bytes], object]:
            page = environ.get(_KEY)
            if page is not None and status[:3] in {"200", "304"}:
                self._keep(key, page, headers)
            return start_response(status, headers, *fault)

        return start

    def _keep(self, key: tuple[str, ...], page: _Page, headers: Headers) -> None:
        names = {name.lower(): value for name, value in headers}
        if "set-cookie" in names or "etag" not in names:
            return
        lasting = [(name, value) for name, value in headers if name.lower() not in _OF_A_BODY]
        with self._lock:
            self._kept[key] = page._replace(tag=names["etag"], headers=lasting)
            self._kept.move_to_end(key)
            while len(self._kept) > _CAPACITY:
                self._kept.popitem(last=False)
