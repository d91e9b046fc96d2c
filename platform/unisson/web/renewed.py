"""A page made anew before the application is woken, for somebody whom it let in before.

When the application answers a member, a feature leaves here who they are and what they see (`may_be_renewed`), beside
the question by which the database tells that they would be let in alike. To the same browser's next request for a page
of that feature – another month, or the same one after something changed – the database is asked that again, with what
the page shows now. If it answers as before, and its marks tell of nothing but contents, the feature makes the page of
frames that the application made; else, and whenever the feature is not sure, the application answers.
"""

import re
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast
from urllib.parse import parse_qsl

import psycopg
from flask import Flask, request
from sqlalchemy.exc import SQLAlchemyError

from tenants.asking import Asked, Asker, Asks
from tenants.context import acting_for
from tenants.marks import Moment, nothing_since
from tenants.session import Database
from tenants.wire import Answered, Reminder
from unisson.web.arrivals import MOMENT, arrival
from unisson.web.db import HEARD
from unisson.web.hosts import own_domain
from unisson.web.repeats import BY_WHOM, Headers, repeatable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LEFT = "unisson.renewed"
_EXTENSION = "unisson.renewable"
_CAPACITY = 256
"""Browsers that a process knows, of some ten kilobytes each."""

_OF_ONE = frozenset({"content-length", "content-type", "content-encoding", "etag", "set-cookie"})
"""Headers of one answer."""
_PLAIN = re.compile(r"[\w.~=&%+-]*", re.ASCII)


class Visit(NamedTuple):
    """What a page that is made anew may depend on, besides who comes."""

    asked: Sequence[tuple[str, str]]


class Made(NamedTuple):
    """A page that was made anew: the digest of all that it shows, its bytes, and what it must be looked at for again.

    `still` asks for the marks of what it shows; `still_holds` says whether the clock has changed nothing.
    """

    tag: str
    body: Callable[[], bytes]
    still: Reminder
    still_holds: Callable[[], bool]


class Renewal(Protocol):
    """A page about to be made anew."""

    @property
    def foreseen(self) -> Sequence[Asked]:
        """Return what it is going to ask."""

    def made(self, asks: Asks, moment: Moment) -> Made:
        """Return the page. `moment` is from before anything that is read for it, within an hour."""


class Renewable(Protocol):
    """A page of a feature that can be made anew."""

    path: re.Pattern[str]

    def renewal(self, facts: Any, visit: Visit) -> Renewal | None:
        """Return how it is made for whom the application let in; None where it is to see the request.

        `facts` are what the feature left of them. The agency is acted for.
        """


class _Known(NamedTuple):
    """Somebody whom the application let in, as the database told it at a moment."""

    agency_id: uuid.UUID
    again: Reminder
    arrived: Answered
    told: Reminder
    moment: Moment
    nothing: Reminder
    """Asks whether all of the agency that belongs to no brand stands as it stood then."""
    facts: object
    headers: Headers


def may_be_renewed(agency_id: uuid.UUID, facts: object) -> None:
    """Leave what a feature needs to know of whom it answers just now. It is for pages that may be repeated.

    Of an agency's own name nothing is left: whether it still is one is for the application to see.
    """
    arrived = arrival()
    if own_domain() is None and arrived and arrived.again and arrived.told and arrived.around:
        known = _Known(
            agency_id, arrived.again, arrived.told, arrived.told.again(), arrived.around.moment,
            nothing_since(arrived.around.moment, ()), facts, [],
        )  # fmt: skip
        request.environ[_LEFT] = known


def renew(app: Flask, page: Renewable) -> None:
    """Have a page made anew from now on."""
    app.extensions.setdefault(_EXTENSION, []).append(page)


class Renewed:
    """The WSGI application that makes pages anew, and has Flask's answer what it can't."""

    def __init__(self, application: "WSGIApplication", app: Flask, database: Database) -> None:
        self._application = application
        self._database = database
        self._pages: list[Renewable] = app.extensions.get(_EXTENSION, [])
        self._known: OrderedDict[tuple[str, ...], _Known] = OrderedDict()
        self._lock = Lock()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer with a page made anew where it is sure, else as the application does."""
        if environ["REQUEST_METHOD"] != "GET" or "HTTP_COOKIE" not in environ:
            return self._application(environ, start_response)
        page = next((each for each in self._pages if each.path.fullmatch(environ["PATH_INFO"])), None)
        if page is None:
            return self._application(environ, start_response)
        key = tuple([environ.get(name, "") for name in BY_WHOM])
        known = self._known.get(key)
        made = self._made(page, known, environ) if known else None
        if known is None or made is None:
            return self._watched(key, environ, start_response)
        return _answer(made, known.headers, environ.get("HTTP_IF_NONE_MATCH"), start_response)

    def _made(self, page: Renewable, known: _Known, environ: "WSGIEnvironment") -> Made | None:
        query = environ.get("QUERY_STRING", "")
        if not _PLAIN.fullmatch(query):
            return None
        asker = Asker(self._database, known.agency_id)
        with acting_for(known.agency_id):
            renewal = page.renewal(known.facts, Visit(parse_qsl(query, keep_blank_values=True)))
            if renewal is None:
                return None
            try:
                made = renewal.made(asker, known.moment) if _is_let_in(known, environ, asker, renewal) else None
            except (psycopg.Error, SQLAlchemyError, OSError):
                return None  # the application meets the same fault, and says what happened
        if made:
            repeatable(environ, known.agency_id, (known.again, made.still), made.still_holds, arrived=known.arrived)
        return made

    def _watched(
        self, key: tuple[str, ...], environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        def start(status: str, headers: Headers, *fault: Any) -> Any:
            known = cast("_Known | None", environ.pop(_LEFT, None))
            if known and status.startswith("200") and not any(name.lower() == "set-cookie" for name, _v in headers):
                self._keep(key, known._replace(headers=[each for each in headers if each[0].lower() not in _OF_ONE]))
            return start_response(status, headers, *fault)

        return self._application(environ, start)

    def _keep(self, key: tuple[str, ...], known: _Known) -> None:
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > _CAPACITY:
                self._known.popitem(last=False)


def _is_let_in(known: _Known, environ: "WSGIEnvironment", asker: Asker, renewal: Renewal) -> bool:
    """Return whether somebody would be let in alike. What the page asks next goes out in the same exchange."""
    agency_id, reminders, answers = environ.get(HEARD, (None, (), ()))
    if agency_id == known.agency_id:
        asker.hear(reminders, answers)
        if MOMENT in environ and reminders[-1] == known.told:
            return True  # the database said so just now
    asked = (known.again, known.nothing)
    told = asker.put(asked, renewal.foreseen)
    return all(reminder.is_answered_by(answer) for reminder, answer in zip(asked, told, strict=True))


def _answer(made: Made, headers: Headers, held: str | None, start_response: "StartResponse") -> Iterable[bytes]:
    tag = f'W/"{made.tag}"'
    tagged = [*headers, ("ETag", tag)]
    if held == tag:
        start_response("304 NOT MODIFIED", tagged)
        return ()
    body = made.body()
    start_response(
        "200 OK", [*tagged, ("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]
    )
    return (body,)
