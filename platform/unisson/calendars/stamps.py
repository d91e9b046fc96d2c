"""Whether a page is still what the browser holds: one digest of everything that it is made of."""

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
    """Return the digest of what stands around a month: the person, the theme, and the session's own secret.

    The token in a page is signed anew each time and any of a session's tokens is good for all of it, so that the
    session's part of it counts and not its text.
    """
    if "csrf_token" not in session:
        generate_csrf()  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations
    signed_in = (current_user.name, current_user.email)  # type: ignore[attr-defined]  # Flask-Login's proxy has no types
    person = (actor.identity_id, actor.name, *signed_in)
    return digest(person, request.cookies.get("theme"), session.get("csrf_token"), *around)


def sees_digest(actor: Actor, *about: object) -> str:
    """Return the digest of what all persons with the same roles see alike, in whatever language."""
    roles = sorted((str(brand), sorted(held)) for brand, held in actor.brand_roles.items())
    return digest(release(), current_app.static_url_path, actor.agency_role, roles, *about)
