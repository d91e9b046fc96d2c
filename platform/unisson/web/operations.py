"""A form is carried out once, however often it is clicked.

Every form of an agency carries a random number. Its row is inserted in the transaction of the verb: a second click
waits on the row, then finds it, and is sent where the first one was.
"""

import uuid

from flask import Flask, g, redirect, request
from sqlalchemy import Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from werkzeug.wrappers import Response

from tenants.wire import Command
from unisson.activity.models import Operation
from unisson.web.db import session
from unisson.web.guards import nearest_page


def new_operation_id() -> str:
    """Return a fresh number for a form's hidden `operation_id`."""
    return str(uuid.uuid4())


def _begin() -> Response | None:
    number = _number()
    if number is None:
        return None
    if session().carry_out(_TAKE, {"agency": session().agency_id, "number": number, "path": request.path}):
        g.operation_id = number
        return None
    answer = session().scalar(select(Operation.answer).where(Operation.id == number, Operation.path == request.path))
    return redirect(answer or nearest_page(), 303)


def _number() -> uuid.UUID | None:
    if request.method != "POST" or not g.get("agency_slug"):
        return None
    try:
        return uuid.UUID(request.form.get("operation_id", ""))
    except ValueError:
        return None


def _remember(location: str) -> None:
    session().carry_out_later(_ANSWER, {"number": g.operation_id, "answer": location})


_NUMBER = bindparam("number", type_=Uuid)
_TAKE = Command(
    insert(Operation)
    .values(agency_id=bindparam("agency"), id=_NUMBER, path=bindparam("path"))
    .on_conflict_do_nothing()
    .returning(Operation.id)
)
_ANSWER = Command(update(Operation).where(Operation.id == _NUMBER).values(answer=bindparam("answer")))


def init_app(app: Flask) -> None:
    """Guard every posted form of an agency. Registered after the guards: strangers leave no row."""
    app.before_request(_begin)

    @app.after_request
    def remember(response: Response) -> Response:
        location = response.headers.get("Location") or response.headers.get("HX-Redirect")
        if "operation_id" in g and response.status_code < 400 and location:
            _remember(location)
        return response
