"""The one character that no text of ours holds: PostgreSQL keeps no NUL. Fields are cleaned by their forms."""

from flask import Flask, abort, request


def init_app(app: Flask) -> None:
    """Refuse NUL in a path (404: nothing has that name) and in a query (400), before anything is asked with it."""

    @app.before_request
    def refuse_nul() -> None:
        if "\0" in request.path:
            abort(404)
        if any("\0" in value for _name, value in request.args.items(multi=True)):
            abort(400)
