"""The page of the agency's trail: who did what, when; narrowed, and as a file."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date

from flask import Response, render_template, request, stream_with_context
from werkzeug.wrappers import Response as BaseResponse

from tenants.permissions import Permission
from unisson.activity.seals import head
from unisson.agency.people import people
from unisson.agency.routes import blueprint
from unisson.agency.trail_reading import MOST_LINES, Line, Wanted, lines, page
from unisson.agency.trail_words import done
from unisson.web.db import session
from unisson.web.guards import actor, current_agency_row, visible_brands
from unisson.web.i18n import _, lazy
from unisson.web.spreadsheets import as_csv

Answer = BaseResponse | str

ABOUT = {
    "content": lazy("Contents"),
    "approval": lazy("Reminders and hand-overs"),
    "publication": lazy("Publications"),
    "channel": lazy("Channels"),
    "list": lazy("Lists of addresses"),
    "link": lazy("Clients’ links"),
    "person": lazy("People and roles"),
    "invitation": lazy("Invitations"),
    "brand": lazy("Brands"),
    "chain": lazy("Approval chains"),
    "topic": lazy("Topics"),
    "strategy": lazy("Strategies"),
    "media": lazy("Images"),
    "import": lazy("Imports"),
    "calendar": lazy("Many contents at once"),
    "feed": lazy("Calendar feeds"),
    "domain": lazy("Web addresses"),
    "support": lazy("Support"),
    "room": lazy("Rooms in chats"),
    "token": lazy("Tokens"),
    "export": lazy("Files taken out"),
    "agency": lazy("Agency"),
}
"""What can be looked at by itself: the first half of a verb → its name."""

COLUMNS = (lazy("Date"), lazy("Who"), lazy("What"), lazy("Brand"), lazy("Content"), lazy("Event"), lazy("Identifier"))


@blueprint.get("/activity")
def activity() -> Answer:
    """Show what was done in the agency, the newest first."""
    actor().require(Permission.AGENCY_SETTINGS)
    return render_template(
        "agency/activity.html",
        found=page(session(), _wanted(), request.args.get("after", "")),
        done=done,
        zone=current_agency_row().timezone,
        wanted=_wanted(),
        brand_choices=[(card.slug, card.name) for card in visible_brands()],
        persons=[(str(line.id), line.name) for line in people(session(), actor()) if line.has_joined],
        about=list(ABOUT.items()),
        query={name: value for name, value in request.args.items() if name != "after" and value},
        most=MOST_LINES,
        sealed=head(session()),
    )


@blueprint.get("/activity.csv")
def activity_csv() -> Answer:
    """Give what was done as a file, its times in UTC."""
    actor().require(Permission.AGENCY_SETTINGS)
    rows = _rows(lines(session(), _wanted()))
    answer = Response(stream_with_context(as_csv(COLUMNS, rows)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="activity.csv"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _wanted() -> Wanted:
    """Return what the address asks for; what can't be read of it narrows nothing."""
    typed = request.args
    brand = next((card.id for card in visible_brands() if card.slug == typed.get("brand")), None)
    about = typed.get("about", "")
    return Wanted(
        zone=current_agency_row().timezone,
        brand_id=brand,
        person_id=typed.get("person", type=uuid.UUID),
        about=about if about in ABOUT else "",
        since=_day(typed.get("since", "")),
        until=_day(typed.get("until", "")),
    )


def _day(typed: str) -> date | None:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2199 else None


def _rows(found: Iterator[Line]) -> Iterator[Iterable[object]]:
    """Yield the rows of the file; where it is cut, the last one says so: a file is kept as evidence."""
    for number, line in enumerate(found):
        if number == MOST_LINES:
            yield [_("Cut here, at %(num)s lines. Take a shorter period for what is older.", num=MOST_LINES)]
            return
        yield _cells(line)


def _cells(line: Line) -> Iterator[object]:
    yield from (f"{line.at:%Y-%m-%dT%H:%M:%SZ}", line.who, done(line.verb), line.brand or "", line.title or "")
    yield from (line.verb, line.subject_id)
