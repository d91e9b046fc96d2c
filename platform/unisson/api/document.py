"""The document of the API, OpenAPI 3.1, made of the endpoints and of the types of their answers."""

import re
from functools import cache
from typing import Any

import msgspec
from flask import Response, url_for

from unisson.api.answers import Problem
from unisson.api.endpoints import ENDPOINTS, Endpoint

VERSION = "1.0"
REFUSALS = {
    "401": "No token, or a dead one.",
    "403": "The token names less, or its owner may not.",
    "404": "Nothing that this token sees.",
    "422": "A parameter that can't be read.",
    "429": "Too many requests.",
}
_NAMED = re.compile(r"<(?:(\w+):)?(\w+)>")


def document() -> Response:
    """Return the document for the agency of the path."""
    here = {"servers": [{"url": url_for("api.openapi").removesuffix("/openapi.json")}]}
    return Response(msgspec.json.encode(_document() | here), mimetype="application/json")


@cache
def _document() -> dict[str, Any]:
    answers = [Problem, *(each.answer for each in ENDPOINTS)]
    schemas, components = msgspec.json.schema_components(answers, ref_template="#/components/schemas/{name}")
    refs = dict(zip(answers, schemas, strict=True))
    return {
        "openapi": "3.1.0",
        "info": {"title": "Unisson", "version": VERSION, "description": "Reading an agency's plan."},
        "security": [{"token": []}],
        "paths": {_NAMED.sub(r"{\2}", each.path): {"get": _operation(each, refs)} for each in ENDPOINTS},
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint, refs: dict[Any, Any]) -> dict[str, Any]:
    refused = {"content": {"application/problem+json": {"schema": refs[Problem]}}}
    return {
        "operationId": one.name,
        "summary": one.about,
        "description": f"Wants a token that names `{one.scope.value}`.",
        "parameters": [*_in_path(one), *_in_query(one)],
        "responses": {
            "200": {"description": one.about, "content": {"application/json": {"schema": refs[one.answer]}}},
            **{status: {"description": said, **refused} for status, said in REFUSALS.items()},
        },
    }


def _in_path(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"} if kind == "uuid" else {"type": "string", "minLength": 1},
        }
        for kind, name in _NAMED.findall(one.path)
    ]


def _in_query(one: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": each.name, "in": "query", "required": each.is_needed, "schema": each.schema, "description": each.about}
        for each in one.parameters
    ]
