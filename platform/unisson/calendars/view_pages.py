"""The pages of views that people keep: the menu on the calendar, and where they are named, shared and put away."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from unisson.calendars.filters import Filters, filters_from
from unisson.calendars.keeping import (
    LONG_NAME,
    Kept,
    ViewLine,
    change_view,
    keep_view,
    open_with,
    opening_view,
    plans,
    remove_view,
    restore_view,
    views_found,
)
from unisson.calendars.looks import brand_pairs, brands_asked
from unisson.calendars.looks import views as look_views
from unisson.calendars.models import VIEWS as KNOWN
from unisson.calendars.narrowing import Named, chips
from unisson.calendars.period import today_in
from unisson.calendars.wording import VIEWS
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.guards import BrandCard, actor, current_agency_row
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]

ALSO = ("undated", "clock")
"""What else of an address belongs to a view. Days do not: a view opens at today."""


class Offered(NamedTuple):
    """A view of the menu: how it is called, where it leads, and what it is in words."""

    line: ViewLine
    path: str
    said: str


def views() -> Answer:
    """Show the views that one finds, and what would be kept: as a page, or as the entries of the calendar's menu."""
    if request.headers.get("HX-Request") == "true":
        _chosen, seen = brands_asked(MultiDict())
        return render_template("calendars/_views_menu.html", offered=_offered(seen), query=_query())
    return _page()


def view_keeping() -> Answer:
    """Keep what a form was opened from, under a name."""
    typed = request.form
    query = typed.get("from", "")[:2000]
    name = one_line(typed.get("name"))
    try:
        kept, _cards = _kept(query)
        with session().begin_nested():
            view = keep_view(session(), actor(), name, kept, shared=typed.get("shared") == "y")
            if typed.get("opens") == "y":
                open_with(session(), actor(), view.id, opens=True)
    except RefusedError as refusal:
        return _page(query, refusal), refusal.status
    flash(_("“%(name)s” is kept. It is in the menu of views.", name=view.name), "success")
    return redirect(path_of(kept, brands_asked(MultiDict())[1]), 303)


def view_changing(view_id: uuid.UUID) -> Answer:
    """Rename a view, and share it or not."""
    name, shared = one_line(request.form.get("name")), request.form.get("shared") == "y"
    try:
        with session().begin_nested():
            change_view(session(), actor(), view_id, name, shared=shared)
    except RefusedError as refusal:
        return _page(refusal=refusal, about=view_id), refusal.status
    flash(_("Saved."), "success")
    return redirect(url_for("calendars.views"), 303)


def view_removal(view_id: uuid.UUID) -> Answer:
    """Put a view away."""
    view = remove_view(session(), actor(), view_id)
    flash(_("“%(name)s” is removed.", name=view.name), "success")
    return redirect(url_for("calendars.views", removed=view.id), 303)


def view_restoration(view_id: uuid.UUID) -> Answer:
    """Take a view back."""
    view = restore_view(session(), actor(), view_id)
    flash(_("“%(name)s” is back.", name=view.name), "success")
    return redirect(url_for("calendars.views"), 303)


def view_opening(view_id: uuid.UUID) -> Answer:
    """Have one's calendar open with a view, or not any more."""
    opens = request.form.get("opens") == "y"
    view = open_with(session(), actor(), view_id, opens=opens)
    flash(
        _("Your calendar opens with “%(name)s”.", name=view.name)
        if opens
        else _("Your calendar opens with the month of all brands."),
        "success",
    )
    return redirect(url_for("calendars.views"), 303)


def opening_path() -> str | None:
    """Return the address of what the actor's calendar opens with; None where they chose nothing."""
    _chosen, seen = brands_asked(MultiDict())
    kept = opening_view(session(), actor(), [card.id for card in seen])
    return path_of(kept, seen) if kept else None


def path_of(kept: Kept, seen: Sequence[BrandCard]) -> str:
    """Return the address of a view around today, which names brands as they are called now."""
    chosen = [card for card in seen if card.id in kept.brands]
    zone = chosen[0].timezone if len(chosen) == 1 else current_agency_row().timezone
    ways = look_views(current_agency_row().slug, [*brand_pairs(chosen), *kept.asked], today_in(zone), kept.view)
    return next(way.path for way in ways if way.is_shown)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/calendar/views", view_func=views, methods=["GET"])
    blueprint.add_url_rule("/calendar/views", view_func=view_keeping, methods=["POST"])
    acts = {
        "name": view_changing, "removal": view_removal, "restoration": view_restoration, "opening": view_opening,
    }  # fmt: skip
    for name, view in acts.items():
        blueprint.add_url_rule(f"/calendar/views/<uuid:view_id>/{name}", view_func=view, methods=["POST"])


def _kept(query: str) -> tuple[Kept, list[BrandCard]]:
    """Return what an address shows, without its days, and its brands. Raises NotFoundError for brands unseen."""
    asked = MultiDict(parse_qsl(query))
    chosen, _seen = brands_asked(asked)
    view = asked.get("view", "")
    also = [(name, asked[name][:20]) for name in ALSO if asked.get(name)]
    pairs = [*Filters(**filters_from(asked)).pairs(), *also]
    return Kept(view if view in KNOWN else "month", [card.id for card in chosen], pairs), chosen


def _query() -> str:
    return request.query_string.decode(errors="replace")[:2000]


def _page(query: str | None = None, refusal: RefusedError | None = None, about: uuid.UUID | None = None) -> str:
    shown = _query() if query is None and request.method == "GET" else query or ""
    kept, _cards = _kept(shown)
    _chosen, seen = brands_asked(MultiDict())
    return render_template(
        "calendars/views.html",
        offered=_offered(seen),
        query=shown,
        said=_said(kept, seen) if shown and "removed=" not in shown else "",
        removed=request.args.get("removed", type=uuid.UUID),
        may_share=plans(actor()),
        refusal=refusal,
        about=about,
        typed=request.form,
        longest=LONG_NAME,
        new_operation_id=new_operation_id,
    )


def _offered(seen: list[BrandCard]) -> list[Offered]:
    found = views_found(session(), actor(), [card.id for card in seen])
    return [Offered(line, path_of(line.kept, seen), _said(line.kept, seen)) for line in found]


def _said(kept: Kept, seen: list[BrandCard]) -> str:
    """Return a view in words: which one, of which brands, narrowed by what."""
    filters = Filters(**filters_from(MultiDict(kept.asked)))
    brands = [card.name for card in seen if card.id in kept.brands]
    by = [chip.label for chip in chips(filters, Named(), lambda _filters: "")]
    return " · ".join([str(VIEWS[kept.view]), *brands, *by])
