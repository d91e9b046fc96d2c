"""How large a posted form may be. Werkzeug's own limit binds multipart fields only."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, request

from unisson.runtime import Runtime
from unisson.web.db import runtime
from unisson.web.people import me

View = TypeVar("View", bound=Callable[..., Any])
Most = Callable[[Runtime], tuple[int, object]]


def takes(most: Most) -> Callable[[View], View]:
    """Mark a view that signed-in people may send more to: so many bytes, and what is said of more."""

    def mark(view: View) -> View:
        view.most = most  # type: ignore[attr-defined]  # a mark on a function
        return view

    return mark


def init_app(app: Flask) -> None:
    """Refuse an urlencoded form above the limit of a form's fields before a byte of it is read (413)."""
    most = int(app.config["MAX_FORM_MEMORY_SIZE"])

    @app.before_request
    def weigh() -> None:
        if request.mimetype == "application/x-www-form-urlencoded" and (request.content_length or 0) > most:
            abort(413)
        own: Most | None = getattr(current_app.view_functions.get(request.endpoint or ""), "most", None)
        # Before anything of the form is read, which happens at the next step; a stranger's stays as small as any.
        if own is not None and me().is_authenticated:
            request.max_content_length, g.too_much = own(runtime())
