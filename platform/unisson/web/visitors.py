"""What the cookies of a request say of a visitor, read without waking the application: for pages joined before it."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple
from urllib.parse import parse_qsl

from flask import Flask
from itsdangerous import BadData, URLSafeTimedSerializer

from tenants.base import utcnow
from unisson.web.cookies import CookieSessions

_KNOWN = 512
"""Cookies of sessions whose proof a process holds, of a few hundred bytes each."""


class Visitors:
    """Tells of a session's cookie which proof its forms are to carry, where it is of somebody who is not signed in.

    The proof is Flask-WTF's own token for the session; it is good as long as the session, and so kept by its cookie.
    """

    def __init__(self, app: Flask) -> None:
        sessions = app.session_interface
        assert isinstance(sessions, CookieSessions)  # noqa: S101 - every application of ours has them
        self._name = str(app.config["SESSION_COOKIE_NAME"])
        self._lasts = app.permanent_session_lifetime
        self._sessions = sessions.get_signing_serializer(app)
        self._forms = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token")
        self._kept: OrderedDict[str, Proof] = OrderedDict()
        self._lock = Lock()

    def proof_of(self, cookies: Mapping[str, str]) -> "Proof | None":
        """Return the proof for the forms of a visitor; None where the session is over, or says more than that."""
        cookie = cookies.get(self._name)
        if not cookie:
            return None
        known = self._kept.get(cookie)
        if known is None:
            known = self._read(cookie)
            with self._lock:
                self._kept[cookie] = known
                while len(self._kept) > _KNOWN:
                    self._kept.popitem(last=False)
        return known if known.until > utcnow() else None

    def _read(self, cookie: str) -> "Proof":
        try:
            assert self._sessions is not None  # noqa: S101 - there is a secret key
            said, at = self._sessions.loads(cookie, return_timestamp=True)
        except BadData:
            return _NO_PROOF
        if said.keys() != {"csrf_token"} or not isinstance(said["csrf_token"], str):
            return _NO_PROOF
        token = self._forms.dumps(said["csrf_token"])
        return Proof(token, at + self._lasts)


class Proof(NamedTuple):
    """What the forms of a session carry, and when the session is over."""

    token: str
    until: datetime


_NO_PROOF = Proof("", datetime.min.replace(tzinfo=UTC))


def cookies_in(header: str) -> dict[str, str]:
    """Return the cookies of a header, the first of each name, without those in quotes: none of ours is."""
    pairs = [pair.partition("=") for pair in header.split(";")]
    return {name.strip(): value for name, _is, value in reversed(pairs) if '"' not in value}


def asked_in(query: str) -> dict[str, str]:
    """Return what a query asks for, the first of each name."""
    return dict(reversed(parse_qsl(query, keep_blank_values=True))) if query else {}
