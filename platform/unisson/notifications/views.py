"""The pages of what people are told, and how."""

from flask import Blueprint, Flask

from unisson.notifications import choice_pages, inbox_pages, stop_pages

blueprint = Blueprint("notices", __name__, url_prefix="/<agency>")


def init_app(app: Flask) -> None:
    """Register the routes."""
    inbox_pages.register(blueprint)
    choice_pages.register(blueprint)
    stop_pages.register(blueprint)
    app.register_blueprint(blueprint)
    stop_pages.without_form_token(app)
    inbox_pages.share(app)
