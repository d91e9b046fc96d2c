"""The API answers as its document says, whatever it is asked: schemathesis makes the requests from the document."""

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance
from support.desk import HTTPS, Desk

from unisson.api import tokens
from unisson.api.endpoints import ENDPOINTS
from unisson.api.tokens import Scope

EXAMPLES = 25
"""Requests of each endpoint: some seconds in all."""


def test_every_answer_is_as_the_document_says(app: Flask, desk: Desk) -> None:
    with desk.session() as session:
        made = tokens.make(session, desk.actor("owner"), name="Schema", scopes=list(Scope), days=30, for_agency=True)
    headers = {"Authorization": f"Bearer {made[1]}"}
    schema = schemathesis.openapi.from_wsgi(f"/{desk.world.slug}/api/v1/openapi.json", app, base_url=HTTPS)
    tried = []
    for found in schema.get_all_operations():
        operation = found.ok()
        tried.append(operation.path)

        @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def answers(case: Case) -> None:
            # A schema can't say that a period ends after it begins.
            case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

        answers()
    assert len(tried) == len(ENDPOINTS)


def test_real_answers_are_as_the_document_says(app: Flask, desk: Desk) -> None:
    content_id = desk.write()
    with desk.session() as session:
        made = tokens.make(session, desk.actor("cm"), name="Schema", scopes=list(Scope), days=30, for_agency=False)
    schema = schemathesis.openapi.from_wsgi(f"/{desk.world.slug}/api/v1/openapi.json", app, base_url=HTTPS)
    period = {"since": "2026-01-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"}
    for path, named, query in (
        ("/brands", {}, {}),
        ("/brands/{brand}/contents", {"brand": desk.world.brand_slug}, {"limit": 1}),
        ("/contents/{content_id}", {"content_id": str(content_id)}, {}),
        ("/calendar", {}, period),
    ):
        case = schema[path]["GET"].Case(path_parameters=named, query=query)
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {made[1]}"})
        assert answer.status_code == 200, (path, answer.text)
