"""The pages of what people are told, and how."""

from flask import Blueprint, Flask

from unisson.notifications import choice_pages, inbox_pages, stop_pages

blueprint = Blueprint("notices", __name__, url_prefix="/<agency>")
for _pages in (inbox_pages, choice_pages, stop_pages):
    _pages.register(blueprint)


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
    stop_pages.without_form_token(app)
    inbox_pages.share(app)
