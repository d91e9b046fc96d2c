"""The pages of approvals."""

from flask import Blueprint, Flask

blueprint = Blueprint("approvals", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
