"""An application with languages and templates but no route: what the pages and the mailer start from."""

from datetime import timedelta

from flask import Flask

from unisson.config import Settings
from unisson.resources import PACKAGE, resource
from unisson.runtime import Runtime
from unisson.web import i18n, ui
from unisson.web.cookies import CookieSessions
from unisson.web.hosts import HostAwareFlask

MAX_REQUEST_BYTES = 26 * 1024 * 1024
"""A file of 25 MiB, and the form around it."""
MAX_FORM_BYTES = 2 * 1024 * 1024
STATIC_SECONDS = 31_536_000


def bare_app(runtime: Runtime) -> Flask:
    """Return the application that `create_app` adds the features to."""
    app = HostAwareFlask("unisson", template_folder=str(resource("templates")), static_folder=str(PACKAGE / "static"))
    app.extensions["unisson"] = runtime
    _configure(app, runtime.settings)
    app.session_interface = CookieSessions()
    i18n.init_app(app)
    ui.share(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    secure = settings.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-unisson",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        MAX_CONTENT_LENGTH=MAX_REQUEST_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_FORM_BYTES,
        SEND_FILE_MAX_AGE_DEFAULT=STATIC_SECONDS if settings.is_production else 300,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PREFERRED_URL_SCHEME="https" if secure else "http",
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
