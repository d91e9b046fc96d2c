"""The one character that no text of ours holds: PostgreSQL keeps no NUL. Fields are cleaned by their forms."""

from flask import Flask, abort, request


def init_app(app: Flask) -> None:
    """Say of a path with NUL that there is nothing (404), before the database is asked for that name."""

    @app.before_request
    def refuse_nul() -> None:
        if "\0" in request.path:
            abort(404)
