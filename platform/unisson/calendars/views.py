"""The pages of calendars: the month."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, cast

from flask import Blueprint, Flask, current_app, make_response, redirect, render_template, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from tenants.context import acting_for
from tenants.marks import nothing_since
from tenants.permissions import Permission
from unisson.calendars import (
    export_pages,
    feed_pages,
    filter_pages,
    list_pages,
    note_pages,
    paper_pages,
    view_pages,
    year_pages,
)
from unisson.calendars.grid import clocks, days, placed
from unisson.calendars.looks import Look, look_asked_for
from unisson.calendars.marks import Marks, slots_to_come, written
from unisson.calendars.narrowing import Named, chips, named
from unisson.calendars.period import is_today
from unisson.calendars.reading import TRAY_LIMIT
from unisson.calendars.shelves import Read, Shelf
from unisson.calendars.stamps import has_news, look_digest, shell_digest
from unisson.calendars.wording import STEPS, VIEWS, day_names, span_name, words
from unisson.web.arrivals import moment_of
from unisson.web.db import session
from unisson.web.fragments import Fragments, digest
from unisson.web.guards import actor, current_agency_row, visible_brands
from unisson.web.i18n import language, say_zone
from unisson.web.repeats import may_be_repeated
from unisson.web.ui import my_agencies

blueprint = Blueprint("calendars", __name__, url_prefix="/<agency>")
export_pages.register(blueprint)
feed_pages.register(blueprint)
filter_pages.register(blueprint)
list_pages.register(blueprint)
note_pages.register(blueprint)
paper_pages.register(blueprint)
view_pages.register(blueprint)
year_pages.register(blueprint)

_PLACE = Markup("<!--month-->")
_SLOT = Markup("<!--slot-->")
_CUT = str(_SLOT).encode()
"""Where the month goes in its page, and the contents in their month. What people type is escaped, never alike."""


class Desk(NamedTuple):
    """A brand that the actor writes for, and where they begin."""

    name: str
    path: str


@blueprint.get("/calendar")
def month() -> Response:
    """Show one month of one brand, or of all; asked for nothing in particular, what the person chose to open with."""
    opens = None if request.args or is_partial() else view_pages.opening_path()
    if opens:
        return redirect(opens, 302)
    look = look_asked_for()
    with acting_for(session().agency_id):
        return _answer(look, named(session(), look.filters, look.scope.writable))


def _answer(look: Look, called: Named) -> Response:
    me, home = actor(), current_agency_row()
    seen = look_digest(
        me, home.slug, look.path(look.span), look.today, look.zone, look.own_zone, visible_brands(), called
    )
    shell = shell_digest(seen, me, tuple(home), my_agencies(), is_partial())
    shelf, moment = _shelves().get_or_make(seen, Shelf), moment_of(session())
    read = shelf.read(session(), look.scope, moment)
    to_come = slots_to_come(look, read.beside)
    contents = digest(read.stamp, to_come)
    whole = digest(shell, contents)
    frame = partial(_frames().get_or_make, seen, partial(_fresh_frame, look, called))
    make = partial(_month, look, shelf, read, to_come, frame)
    if has_news():
        response = make_response(_fresh_shell(look).filled(shelf.part(contents, make)))
        response.headers["Cache-Control"] = "private, no-store"
        return response
    may_be_repeated(
        session(), partial(_still_holds, look, read.beside, to_come), [nothing_since(moment, look.scope.brands)]
    )
    if request.if_none_match.contains_weak(whole):
        response = current_app.response_class(status=304)
    else:
        whole_shell = _shells().get_or_make(shell, lambda: _fresh_shell(look))
        response = make_response(whole_shell.filled(shelf.part(contents, make)))
    response.set_etag(whole, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers.add("Vary", "Cookie, Accept-Language, HX-Request")
    return response


def _still_holds(look: Look, read: Marks, to_come: int) -> bool:
    return is_today(look.today, look.zone) and (not read.beats or slots_to_come(look, read) == to_come)


class Shell(NamedTuple):
    """A page without its month: what comes before and after it."""

    before: bytes
    after: bytes

    def filled(self, month: bytes) -> bytes:
        """Return the page with its month."""
        return b"".join((self.before, month, self.after))


def is_partial() -> bool:
    """Whether only the month is asked for."""
    return request.headers.get("HX-Request") == "true"


def _fresh_shell(look: Look) -> Shell:
    title = span_name(language(), look.span)
    if is_partial():
        return Shell(Markup("<title>{}</title>").format(title).encode(), b"")
    page = render_template("calendars/month.html", fragment=_PLACE, title=title, look=look).encode()
    before, _place, after = page.partition(str(_PLACE).encode())
    return Shell(before, after)


def _shelves() -> Fragments[Shelf]:
    return cast("Fragments[Shelf]", current_app.extensions["unisson.month_shelves"])


def _frames() -> Fragments[list[bytes]]:
    return cast("Fragments[list[bytes]]", current_app.extensions["unisson.month_frames"])


def _shells() -> Fragments[Shell]:
    return cast("Fragments[Shell]", current_app.extensions["unisson.month_shells"])


def _month(look: Look, shelf: Shelf, read: Read, to_come: int, frame: Callable[[], list[bytes]]) -> bytes:
    """Return the part of the page that navigation swaps: its frame, with what stands in it now.

    Nothing here knows the page's context, so that nothing of the one person who looks can be kept for another.
    """
    me = actor()
    movable = frozenset(str(card.id) for card in look.brands if me.may(Permission.CONTENT_SCHEDULE, card.id))
    found = placed(look.span, read.rows, clocks(look, movable), shelf.pieces)
    pieces = iter(frame())
    out = [next(pieces), _rendered("_empty.html", look).encode() if found.is_empty else b"", next(pieces)]
    marked = shelf.marked(read.beside, to_come, lambda: written(look, read.beside, words()))
    for marks, placed_here in zip(marked, found.days, strict=True):
        out += (marks, *placed_here, next(pieces))
    tray = _rendered("_tray.html", look, tray=found.tray, tray_limit=TRAY_LIMIT).encode() if found.tray else b""
    return b"".join((*out, tray, next(pieces)))


def _fresh_frame(look: Look, called: Named) -> list[bytes]:
    """Return the month without its contents, cut where they go: a notice, each day's entries, the tray."""
    around = {
        "slot": _SLOT,
        "name": span_name(language(), look.span),
        "days": days(look.span, look.today),
        "day_names": day_names(language()),
        "words": words(),
        "steps": STEPS[look.span.kind],
        "steps_of": STEPS,
        "views": VIEWS,
        "previous": look.span.previous if look.span.previous.is_within_reach else None,
        "following": look.span.following if look.span.following.is_within_reach else None,
        "zones": _zones(look),
        "chips": chips(look.filters, called, look.narrowed),
        "choices": [card for card in visible_brands() if actor().may(Permission.CALENDAR_SEE, card.id)],
        "accent": look.brands[0].accent if len(look.brands) == 1 else "ink",
    }
    return _rendered("_month.html", look, **around).encode().split(_CUT)


def _rendered(template: str, look: Look, **around: object) -> str:
    writable = look.scope.writable
    return current_app.jinja_env.get_template(f"calendars/{template}").render(
        look=look,
        writable=[Desk(card.name, f"brands/{card.slug}/contents/new") for card in look.brands if card.id in writable],
        may_open_brand=actor().may(Permission.BRAND_CREATE),
        **around,
    )


def _zones(look: Look) -> list[tuple[str, str]]:
    """Return whose clocks the entries are on: brand and city, or nothing when there is one clock for all."""
    if look.is_mine or len({card.timezone for card in look.brands} | {look.zone}) == 1:
        return []
    return [(card.name, say_zone(card.timezone)) for card in look.brands]


def init_app(app: Flask) -> None:
    """Register the routes."""
    app.extensions["unisson.month_shelves"] = Fragments[Shelf]("shelf", 12)
    app.extensions["unisson.month_frames"] = Fragments[list[bytes]]("frame", 48)
    app.extensions["unisson.month_shells"] = Fragments[Shell]("shell", 48)
    app.register_blueprint(blueprint)
