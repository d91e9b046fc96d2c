"""The security log: who came in, who was refused, who tried too often (OWASP ASVS 5.0 §16.3), a line an event.

A line says when, what, from which internet address, at which rule (never the path, which may be a key), and who, once
that is known. An address that somebody typed stands there as a keyed digest alone: it may be a password.
"""

from typing import Any

import structlog
from flask import g, request

from tenants.session import TenantSession


def note(event: str, **about: str) -> None:
    """Write one line of what was let through."""
    structlog.get_logger(__name__).info(event, **_where(), **about)


def note_refusal(event: str, **about: str) -> None:
    """Write one line of what was refused."""
    structlog.get_logger(__name__).warning(event, **_where(), **about)


def note_not_found() -> None:
    """Write one line of somebody who asked, at a place that there is, for a thing that is not there or not theirs.

    To us both look alike. Typing mistakes and scanners, of which the network is full, are not noted: only what somebody
    signed in has asked for, or anybody of an agency that there is, such as by a forged key.
    """
    if request.url_rule is not None and (_person() is not None or _is_inside()):
        note_refusal("access.not_found")


def _is_inside() -> bool:
    return isinstance(g.get("session"), TenantSession)


def _person() -> Any:
    # Flask-Login's own place for who it is: read as it stands, since a refusal may come before anybody was looked up.
    person = g.get("_login_user")
    return person if person is not None and person.is_authenticated else None


def _where() -> dict[str, str]:
    where = {"ip": request.remote_addr or "", "method": request.method, "rule": str(request.url_rule or "")}
    person = _person()
    if person is not None:
        where["person"] = str(person.id)
    return where
