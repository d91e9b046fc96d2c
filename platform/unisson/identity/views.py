"""The pages of identity."""

from flask import Blueprint, Flask

blueprint = Blueprint("identity", __name__)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
