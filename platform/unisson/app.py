"""The web application: the only module that knows every feature."""

import os
from datetime import timedelta
from typing import Any

from flask import Flask, g
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from tenants.session import refuse_unsafe_role
from unisson import logs
from unisson.agency import views as agency
from unisson.approvals import views as approvals
from unisson.calendars import views as calendars
from unisson.config import Settings
from unisson.devmail import views as devmail
from unisson.editorial import views as editorial
from unisson.home import views as home
from unisson.identity import views as identity
from unisson.media import views as media
from unisson.newsroom import views as newsroom
from unisson.publishing import views as publishing
from unisson.resources import PACKAGE, resource
from unisson.runtime import Runtime, web_runtime
from unisson.web import db, errors, guards, headers, i18n, operations, ui

FEATURES = (home, identity, agency, editorial, media, approvals, publishing, calendars, newsroom, devmail)
"""Every feature with pages; each registers its routes in `init_app`."""

MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_FORM_BYTES = 2 * 1024 * 1024
STATIC_SECONDS = 31_536_000


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Flask:
    """Return the WSGI application.

    Raises:
        SettingError: a setting can't be used.
        UnsafeRoleError: the database role may see past row-level security.
    """
    held = runtime or web_runtime(settings or Settings.from_environ(os.environ))
    logs.configure(held.settings)
    app = bare_app(held)
    refuse_unsafe_role(held.database.engine)
    _register_features(app)
    return app


def bare_app(runtime: Runtime) -> Flask:
    """Return an application with languages and templates but no route: what the mailer renders with."""
    app = Flask("unisson", template_folder=str(resource("templates")), static_folder=str(PACKAGE / "static"))
    app.extensions["unisson"] = runtime
    _configure(app, runtime.settings)
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
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
        PREFERRED_URL_SCHEME="https" if secure else "http",
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # how WSGI middleware is installed


def _register_features(app: Flask) -> None:
    _agency_in_path(app)
    db.init_app(app)
    headers.init_app(app, secure=app.config["PREFERRED_URL_SCHEME"] == "https")
    CSRFProtect(app)
    errors.init_app(app)
    ui.init_app(app)
    for feature in FEATURES:
        feature.init_app(app)
    guards.init_app(app)
    operations.init_app(app)


def _agency_in_path(app: Flask) -> None:
    """Take the agency out of every path once, and put it back into every link."""

    @app.url_value_preprocessor
    def pull(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.agency_slug = values.pop("agency", None) if values else None

    @app.url_defaults
    def push(endpoint: str, values: dict[str, Any]) -> None:
        if "agency" not in values and g.get("agency_slug") and app.url_map.is_endpoint_expecting(endpoint, "agency"):
            values["agency"] = g.agency_slug
