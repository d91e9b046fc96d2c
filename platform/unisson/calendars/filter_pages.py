"""The page on which any view of the calendar is narrowed: a form that leads back to the view by an address."""

from flask import Blueprint, render_template, request

from tenants.permissions import Permission
from unisson.calendars.filters import Filters, filters_from
from unisson.calendars.looks import brands_asked, place
from unisson.calendars.narrowing import offered
from unisson.calendars.wording import VIEWS
from unisson.web.db import session
from unisson.web.guards import actor, current_agency_row

KEPT = ("month", "week", "day", "year", "since", "until", "undated", "clock")
"""What an address of the calendar says besides brands and filters: it is carried through the form."""


def filters() -> str:
    """Show by what a view may be narrowed."""
    chosen, seen = brands_asked(request.args)
    inside = [card for card in seen if actor().may(Permission.CONTENT_WRITE, card.id)]
    view = request.args.get("view", "")
    shown = view if view in VIEWS else "month"
    return render_template(
        "calendars/filters.html",
        action=place(current_agency_row().slug, shown),
        kept=[(name, request.args[name][:20]) for name in KEPT if request.args.get(name)],
        view=shown,
        choices=seen,
        chosen=chosen,
        inside=inside,
        **offered(session(), Filters(**filters_from(request.args)), chosen or seen, inside),
    )


def register(blueprint: Blueprint) -> None:
    """Add the route to `blueprint`."""
    blueprint.add_url_rule("/calendar/filters", view_func=filters, methods=["GET"])
