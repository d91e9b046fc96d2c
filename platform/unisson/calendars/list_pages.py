"""The calendar as a list and as a board: filters, what is done to many contents at once, and undoing that."""

import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.calendars.acts import Act, Order, Outcome, Refusal, carry_out, last_act, undo
from unisson.calendars.filters import uuid_or_none
from unisson.calendars.listing import COLUMNS, Reach, Wanted, columns, found, wanted_from
from unisson.calendars.looks import brand_pairs, brands_asked, clock_pairs, own_clock, place, views
from unisson.calendars.narrowing import offered
from unisson.calendars.period import today_in
from unisson.calendars.wording import VIEWS
from unisson.editorial.composer import channel_registry
from unisson.editorial.limits import check_with
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, current_agency_row
from unisson.web.i18n import _, _n, lazy
from unisson.web.operations import new_operation_id
from unisson.web.people import me
from unisson.web.wishes import wants_json

Answer = Response | str | tuple[str, int] | tuple[Response, int]

MOST_SAID = 4
"""Of how many contents that stay as they are a view says why; the list says it of all."""

BOARD = {
    "writing": lazy("Being written"),
    "review": lazy("In review"),
    "ready": lazy("Ready to leave"),
    "stopped": lazy("Stopped"),
    "out": lazy("Gone out"),
}


def listed() -> Answer:
    """Show contents as a list."""
    return _page()


def board() -> Answer:
    """Show contents as a board, by how far they are."""
    chosen, seen = brands_asked(request.args)
    wanted = _wanted(chosen, request.args)
    return render_template(
        "calendars/board.html",
        found=columns(session(), _reach(chosen or seen), wanted),
        names=BOARD,
        states={name: [state.value for state in states] for name, states in COLUMNS.items()},
        **_around(chosen, seen, wanted, "board"),
    )


def acting() -> Answer:
    """Carry one thing out on all chosen contents; say of each that stays as it is why."""
    try:
        outcome = _carried_out(request.form)
    except RefusedError as refusal:
        if wants_json():
            return jsonify(refused=[str(refusal.sentence)]), refusal.status
        return _page(refusal=refusal, status=refusal.status)
    if wants_json():
        return _told(outcome)
    if not outcome.done:
        return _page(outcome=outcome, status=422)
    flash(_n("%(num)s content was changed.", "%(num)s contents were changed.", outcome.done), "success")
    if outcome.refused:
        return _page(outcome=outcome)
    # Whatever was asked stands behind our own path.
    # nosemgrep: redirect-to-what-was-asked  # noqa: ERA001
    return redirect(f"{url_for('calendars.listed')}?{_back(act=str(outcome.act_id))}", 303)


def undoing(act_id: uuid.UUID) -> Answer:
    """Take back what was done to many contents."""
    outcome = undo(session(), actor(), act_id)
    if wants_json():
        return _told(outcome)
    flash(_n("%(num)s content is as it was.", "%(num)s contents are as they were.", outcome.done), "success")
    if outcome.refused:
        return _page(outcome=outcome)
    return redirect(f"{url_for('calendars.listed')}?{_back()}", 303)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/calendar/list", view_func=listed, methods=["GET"])
    blueprint.add_url_rule("/calendar/board", view_func=board, methods=["GET"])
    blueprint.add_url_rule("/calendar/acts", view_func=acting, methods=["POST"])
    blueprint.add_url_rule("/calendar/acts/<uuid:act_id>/undo", view_func=undoing, methods=["POST"])


def _page(refusal: RefusedError | None = None, outcome: Outcome | None = None, status: int = 200) -> tuple[str, int]:
    """Show the list that the address asks for, or the one that a form was sent from."""
    asked = request.args if request.method == "GET" else _sent_from()
    chosen, seen = brands_asked(asked)
    wanted = _wanted(chosen, asked)
    act_id = outcome.act_id if outcome else uuid_or_none(asked.get("act_id", ""))
    html = render_template(
        "calendars/list.html",
        found=found(session(), _reach(chosen or seen), wanted, asked.get("after", "")),
        after=asked.get("after", ""),
        refusal=refusal,
        outcome=outcome,
        undoable=last_act(session(), actor(), act_id),
        typed=request.form,
        ticked=set(request.form.getlist("content")),
        **_around(chosen, seen, wanted, "list"),
    )
    return html, status


