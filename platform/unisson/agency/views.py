"""The pages of agency."""

from flask import Flask

from unisson.agency import (
    brand_pages,
    domain_pages,
    inviting_pages,
    logo_pages,
    settings_pages,
    team_pages,
    trail_pages,
)
from unisson.agency.routes import blueprint

__all__ = [
    "blueprint",
    "brand_pages",
    "domain_pages",
    "init_app",
    "inviting_pages",
    "logo_pages",
    "settings_pages",
    "team_pages",
    "trail_pages",
]


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
    app.register_blueprint(logo_pages.blueprint)
