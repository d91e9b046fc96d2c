"""The pages of agency."""

from flask import Blueprint, Flask

blueprint = Blueprint("agency", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
