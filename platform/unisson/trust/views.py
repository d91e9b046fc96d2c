"""The pages of trust."""

from flask import Flask

from unisson.trust import account_pages, noticing, person_pages, privacy_pages, security_pages, support_pages
from unisson.trust.routes import blueprint, own

__all__ = ["account_pages", "blueprint", "init_app", "person_pages", "privacy_pages", "security_pages", "support_pages"]


def init_app(app: Flask) -> None:
    """Register the routes, and what the trail is told of by itself."""
    app.register_blueprint(blueprint)
    app.register_blueprint(own)
    noticing.init_app(app)
    app.context_processor(support_pages.banner)
