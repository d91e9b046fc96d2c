"""The pages of identity, and the person behind each request."""

from typing import Any

from flask import Flask, request, session
from flask_login import AnonymousUserMixin, LoginManager
from werkzeug.wrappers import Response

from unisson.identity import account, confirming, entrance, factor_pages, joining, passkey_pages, recovery, reset_pages
from unisson.identity.browser import TOKEN, load_person, visitor
from unisson.identity.routes import blueprint
from unisson.web import limits

__all__ = [
    "account", "blueprint", "confirming", "entrance", "factor_pages", "init_app", "joining", "passkey_pages",
    "recovery",
    "reset_pages",
]  # fmt: skip

_FOR_EVERYBODY = frozenset({"newsroom", "home.health", "static"})
"""Blueprints and endpoints that look the same to everybody: no session is read, so that caches may keep them."""


class Visitor(AnonymousUserMixin):
    """Nobody in particular."""

    name = ""
    email = ""
    language: str | None = None
    timezone: str | None = None
    email_verified = False


def _know_the_person() -> None:
    """Load who it is before any word is said, so that every sentence is in their language."""
    if request.endpoint in _FOR_EVERYBODY or request.blueprint in _FOR_EVERYBODY:
        return
    if TOKEN in session:
        visitor()


@blueprint.after_request
def _keep_to_oneself(response: Response) -> Response:
    """Neither a cache nor another site learns of what stands on these pages or in their addresses."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer" if request.view_args else "same-origin"
    return response


def init_app(app: Flask) -> None:
    """Know people by their server-side sign-in, count their tries, and register the routes."""
    manager: Any = LoginManager()  # type: ignore[no-untyped-call]  # Flask-Login has no types
    manager.session_protection = None  # a hash of address and browser: it signs travellers out and stops no thief
    manager.anonymous_user = Visitor
    manager.user_loader(load_person)
    manager.init_app(app)
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False  # the row says when it ends; pages need no new cookie each
    limits.init_app(app)
    app.before_request(_know_the_person)
    app.register_blueprint(blueprint)
