"""The page of notices, the bell that counts them, and having read them."""

import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, Response, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from tenants.errors import NotFoundError
from unisson.agency.clocks import clock_of_person
from unisson.notifications.inbox import cursor, inbox, unread_ids
from unisson.notifications.models import Notice
from unisson.notifications.notices import read
from unisson.notifications.showing import MOST, counted_for, unread_of
from unisson.web.arrivals import surroundings
from unisson.web.db import session
from unisson.web.guards import actor, visible_brands
from unisson.web.i18n import _, _n

Answer = BaseResponse | str

CHANGED = {"HX-Trigger": "notices-changed"}


def notices() -> Answer:
    """Show what the actor was told, the newest first."""
    only_unread = request.args.get("show") != "all"
    below = cursor(request.args.get("before", ""))
    found = inbox(session(), actor(), _known(), below=below, only_unread=only_unread)
    return render_template(
        "notifications/inbox.html",
        found=found,
        only_unread=only_unread,
        zone=clock_of_person(session(), actor().membership_id),
        until="" if below or not found.lines else found.lines[0].at.isoformat(),
    )


def bell() -> Answer:
    """Give the bell's number, and how it is read out: pages that stay open ask when they hear of something new."""
    number = _count()
    answer = jsonify(number=_shown(number), said=_said(number))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def reading(notice_id: uuid.UUID) -> Answer:
    """Have the actor have read one notice. Raises NotFoundError for one that is not theirs."""
    held = session().get(Notice, (session().agency_id, notice_id))
    if held is None or held.membership_id != actor().membership_id:
        raise NotFoundError
    read(session(), actor().membership_id, [notice_id])
    return _read()


def reading_all() -> Answer:
    """Have the actor have read what their page showed, and nothing that came since."""
    until = _moment(request.form.get("until", "")) or session().now()
    read(session(), actor().membership_id, unread_ids(actor(), _known(), until))
    return _read()


def _read() -> Answer:
    if request.headers.get("HX-Request") or request.headers.get("Sec-Fetch-Dest") == "empty":
        return Response(status=204, headers=CHANGED)
    return redirect(url_for("notices.notices"), 303)


def _moment(typed: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _known() -> list[uuid.UUID]:
    return [card.id for card in visible_brands()]


def _count() -> int:
    """Return how many notices the bell counts; a page that reads was told with its first statement."""
    around = surroundings()
    if around is not None:
        return counted_for(actor(), _known(), around.unread)
    return unread_of(session(), actor(), _known())


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/notices", view_func=notices, methods=["GET"])
    blueprint.add_url_rule("/notices/bell", view_func=bell, methods=["GET"])
    blueprint.add_url_rule("/notices/reading", view_func=reading_all, methods=["POST"])
    blueprint.add_url_rule("/notices/<uuid:notice_id>/reading", view_func=reading, methods=["POST"])


def share(app: Flask) -> None:
    """Give the pages of an agency the bell's number."""

    @app.context_processor
    def told() -> dict[str, Any]:
        return {"bell_count": _bell_count}

    app.jinja_env.globals.update(bell_number=_shown, bell_words=_said)


def _shown(number: int) -> str:
    """Return the number as the bell shows it: nothing for none."""
    return f"{MOST - 1}+" if number >= MOST else str(number or "")


def _said(number: int) -> str:
    """Return how the bell is called."""
    if not number:
        return _("Notifications")
    return _n("%(num)s unread notification", "%(num)s unread notifications", number)


def _bell_count() -> int | None:
    """Return the number, asked only by pages that draw the bell; None outside of any agency."""
    return _count() if "actor" in g and not g.get("database_is_away") else None
