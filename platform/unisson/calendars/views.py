"""The pages of calendars: the month."""

import re
from collections.abc import Sequence
from functools import partial
from typing import cast

from flask import Blueprint, Flask, current_app, g, make_response, redirect, render_template, request
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
    months,
    note_pages,
    paper_pages,
    view_pages,
    year_pages,
)
from unisson.calendars.grid import days
from unisson.calendars.looks import Look, Onlooker, look_asked_for
from unisson.calendars.months import Comer, Renewal, Shell, Sight, months_of, renewal, seen_of
from unisson.calendars.narrowing import Named, chips, named
from unisson.calendars.stamps import around_digest, has_news, sees_digest
from unisson.calendars.wording import STEPS, VIEWS, day_names, span_name, words
from unisson.web.arrivals import moment_of, surroundings
from unisson.web.db import session
from unisson.web.guards import actor, current_agency_row, visible_brands
from unisson.web.i18n import language, pick_language, say_zone
from unisson.web.people import me
from unisson.web.renewed import Visit, may_be_renewed, renew
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
    kept = months_of(cast("Flask", g.app))
    sight = Sight(_comer(), look, language(), called)
    stands = kept.standing(session(), sight, moment_of(session()))

    def part() -> Sequence[bytes]:
        return kept.part(sight, stands, lambda: kept.frames.get_or_make(sight.seen, partial(_fresh_frame, sight)))

    if has_news():
        response = make_response(_fresh_shell(look).filled(part()))
        response.headers["Cache-Control"] = "private, no-store"
        return response
    may_be_repeated(session(), stands.holding(look), [nothing_since(stands.read.moment, look.scope.brands)])
    may_be_renewed(session().agency_id, sight.comer)
    if request.if_none_match.contains_weak(stands.whole):
        response = current_app.response_class(status=304)
    else:
        shell = kept.shells.get_or_make(sight.shell, partial(_fresh_shell, look))
        response = make_response(shell.filled(part()))
    response.set_etag(stands.whole, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers.add("Vary", "Cookie, Accept-Language, HX-Request")
    return response


def _comer() -> Comer:
    """Return who comes, as their months are made for them."""
    by, around = Onlooker.here(), surroundings()
    return Comer(
        by,
        me().language,
        pick_language(request.cookies.get("lang")),
        sees_digest(by.actor, by.agency.slug, by.own_zone, by.brands),
        around_digest(by.actor, tuple(by.agency), my_agencies(), around.unread if around else None, is_partial()),
    )


def is_partial() -> bool:
    """Whether only the month is asked for."""
    return request.headers.get("HX-Request") == "true"


def _fresh_shell(look: Look) -> Shell:
    title = span_name(language(), look.span)
    if is_partial():
        of = look.brand.name if look.brand else current_agency_row().name
        return Shell(Markup("<title>{} · {}</title>").format(title, of).encode(), b"")
    page = render_template("calendars/month.html", fragment=_PLACE, title=title, look=look).encode()
    before, _place, after = page.partition(str(_PLACE).encode())
    return Shell(before, after)


def _fresh_frame(sight: Sight) -> list[bytes]:
    """Return the month without its contents, cut where they go: a notice, each day's entries, the tray."""
    look = sight.look
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
        "chips": chips(look.filters, sight.called, look.narrowed),
        "choices": [card for card in visible_brands() if actor().may(Permission.CALENDAR_SEE, card.id)],
        "accent": look.brands[0].accent if len(look.brands) == 1 else "ink",
    }
    page = current_app.jinja_env.get_template("calendars/_month.html")
    return page.render(**seen_of(sight), **around).encode().split(_CUT)


def _zones(look: Look) -> list[tuple[str, str]]:
    """Return whose clocks the entries are on: brand and city, or nothing when there is one clock for all."""
    if look.is_mine or len({card.timezone for card in look.brands} | {look.zone}) == 1:
        return []
    return [(card.name, say_zone(card.timezone)) for card in look.brands]


class _Month:
    """The month, as it is made anew."""

    path = re.compile(r"/[a-z0-9][a-z0-9-]{1,48}/calendar", re.ASCII)

    def __init__(self, app: Flask) -> None:
        self._app = app

    def renewal(self, facts: Comer, visit: Visit) -> Renewal | None:
        """Return how the page of an address is made for somebody whom the application let in."""
        return renewal(self._app, facts, visit)


def init_app(app: Flask) -> None:
    """Register the routes."""
    months.init_app(app)
    renew(app, _Month(app))
    app.register_blueprint(blueprint)
