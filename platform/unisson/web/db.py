"""The request's one session: bound to the agency in the path, committed once, at the edge."""

import time
import uuid
from typing import TypeVar, cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenants.errors import MissingAgencyError, NotFoundError
from tenants.identities import DirectoryEntry
from tenants.session import Database, GlobalSession, TenantSession
from unisson.runtime import Runtime

HEARD = "unisson.heard"
"""Of a request's environment: an agency, the questions that were put in it just now, and their answers."""

_DIRECTORY_SECONDS = 30.0
Page = TypeVar("Page")


def runtime() -> Runtime:
    """Return what this process holds."""
    return cast("Runtime", current_app.extensions["unisson"])


def session() -> TenantSession:
    """Return the request's session in the agency of its path. Raises MissingAgencyError outside of any agency."""
    current = any_session()
    if not isinstance(current, TenantSession):
        raise MissingAgencyError("this path belongs to no agency")
    return current


def any_session() -> TenantSession | GlobalSession:
    """Return the request's session: the agency's under `/<agency>/…`, else one for the global tables."""
    current: TenantSession | GlobalSession | None = g.get("session")
    if current is None:
        slug = g.get("agency_slug")
        database = runtime().database
        current = g.session = _open(database, agency_of(slug)) if slug else database.open_global()
    return current


def _open(database: Database, agency_id: uuid.UUID) -> TenantSession:
    """Return a session of the agency, which knows what was asked in it as the request came in."""
    opened = database.open_agency(agency_id)
    heard_in, *heard = request.environ.get(HEARD, (None,))
    if heard_in == agency_id:
        opened.hear(*heard)
    return opened


def enter_agency(agency_id: uuid.UUID) -> TenantSession:
    """Replace the request's global session by one in `agency_id`: for a sign-up, which has no path to take it from."""
    leave()
    g.session = runtime().database.open_agency(agency_id)
    return cast("TenantSession", g.session)


def agency_of(slug: str) -> uuid.UUID:
    """Return the agency that `slug` means. Raises NotFoundError."""
    found = agency_named(current_app, slug)
    if found is None:
        raise NotFoundError
    return found


def agency_named(app: Flask, slug: str) -> uuid.UUID | None:
    """Return the agency that `slug` means, also outside of requests. Remembered for half a minute: slugs hardly change.

    Raises SQLAlchemyError.
    """
    directory = cast("dict[str, tuple[float, uuid.UUID]]", app.extensions["unisson.directory"])
    until, known = directory.get(slug, (0.0, None))
    if until > time.monotonic():
        return known
    if "\0" in slug:
        return None
    with cast("Runtime", app.extensions["unisson"]).database.everywhere() as everywhere:
        agency_id = everywhere.scalar(select(DirectoryEntry.agency_id).where(DirectoryEntry.slug == slug))
    if agency_id is not None:
        directory[slug] = (time.monotonic() + _DIRECTORY_SECONDS, agency_id)
    return agency_id


def without_writing(page: Page) -> Page:
    """Take back the once-only number of the form, which is still to be sent in earnest."""
    session().rollback()
    return page


def leave() -> None:
    """Close the request's session; what was not committed is rolled back."""
    current: Session | None = g.pop("session", None)
    if current is not None:
        current.close()


def init_app(app: Flask) -> None:
    """Commit what an answered request wrote, roll back what a refused one did."""
    app.extensions["unisson.directory"] = {}

    @app.after_request
    def settle(response: Response) -> Response:
        current: Session | None = g.get("session")
        if current is None:
            return response
        if response.status_code < 400:
            current.commit()
        else:
            current.rollback()
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        leave()
