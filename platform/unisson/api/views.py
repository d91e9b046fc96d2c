"""The API: brands, contents, the calendar; and its document."""

import uuid

from flask import Flask, Response, request

from tenants.permissions import Permission
from unisson.api import reading, token_pages
from unisson.api.answers import Brands, Calendar, Content, Contents
from unisson.api.document import document
from unisson.api.endpoints import Parameter, blueprint, endpoint, key, period, reader, whole
from unisson.api.tokens import Scope
from unisson.web.db import session
from unisson.web.guards import public

_MOMENT = {"type": "string", "format": "date-time"}
SINCE = Parameter("since", _MOMENT, "The first instant, with its offset.", is_needed=True)
UNTIL = Parameter("until", _MOMENT, "The instant before which it ends, 92 days later at most.", is_needed=True)
BRAND = Parameter("brand", {"type": "string"}, "One brand alone, by its slug.")
AFTER = Parameter("after", {"type": "string", "format": "uuid"}, "What `next` of the answer before said.")
LIMIT = Parameter(
    "limit", {"type": "integer", "minimum": 1, "maximum": reading.MOST_A_PAGE, "default": reading.PAGE}, "How many."
)


@endpoint("/brands", Scope.BRANDS, Brands)
def all_brands() -> Brands:
    """List the brands that the token sees."""
    return reading.all_brands(session(), reader())


@endpoint("/brands/<brand>/contents", Scope.CONTENTS, Contents, AFTER, LIMIT)
def brand_contents(brand: str) -> Contents:
    """List the contents of a brand, the oldest first."""
    (card,) = reading.cards(session(), reader(), Permission.CONTENT_SEE, brand)
    return reading.contents(session(), reader(), card, key("after"), whole("limit", reading.PAGE, reading.MOST_A_PAGE))


@endpoint("/contents/<uuid:content_id>", Scope.CONTENTS, Content)
def one_content(content_id: uuid.UUID) -> Content:
    """Read a content with its text."""
    return reading.content(session(), reader(), content_id)


@endpoint("/calendar", Scope.CALENDAR, Calendar, SINCE, UNTIL, BRAND)
def planned() -> Calendar:
    """Read what is planned in a period."""
    since, until = period(reading.PERIOD)
    seen = reading.cards(session(), reader(), Permission.CALENDAR_SEE, request.args.get("brand"))
    return reading.calendar(session(), reader(), seen, since, until)


@blueprint.get("/openapi.json")
@public
def openapi() -> Response:
    """Describe the API for programs; it says nothing of the agency."""
    return document()


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.register_blueprint(blueprint)
    app.register_blueprint(token_pages.blueprint)
