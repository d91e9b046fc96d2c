"""What can be asked, each with what its token must name; the document of the API (OpenAPI 3.1) is made of the same."""

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, g, request
from limits import RateLimitItemPerMinute
from msgspec import Struct
from werkzeug.exceptions import HTTPException, TooManyRequests

from tenants.access import Actor
from tenants.errors import ForbiddenError, NotFoundError
from unisson.api.answers import Problem
from unisson.api.tokens import PREFIX, Scope, bearer
from unisson.web.db import session
from unisson.web.guards import public
from unisson.web.limits import Allowance, spend
from unisson.web.noted import note_refusal

blueprint = Blueprint("api", __name__, url_prefix="/<agency>/api/v1")

READS = Allowance("api", RateLimitItemPerMinute(3000), RateLimitItemPerMinute(300))
"""Requests from one place, and of one token."""

View = Callable[..., Struct]


class RefusedProblemError(Exception):
    """A request that is answered with a status and a sentence."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that may be said in the query."""

    name: str
    schema: dict[str, Any]
    about: str
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One thing that can be asked."""

    path: str
    scope: Scope
    answer: type[Struct]
    about: str
    parameters: tuple[Parameter, ...] = ()
    name: str = ""


ENDPOINTS: list[Endpoint] = []


def endpoint(
    path: str, scope: Scope, answer: type[Struct], *parameters: Parameter
) -> Callable[[View], Callable[..., Response]]:
    """Answer `path` by a view that returns `answer`, to whoever shows a token that names `scope`."""

    def mark(view: View) -> Callable[..., Response]:
        about = (view.__doc__ or "").partition("\n")[0]
        ENDPOINTS.append(Endpoint(path, scope, answer, about, parameters, view.__name__))

        @functools.wraps(view)
        def answered(**named: Any) -> Response:
            _let_in(scope)
            _refuse_unknown(parameters)
            return written(view(**named))

        made = public(answered)
        blueprint.add_url_rule(path, view.__name__, made, methods=["GET"])
        return made

    return mark


def reader() -> Actor:
    """Return who reads."""
    known: Actor = g.api_reader
    return known


def _let_in(scope: Scope) -> None:
    """Note who reads. Raises RefusedProblemError for no token, a dead one, or one that names less."""
    shown = request.authorization
    secret = shown.token if shown is not None and shown.type == "bearer" else None
    spend(READS, secret or None)
    if secret is None or not secret.startswith(PREFIX):
        raise RefusedProblemError(401, "Show a token: Authorization: Bearer unisson_…")
    holder = bearer(session(), secret)
    if holder is None:
        raise RefusedProblemError(401, "This token is unknown, over, or ended.")
    if holder.lacks_second_step:
        raise RefusedProblemError(403, "The agency asks for a second step at the sign-in: set it up first.")
    if scope not in holder.scopes:
        raise RefusedProblemError(403, f"This token does not name {scope.value}.")
    g.api_reader = holder.actor


def _refuse_unknown(known: tuple[Parameter, ...]) -> None:
    """A parameter that is misspelt would silently answer something else."""
    strangers = sorted(set(request.args) - {each.name for each in known})
    if strangers:
        raise RefusedProblemError(422, f"Unknown here: {', '.join(strangers)[:200]}.")
    missing = [each.name for each in known if each.is_needed and each.name not in request.args]
    if missing:
        raise RefusedProblemError(422, f"Missing: {', '.join(missing)}.")


def written(answer: Struct, status: int = 200, mimetype: str = "application/json") -> Response:
    """Return an answer as JSON, which no cache keeps."""
    response = Response(msgspec.json.encode(answer), status, mimetype=mimetype)
    response.headers["Cache-Control"] = "no-store"
    return response


def moment(name: str) -> datetime:
    """Return the instant that a parameter says. Raises RefusedProblemError for anything but RFC 3339 with an offset."""
    try:
        found = msgspec.convert(request.args[name], datetime)
    except msgspec.ValidationError:
        found = None
    if found is None or found.tzinfo is None or not 1970 <= found.year <= 2199:
        raise RefusedProblemError(422, f"{name} is an instant such as 2027-03-01T00:00:00Z.")
    return found


def whole(name: str, otherwise: int, most: int) -> int:
    """Return the number that a parameter says. Raises RefusedProblemError."""
    typed = request.args.get(name, str(otherwise))
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6 and 1 <= int(typed) <= most):
        raise RefusedProblemError(422, f"{name} is a number from 1 to {most}.")
    return int(typed)


def key(name: str) -> uuid.UUID | None:
    """Return the identifier that a parameter says, None for none. Raises RefusedProblemError."""
    typed = request.args.get(name)
    try:
        return uuid.UUID(typed) if typed is not None else None
    except ValueError:
        raise RefusedProblemError(422, f"{name} is an identifier that an answer gave.") from None


def period(longest: timedelta) -> tuple[datetime, datetime]:
    """Return the period of `since` and `until`. Raises RefusedProblemError for one that ends first, or is too long."""
    since, until = moment("since"), moment("until")
    if not since < until <= since + longest:
        raise RefusedProblemError(422, f"until is after since, by {longest.days} days at most.")
    return since, until


def problem(status: int, detail: str) -> Response:
    """Return a refusal (RFC 9457)."""
    titles = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable", 429: "Too Many Requests"}
    title = titles.get(status, "Error")
    answer = written(Problem(status=status, title=title, detail=detail), status, "application/problem+json")
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="Unisson"'
    return answer


@blueprint.errorhandler(RefusedProblemError)
def _refused(error: RefusedProblemError) -> Response:
    if error.status in {401, 403}:
        note_refusal("token.refused", why=str(error))
    return problem(error.status, str(error))


@blueprint.errorhandler(NotFoundError)
def _not_found(_error: NotFoundError) -> Response:
    return problem(404, "There is no such thing, or it is not this token's to see.")


@blueprint.errorhandler(ForbiddenError)
def _forbidden(_error: ForbiddenError) -> Response:
    note_refusal("access.refused")
    return problem(403, "Whoever this token belongs to may not see this.")


@blueprint.errorhandler(TooManyRequests)
def _too_many(error: TooManyRequests) -> Response:
    answer = problem(429, "Too many requests. Wait for as long as Retry-After says, in seconds.")
    answer.headers["Retry-After"] = str(error.retry_after or 60)
    return answer


@blueprint.errorhandler(HTTPException)
def _other(error: HTTPException) -> Response:
    return problem(error.code or 500, error.description or "")
