"""The pages of trust."""

from flask import Flask

from unisson.trust import noticing


def init_app(app: Flask) -> None:
    """Register the routes, and what the trail is told of by itself."""
    noticing.init_app(app)