def _carried_out(typed: "MultiDict[str, str]") -> Outcome:
    try:
        wanted = Act(typed.get("act", ""))
    except ValueError:
        raise RefusedError(lazy("Choose what to do with them."), field="act") from None
    order = Order(wanted, _days(typed.get("days", "")), typed.get("tag", "")[:40], typed.get("again") == "y")
    with session().begin_nested():
        return carry_out(session(), actor(), order, _ids(typed.getlist("content")), check_with(channel_registry()))


def _told(outcome: Outcome) -> tuple[Response, int]:
    """Say to a view that stays open what became of it: in sentences, and by which address to undo it."""
    told: dict[str, Any] = {"refused": [_why(each) for each in outcome.refused[:MOST_SAID]]}
    left = len(outcome.refused) - MOST_SAID
    if left > 0:
        told["refused"].append(_n("%(num)s more stays as it is.", "%(num)s more stay as they are.", left))
    if outcome.done:
        told["message"] = _n("%(num)s content was changed.", "%(num)s contents were changed.", outcome.done)
    if outcome.act_id:
        told["undo"] = url_for("calendars.undoing", act_id=outcome.act_id)
    return jsonify(told), 200 if outcome.done else 422


def _why(refused: Refusal) -> str:
    return _("“%(title)s” stays as it is. %(why)s", title=refused.title or _("Untitled"), why=refused.sentence)


def _sent_from() -> "MultiDict[str, str]":
    return MultiDict(parse_qsl(request.form.get("from", "")[:2000]))


def _back(**more: str) -> str:
    """Return the query of the list that a form was sent from."""
    asked = _sent_from()
    chosen, _seen = brands_asked(asked)
    told = {**dict([*brand_pairs(chosen), *clock_pairs(own_clock(asked) is not None)]), "after": asked.get("after", "")}
    return _wanted(chosen, asked).query(**told, **({"act_id": more["act"]} if more else {}))


def _around(chosen: list[BrandCard], seen: list[BrandCard], wanted: Wanted, view: str) -> dict[str, Any]:
    acting = actor()
    inside = [card for card in seen if acting.may(Permission.CONTENT_WRITE, card.id)]
    shown = chosen or seen
    own = own_clock(request.args if request.method == "GET" else _sent_from())
    asked = [*brand_pairs(chosen), *wanted.pairs(), *clock_pairs(own is not None)]
    slug = current_agency_row().slug
    return {
        "wanted": wanted,
        "brand": chosen[0] if len(chosen) == 1 else None,
        "chosen": chosen,
        "cards": {card.id: card for card in seen},
        "choices": seen,
        "inside": inside,
        "writes": any(acting.may(Permission.CONTENT_WRITE, card.id) for card in shown),
        "query": wanted.query(**dict(brand_pairs(chosen)), **dict(clock_pairs(own is not None))),
        "own": own,
        "own_zone": me().timezone,
        "switched": f"{place(slug, view)}?{wanted.query(**dict([*brand_pairs(chosen), *clock_pairs(own is None)]))}",
        "looks": views(slug, asked, today_in(wanted.zone), view),
        "views": VIEWS,
        "shown": view,
        "new_operation_id": new_operation_id,
        **offered(session(), wanted, shown, inside),
    }


def _reach(shown: Sequence[BrandCard]) -> Reach:
    brands = [card.id for card in shown]
    return Reach(brands, [each for each in brands if actor().may(Permission.CONTENT_WRITE, each)])


def _wanted(chosen: Sequence[BrandCard], asked: Any) -> Wanted:
    brands = chosen[0].timezone if len(chosen) == 1 else current_agency_row().timezone
    zone = own_clock(asked) or brands
    return wanted_from(asked, today_in(zone), zone)


def _days(typed: str) -> int:
    text = typed.strip().removeprefix("+")
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 5):
        return 0
    return -int(digits) if text.startswith("-") else int(digits)


def _ids(typed: Sequence[str]) -> list[uuid.UUID]:
    return [each for each in map(uuid_or_none, typed) if each is not None]
