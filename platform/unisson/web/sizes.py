"""How large a posted form may be. Werkzeug's own limit binds multipart fields only."""

from flask import Flask, abort, request


def init_app(app: Flask) -> None:
    """Refuse an urlencoded form above the limit of a form's fields before a byte of it is read (413)."""
    most = int(app.config["MAX_FORM_MEMORY_SIZE"])

    @app.before_request
    def weigh() -> None:
        if request.mimetype == "application/x-www-form-urlencoded" and (request.content_length or 0) > most:
            abort(413)
