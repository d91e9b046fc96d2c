"""The page of days away."""

import uuid
from collections.abc import Mapping
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import NotFoundError, RefusedError
from unisson.approvals.absences import absences, be_away, be_back, offered, steers
from unisson.web.db import session
from unisson.web.guards import actor
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]

NO_DATE = lazy("This is not a date.")


def away() -> Answer:
    """Show who is away, and let a person say that they will be."""
    return _page(), 200


def being_away() -> Answer:
    """Keep an absence."""
    try:
        with session().begin_nested():
            be_away(
                session(),
                actor(),
                _person(request.form.get("person", "")) or actor().membership_id,
                starts_on=_day("starts_on"),
                ends_on=_day("ends_on"),
                stand_in_id=_person(request.form.get("stand_in", "")),
            )
    except RefusedError as refusal:
        return _page(request.form, refusal), refusal.status
    flash(_("Kept. What waits is asked of whoever stands in, from the first day on."), "success")
    return redirect(url_for("approvals.away"), 303)


def being_back(absence_id: uuid.UUID) -> Answer:
    """Take an absence away."""
    be_back(session(), actor(), absence_id)
    flash(_("Taken away. What waits is asked of the person themselves again."), "success")
    return redirect(url_for("approvals.away"), 303)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/absences", view_func=away, methods=["GET"])
    blueprint.add_url_rule("/absences", view_func=being_away, methods=["POST"])
    blueprint.add_url_rule("/absences/<uuid:absence_id>/removal", view_func=being_back, methods=["POST"])


def _page(typed: Mapping[str, str] | None = None, refusal: RefusedError | None = None) -> str:
    return render_template(
        "approvals/absences.html",
        rows=absences(session(), actor()),
        people=offered(session(), actor()),
        steers=steers(actor()),
        typed=typed or {},
        refusal=refusal,
        new_operation_id=new_operation_id,
    )


def _day(field: str) -> date | None:
    typed = request.form.get(field, "").strip()
    if not typed:
        return None
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise RefusedError(NO_DATE, field=field) from None


def _person(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed) if typed else None
    except ValueError:
        raise NotFoundError from None
