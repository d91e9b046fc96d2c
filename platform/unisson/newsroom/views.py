"""The pages of newsroom."""

from flask import Blueprint, Flask

blueprint = Blueprint("newsroom", __name__)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
