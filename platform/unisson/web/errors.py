"""What a person is told when something does not work: what happened, what was kept, what to do."""

import re
import uuid
from typing import cast
from urllib.parse import urlsplit

import structlog
from flask import Flask, g, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tenants.errors import ForbiddenError, NotFoundError, RefusedError
from unisson.web.db import leave
from unisson.web.guards import nearest_page, page_before
from unisson.web.i18n import _, lazy
from unisson.web.noted import note_not_found, note_refusal

log = structlog.get_logger(__name__)

STALE_FORM = lazy(
    "This form had been open for too long, or in another session. Nothing was changed. Reload the page and try again."
)
BUSY = lazy("The server is too busy or being restarted. Nothing was changed. Try again in a moment.")
TAKEN = lazy("Somebody else is changing the same thing at this moment. Nothing was changed. Try again.")

TOO_MUCH = lazy(
    "This is more than the server reads at once: texts of 100,000 characters, images of 20 MB each. Go back, shorten it"
    " (your browser still holds what you typed), and send it again."
)


def error_page(
    status: int, sentence: object = None, *, reference: str | None = None, way: str | None = None
) -> Response:
    """Return the page of one refusal; for htmx the partial, for a script its sentence as JSON.

    `way` is what comes next, where it isn't to go back (`RefusedError`).
    """
    if request.accept_mimetypes.accept_json and not request.accept_mimetypes.accept_html:
        return make_response({"message": str(sentence or _("This could not be done."))}, status)
    g.light_page = False
    partial = request.headers.get("HX-Request") == "true"
    template = "errors/_refusal.html" if partial else "errors/error.html"
    told = {
        "message": sentence, "reference": reference, "way": way, "back_url": _came_from(status),
        "written": () if partial or status == 413 else _written(),
    }  # fmt: skip
    html = render_template(template, status=status, **told)
    return make_response(html, status)


def _came_from(status: int) -> str | None:
    """Return the page of ours whose form was refused, where it is another one or was only too old."""
    there = page_before() if request.method == "POST" else None
    return there if there and (status == 400 or urlsplit(there).path != request.path) else None


def _written() -> list[str]:
    """Return what a person wrote into the form that was refused, for its page to hand back.

    Sentences and names, not what was chosen or is secret; and of a form of ours alone: another site's could have any
    words there.
    """
    if request.method != "POST":
        return []
    try:
        is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin" or page_before() is not None
        fields = [(name, value.strip()) for name, value in request.form.items(multi=True)] if is_ours else []
    except HTTPException:
        return []  # for another host than ours, or not read to its end
    return [value for name, value in fields if not _SECRET.search(name) and _is_written(value)]


_SECRET = re.compile("pass|code|token|secret|key", re.IGNORECASE)


def _is_written(value: str) -> bool:
    """Return whether a value reads like a person's words: ids, dates, choices and addresses are one plain word."""
    is_name = value.isalpha() and not value.islower()
    return is_name or not value.isascii() or "@" in value or len(value.split()) > 1


def _unexpected(error: Exception) -> Response:
    leave()
    reference = uuid.uuid4().hex[:8]
    # The rule, not the path: a path may hold somebody's personal link.
    log.error("request.failed", reference=reference, path=str(request.url_rule or ""), exc_info=error)
    return error_page(500, reference=reference)


def _database(error: DBAPIError) -> Response:
    leave()  # What failed has ended its transaction; the page asks in one of its own.
    state = getattr(error.orig, "sqlstate", None)
    if state in {"55P03", "40P01", "40001"}:
        return error_page(409, TAKEN)
    if state in {"22021", "22P05"} or (state is None and isinstance(error, DataError)):
        return error_page(422, lazy("The text holds a character that can't be stored. Nothing was changed."))
    if isinstance(error, OperationalError):
        log.error("database.away", why=str(error.orig))
        return _away(error)
    return _unexpected(error)


def _away(_error: Exception) -> Response:
    """Say so on a page that asks the database nothing."""
    leave()
    g.database_is_away = True
    return error_page(503, BUSY)


def _forbidden(_error: ForbiddenError) -> Response:
    note_refusal("access.refused")
    return error_page(403)


def _not_found(_error: NotFoundError) -> Response:
    note_not_found()
    return error_page(404)


def _forged(error: CSRFError) -> Response:
    note_refusal("form.refused", why=str(error.description))
    return error_page(400, STALE_FORM)


def init_app(app: Flask) -> None:
    """Turn every error into one status and one sentence."""
    app.register_error_handler(NotFoundError, _not_found)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(RefusedError, lambda error: error_page(error.status, error.sentence, way=error.way))
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(PoolTimeoutError, _away)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _unexpected)


def _is_looked_at() -> bool:
    """Return whether a person opens this address as a page: a refused form leaves its own in the address bar.

    The browser says so itself (Fetch Metadata); a program goes on reading that the method is wrong.
    """
    return request.method == "GET" and request.headers.get("Sec-Fetch-Mode") == "navigate"


def _http(error: HTTPException) -> Response:
    if error.response is not None:
        return cast("Response", error.response)
    code = error.code or 500
    if code < 400:
        return error.get_response()
    if code == 404:
        note_not_found()
    if code == 405 and _is_looked_at() and (above := nearest_page()) != "/":
        return redirect(above, 303)
    page = error_page(code, g.get("too_much", TOO_MUCH) if code == 413 else None)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            page.headers[name] = value
    return page
