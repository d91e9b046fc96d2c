"""What the trail is told of by itself, whichever page it was: that a member came in, and that a file was taken out."""

import uuid

from flask import Flask, Response, g, request
from flask import session as cookie
from sqlalchemy.dialects.postgresql import insert

from tenants.access import Actor
from unisson.activity.models import Event
from unisson.activity.trail import record
from unisson.web.db import session
from unisson.web.forms import one_line
from unisson.web.people import me

EXPORTS = {
    "agency.activity_csv": "export.activity",
    "closing.kept_csv": "export.decisions",
    "approvals.decisions_csv": "export.decisions",
    "approvals.proof_pdf": "export.proof",
    "calendars.month_csv": "export.calendar",
    "calendars.month_pdf": "export.calendar",
    "calendars.month_xlsx": "export.calendar",
    "publishing.channel_export": "export.list",
}
"""The pages that hand a file of the agency's data out, and what the trail says of it."""

_MET = "met"
"""Where the browser keeps, signed, in which agencies it was since it signed in. A new sign-in begins anew."""


def init_app(app: Flask) -> None:
    """Look at each answer to a member of an agency before it is committed."""

    @app.after_request
    def notice(response: Response) -> Response:
        known: Actor | None = g.get("actor")
        if known is not None and response.status_code < 400:
            _came_in(known)
            _took_out(known, response)
        return response


def _came_in(known: Actor) -> None:
    """Record the first page of a sign-in in this agency: what the person does in others is none of its business."""
    met: list[str] = cookie.get(_MET, [])
    if known.agency_id.hex in met:
        return
    cookie[_MET] = [*met, known.agency_id.hex][-20:]
    about = {
        "agency_id": known.agency_id,
        "id": uuid.uuid5(known.agency_id, str(me().sign_in_id)),
        "actor_id": known.membership_id,
        "actor_name": known.name,
        "verb": "person.signed_in",
        "subject_kind": "membership",
        "subject_id": known.membership_id,
    }
    # Two pages may be the first at once: both make the same identifier.
    session().execute(insert(Event).values(about).on_conflict_do_nothing())


def _took_out(known: Actor, response: Response) -> None:
    verb = EXPORTS.get(request.endpoint or "")
    if verb is None or request.method != "GET" or "attachment" not in response.headers.get("Content-Disposition", ""):
        return
    asked = {one_line(name)[:100]: one_line(value)[:100] for name, value in list(request.args.items())[:20]}
    content_id = (request.view_args or {}).get("content_id")
    about = ("content", content_id) if content_id else ("agency", known.agency_id)
    record(session(), known, verb, *about, brand_id=g.brand.id if g.get("brand") else None, asked=asked)
