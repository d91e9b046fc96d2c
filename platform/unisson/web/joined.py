"""A page that is put together from pieces before the application is woken.

Such a page is a frame, which the application made before for the same agency, with what the database says now in its
slots. One question, put in this request, tells who comes, what they may, and all that the page shows; each part of the
answer is written once, and kept under that very part. What is fresh in each page – the proof of its forms, the address
that it was asked for by – is put in as it is joined.

A feature says which requests it joins a page for, and how (`Joinable`). Whatever it is not sure of wakes the
application, which answers as it would without this, and leaves a frame for the next time. Where the same request was
answered before and nothing changed, `repeats` sends the same bytes without even joining them.
"""

import re
import secrets
import uuid
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import psycopg
from flask import Flask, get_flashed_messages, request
from sqlalchemy.exc import SQLAlchemyError

from tenants.base import utcnow
from tenants.context import acting_for
from tenants.session import Database
from tenants.wire import Command, Question, Reminder, Value
from unisson.web.db import HEARD
from unisson.web.fragments import Fragments
from unisson.web.hosts import own_domain
from unisson.web.repeats import MAKER, Headers, repeatable
from unisson.web.visitors import Visitors, asked_in, cookies_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_LEFT = "unisson.frame"
_EXTENSION = "unisson.joined"
_FRAMES = 256
"""Frames that a process keeps, of a few kilobytes each."""

_PLAIN = re.compile(r"[\w.~=&-]*", re.ASCII)
_FENCE = secrets.token_hex(12)
"""Of this process: nobody who types something knows what a slot looks like."""
_SLOT = re.compile(rf"{_FENCE}\.([a-z_]+)\.".encode())
_OF_ONE = frozenset({"content-length", "content-encoding", "set-cookie"})
"""Headers of one answer, which are not its frame's."""


def slot(name: str) -> str:
    """Return what stands in a page where `name` goes; it needs no escaping."""
    return f"{_FENCE}.{name}."


class Visit(NamedTuple):
    """What a joined page may depend on of its request. `proof` is what the forms of its session carry, `until` then."""

    origin: tuple[str, str]
    """Scheme and host."""
    path: str
    asked: Mapping[str, str]
    cookies: Mapping[str, str]
    proof: str
    until: datetime


class Wanted(NamedTuple):
    """What is asked for a page: one question in one agency."""

    agency_id: uuid.UUID
    question: Question
    values: Mapping[str, Value]


class Filled(NamedTuple):
    """What goes into a frame. `frame` is what that was made of; the page is as it is `until` then.

    `note` is what the database is told before the page is sent: that somebody was there.
    """

    frame: Hashable
    slots: Mapping[str, bytes]
    until: datetime
    note: tuple[Command, Mapping[str, Value]] | None = None


class Joinable(Protocol):
    """A page of a feature that can be joined."""

    path: re.Pattern[str]

    def wanted(self, visit: Visit, found: re.Match[str]) -> Wanted | None:
        """Return what is asked for the page; None where the application is to see the request.

        Raises SQLAlchemyError.
        """

    def filled(self, visit: Visit, found: re.Match[str], answer: bytes) -> Filled | None:
        """Return what goes where, by what the database answered; None as above. The agency is acted for."""


class _Ask(NamedTuple):
    """A page that a request asks for, and the question that it puts for it: the same request asks for the same."""

    page: Joinable
    found: re.Match[str]
    visit: Visit
    agency_id: uuid.UUID
    reminder: Reminder


_Heard = tuple[uuid.UUID | None, Sequence[Reminder], Sequence[bytes | None]]


class Frame(NamedTuple):
    """A page without what changes in it: what stands before, between and after its slots, and their names."""

    parts: tuple[bytes, ...]
    slots: tuple[str, ...]
    headers: Headers

    @classmethod
    def cut(cls, page: bytes, headers: Headers) -> "Frame":
        """Return the frame that a page with slots is."""
        found = _SLOT.split(page)
        kept = [(name, value) for name, value in headers if name.lower() not in _OF_ONE]
        return cls(tuple(found[::2]), tuple(name.decode() for name in found[1::2]), kept)

    def filled(self, slots: Mapping[str, bytes]) -> bytes:
        """Return the page with what goes into its slots."""
        out = [self.parts[0]]
        for name, part in zip(self.slots, self.parts[1:], strict=True):
            out += (slots[name], part)
        return b"".join(out)


def leave_frame(agency_id: uuid.UUID, frame: Hashable, page: bytes) -> None:
    """Keep a page with slots for those to come, with the headers that the answer under way turns out to have."""
    request.environ[_LEFT] = (agency_id, (_origin(request.environ), frame), page)


def may_be_joined() -> bool:
    """Return whether the page under way is like those that are joined: at the product's name, nothing to say once."""
    # Asked of Flask, not of the session: a page that was made meanwhile has taken them out of it.
    return own_domain() is None and not get_flashed_messages()


