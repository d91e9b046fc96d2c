"""The pages of calendars."""

from flask import Blueprint, Flask

blueprint = Blueprint("calendars", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
