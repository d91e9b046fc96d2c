"""The security log: who came in, who was refused, who tried too often (OWASP ASVS 5.0 §16.3), a line an event.

A line says when, what, from which internet address, at which rule (never the path, which may be a key), and who, once
that is known. An address that somebody typed stands there as a keyed digest alone: it may be a password.
"""

import structlog
from flask import g, request


def note(event: str, **about: str) -> None:
    """Write one line of what was let through."""
    structlog.get_logger(__name__).info(event, **_where(), **about)


def note_refusal(event: str, **about: str) -> None:
    """Write one line of what was refused."""
    structlog.get_logger(__name__).warning(event, **_where(), **about)


def _where() -> dict[str, str]:
    where = {"ip": request.remote_addr or "", "method": request.method, "rule": str(request.url_rule or "")}
    # Flask-Login's own place for who it is: read as it stands, since a refusal may come before anybody was looked up.
    person = g.get("_login_user")
    if person is not None and person.is_authenticated:
        where["person"] = str(person.id)
    return where
