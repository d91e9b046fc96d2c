"""The web application: the only module that knows every feature."""

import os
from typing import Any

from flask import Flask, g
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from tenants.engines import refuse_unsafe_role
from unisson import logs
from unisson.agency import views as agency
from unisson.api import views as api
from unisson.approvals import views as approvals
from unisson.billing import guard as billing_guard
from unisson.billing import views as billing
from unisson.calendars import views as calendars
from unisson.closing import views as closing
from unisson.config import Settings
from unisson.devmail import views as devmail
from unisson.editorial import views as editorial
from unisson.granting import views as granting
from unisson.home import views as home
from unisson.hooks import views as hooks
from unisson.identity import confirming
from unisson.identity import views as identity
from unisson.imports import views as imports
from unisson.live import views as live
from unisson.media import views as media
from unisson.newsroom import views as newsroom
from unisson.notifications import views as notifications
from unisson.onboarding import views as onboarding
from unisson.portal import views as portal
from unisson.publishing import views as publishing
from unisson.push import views as push
from unisson.runtime import Runtime, web_runtime
from unisson.search import views as search
from unisson.sign_on import views as sign_on
from unisson.strategy import views as strategy
from unisson.threads import views as threads
from unisson.topics import views as topics
from unisson.trust import support_guard
from unisson.trust import views as trust
from unisson.web import characters, db, errors, guards, headers, hosts, operations, sizes, ui
from unisson.web.bare import bare_app
from unisson.web.compression import Compressed
from unisson.web.joined import Joined
from unisson.web.renewed import Renewed
from unisson.web.repeats import Repeats

FEATURES = (
    home,
    identity,
    sign_on,
    agency,
    onboarding,
    billing,
    editorial,
    media,
    approvals,
    portal,
    threads,
    search,
    strategy,
    topics,
    imports,
    publishing,
    calendars,
    live,
    notifications,
    granting,
    hooks,
    push,
    newsroom,
    trust,
    api,
    devmail,
    closing,
)
"""Every feature with pages; each registers its routes in `init_app`."""


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
    _register_features(app, held)
    _stand_before(app, held)
    return app


def _stand_before(app: Flask, runtime: Runtime) -> None:
    """Install what sees a request before Flask does: the proxies' word first, then the pages that are repeated.

    What such a page was sent as is kept compressed. Then those that are made anew, and those joined from pieces.
    """
    made = Renewed(Joined(app.wsgi_app, app, runtime.database), app, runtime.database)
    app.wsgi_app = Repeats(Compressed(made), runtime.database)  # type: ignore[method-assign]  # how WSGI middleware is installed
    count = runtime.settings.trusted_proxies
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # the same


def _register_features(app: Flask, runtime: Runtime) -> None:
    _agency_in_path(app)
    hosts.init_app(app)
    db.init_app(app)
    characters.init_app(app)
    sizes.init_app(app)
    headers.init_app(app, secure=app.config["PREFERRED_URL_SCHEME"] == "https", live=runtime.settings.live_url)
    CSRFProtect(app)  # type: ignore[no-untyped-call]  # Flask-WTF has no annotations
    errors.init_app(app)
    ui.init_app(app)
    for feature in FEATURES:
        feature.init_app(app)
    guards.init_app(app)
    confirming.init_app(app)
    billing_guard.init_app(app)
    support_guard.init_app(app)
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
