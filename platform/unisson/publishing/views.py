"""The pages of publishing."""

from flask import Blueprint, Flask

blueprint = Blueprint("publishing", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
