"""Whether a page is still what the browser holds: one digest of everything that it is made of."""

from typing import Any

from flask import current_app, request, session
from flask_login import current_user
from flask_wtf.csrf import generate_csrf

from tenants.access import Actor
from unisson.web.fragments import digest, release

_FLASHES = "_flashes"


def has_news() -> bool:
    """Whether a message waits to be shown once: such a page is neither answered from a cache nor kept in one."""
    return bool(session.get(_FLASHES))


def around_digest(actor: Actor, *around: object) -> str:
    """Return the digest of what stands around a month: the person, the theme, and all that their session says.

    Its own secret among it: the token in a page is signed anew each time and any of a session's tokens is good for all
    of it, so that the session's part of it counts and not its text.
    """
    if "csrf_token" not in session:
        generate_csrf()  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations
    them: Any = current_user
    person = (actor.identity_id, actor.name, them.name, them.email, them.email_verified)
    said = sorted((name, value) for name, value in session.items() if name != _FLASHES)
    return digest(person, request.cookies.get("theme"), said, *around)


def sees_digest(actor: Actor, *about: object) -> str:
    """Return the digest of what all persons with the same roles see alike, in whatever language."""
    roles = sorted((str(brand), sorted(held)) for brand, held in actor.brand_roles.items())
    return digest(release(), current_app.static_url_path, actor.agency_role, roles, *about)
