"""The pages of notifications that a browser shows by itself."""

from flask import Blueprint, Flask

from unisson.push import pages

blueprint = Blueprint("push", __name__)
pages.register(blueprint)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
