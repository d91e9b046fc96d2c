"""The session's cookie, read and signed as Flask does, with one serializer a process instead of one a request."""

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class CookieSessions(SecureCookieSessionInterface):
    """Flask's own cookie sessions. The key is read once: it does not change while a process lives."""

    def __init__(self) -> None:
        self._made: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs; None without a secret key."""
        if self._made is None:
            self._made = super().get_signing_serializer(app)
        return self._made
