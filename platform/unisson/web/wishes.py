"""How whoever asks wants to be answered."""

from flask import request


def wants_json() -> bool:
    """Whether a script of the page asks, which says what became of it itself."""
    return request.accept_mimetypes.best == "application/json"
