"""The session's cookie, read and signed as Flask does, with one serializer a process instead of one a request."""

from flask import Flask
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Request, Response
from itsdangerous import URLSafeTimedSerializer

WITHOUT_COOKIE = "/media/"
"""How the paths begin that open by what they say alone: no cookie is read there, and none is set."""


class _Forgotten(SecureCookieSession):
    """A session of one request."""


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own cookie sessions. The key is read once: it does not change while a process lives."""

    def __init__(self) -> None:
        self._made: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs; None without a secret key."""
        if self._made is None:
            self._made = super().get_signing_serializer(app)
        return self._made

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return the session of the request's cookie; where none is read, an empty one that is forgotten."""
        return _Forgotten() if request.path.startswith(WITHOUT_COOKIE) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the session into its cookie, unless it is to be forgotten."""
        if not isinstance(session, _Forgotten):
            super().save_session(app, session, response)