def join(app: Flask, page: Joinable) -> None:
    """Have a page joined from now on."""
    app.extensions.setdefault(_EXTENSION, []).append(page)


class Joined:
    """The WSGI application that joins pages, and has Flask's answer what it can't."""

    def __init__(self, application: "WSGIApplication", app: Flask, database: Database) -> None:
        self._application = application
        self._database = database
        self._pages: list[Joinable] = app.extensions.get(_EXTENSION, [])
        self._visitors = Visitors(app)
        self._frames = Fragments[Frame]("frame", _FRAMES)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer with a joined page where it is sure, else as the application does."""
        ask = environ.get(MAKER) or self._read(environ)
        joined = self._joined(ask, environ) if isinstance(ask, _Ask) else None
        return self._watched(environ, start_response) if joined is None else _answer(joined, start_response)

    def _read(self, environ: "WSGIEnvironment") -> "_Ask | None":
        """Return what a request asks for; None for what is not joined."""
        if environ["REQUEST_METHOD"] != "GET":
            return None
        for page in self._pages:
            found = page.path.fullmatch(environ["PATH_INFO"])
            visit = self._visit(environ) if found else None
            if found and visit:
                return self._wanted(page, visit, found)
        return None

    def _wanted(self, page: Joinable, visit: Visit, found: re.Match[str]) -> "_Ask | None":
        try:
            wanted = page.wanted(visit, found)
        except (SQLAlchemyError, OSError):
            return None  # the application meets the same fault, and says what happened
        if wanted is None:
            return None
        said = wanted.question.written(wanted.values)
        return _Ask(page, found, visit, wanted.agency_id, Reminder(wanted.question, said, b""))

    def _joined(self, ask: "_Ask", environ: "WSGIEnvironment") -> tuple[bytes, Headers] | None:
        told = self._told(ask, environ)
        if told is None:
            return None
        reminder, answer = told
        with acting_for(ask.agency_id):
            filled = ask.page.filled(ask.visit, ask.found, answer)
            frame = filled and self._frames.get((ask.visit.origin, filled.frame))
        if not filled or not frame or not _is_before(filled.until) or not self._noted(ask.agency_id, filled):
            return None
        still_holds = partial(_is_before, min(filled.until, ask.visit.until))
        repeatable(environ, ask.agency_id, (reminder,), still_holds, maker=ask)
        return frame.filled(filled.slots), frame.headers

    def _visit(self, environ: "WSGIEnvironment") -> Visit | None:
        query = environ.get("QUERY_STRING", "")
        if environ.get("SCRIPT_NAME") or "HTTP_HX_REQUEST" in environ or not _PLAIN.fullmatch(query):
            return None
        cookies = cookies_in(environ.get("HTTP_COOKIE", ""))
        proof = self._visitors.proof_of(cookies)
        if proof is None:
            return None
        return Visit(_origin(environ), environ["PATH_INFO"], asked_in(query), cookies, *proof)

    def _told(self, ask: "_Ask", environ: "WSGIEnvironment") -> tuple[Reminder, bytes] | None:
        """Return what the database answers; what it was asked just now is not asked again."""
        heard_in, reminders, answers = cast("_Heard", environ.get(HEARD, (None, (), ())))
        if heard_in == ask.agency_id:
            for each, answer in zip(reminders, answers, strict=True):
                if each[:2] == ask.reminder[:2]:
                    return None if answer is None else (each, answer)
        try:
            answer = self._database.ask_again(ask.agency_id, (ask.reminder,))[0]
        except (psycopg.Error, SQLAlchemyError, OSError):
            return None  # the application meets the same fault, and says what happened
        return None if answer is None else (ask.reminder.answered(answer), answer)

    def _noted(self, agency_id: uuid.UUID, filled: Filled) -> bool:
        if filled.note:
            try:
                with self._database.agency(agency_id) as session:
                    session.carry_out(*filled.note)
            except (SQLAlchemyError, OSError):
                return False
        return True

    def _watched(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        def start(status: str, headers: Headers, *fault: Any) -> Any:
            left = environ.pop(_LEFT, None)
            if left is not None and status.startswith("200"):
                agency_id, frame, page = left
                with acting_for(agency_id):
                    self._frames.keep(frame, Frame.cut(page, headers))
            return start_response(status, headers, *fault)

        return self._application(environ, start)


def _answer(joined: tuple[bytes, Headers], start_response: "StartResponse") -> Iterable[bytes]:
    body, headers = joined
    start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
    return (body,)


def _origin(environ: "WSGIEnvironment") -> tuple[str, str]:
    return environ["wsgi.url_scheme"], environ.get("HTTP_HOST", "")


def _is_before(until: datetime) -> bool:
    return utcnow() < until
