"""The pages of devmail."""

from flask import Blueprint, Flask

blueprint = Blueprint("devmail", __name__)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
