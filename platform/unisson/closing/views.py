"""The pages of closing."""

from flask import Flask

from unisson.closing import archive_pages, pages
from unisson.closing.routes import blueprint

__all__ = ["archive_pages", "blueprint", "init_app", "pages"]


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
