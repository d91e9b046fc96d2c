"""The pages of rooms in chats."""

from flask import Blueprint, Flask

from unisson.hooks import pages

blueprint = Blueprint("hooks", __name__, url_prefix="/<agency>")
pages.register(blueprint)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
