"""The pages of what people are told, and how."""

from flask import Blueprint, Flask

from unisson.notifications import inbox_pages

blueprint = Blueprint("notices", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    inbox_pages.register(blueprint)
    app.register_blueprint(blueprint)
    inbox_pages.share(app)
