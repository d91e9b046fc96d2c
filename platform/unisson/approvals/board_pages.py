"""The board's page, and its two verbs: each goes back to the board as it was looked at."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from tenants.errors import ForbiddenError, RefusedError
from tenants.permissions import Permission
from unisson.approvals import board as reading
from unisson.approvals import steering
from unisson.approvals.forms import HandOverForm, WaitForm
from unisson.approvals.waiting import waiting_for
from unisson.web.db import session
from unisson.web.guards import BrandCard, actor, brand_card, visible_brands
from unisson.web.i18n import _
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int]


def board() -> Answer:
    """Show what waits on whom, narrowed to a brand, a desk, or what is late."""
    return _page()


def nudge(wait_id: uuid.UUID) -> Answer:
    """Remind somebody by hand."""
    form = WaitForm()
    return _carried_out(
        lambda: steering.nudge(session(), actor(), wait_id, form.content_shown),
        _("The reminder is on its way."),
    )


def handover(wait_id: uuid.UUID) -> Answer:
    """Hand a seat over to somebody else."""
    form = HandOverForm()
    return _carried_out(
        lambda: steering.hand_over(session(), actor(), wait_id, form.person_chosen, form.content_shown),
        _("Handed over: the new person is asked now, and the former one no more."),
    )


def steers() -> bool:
    """Return whether the actor sees what waits on whom, on any brand."""
    return actor().may(Permission.APPROVAL_STEER) or bool(_steered())


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/approvals/board", view_func=board, methods=["GET"])
    blueprint.add_url_rule("/waits/<uuid:wait_id>/nudge", view_func=nudge, methods=["POST"])
    blueprint.add_url_rule("/waits/<uuid:wait_id>/handover", view_func=handover, methods=["POST"])


def _steered() -> list[BrandCard]:
    return [card for card in visible_brands() if actor().may(Permission.APPROVAL_STEER, card.id)]


def _carried_out(act: Callable[[], object], said: str) -> Answer:
    try:
        with session().begin_nested():
            act()
    except RefusedError as refusal:
        return _page(refusal) if steers() else _waiting(refusal)
    flash(said, "success")
    if not steers():
        return redirect(url_for("approvals.waiting"), 303)
    return redirect(url_for("approvals.board", **_looked_at()), 303)


def _waiting(refusal: RefusedError) -> Answer:
    """Say a refusal to somebody who hands over their own part, and does not see the board."""
    html = render_template("approvals/waiting.html", waiting=waiting_for(session(), actor()), to_do=(), refusal=refusal)
    return html, refusal.status


def _looked_at() -> dict[str, Any]:
    """Return how the board is narrowed, in its address or in the fields of a form on it."""
    allowed = {"side": reading.DESKS, "when": reading.WHENS}
    given = {name: request.values.get(name, "") for name in ("brand", "side", "when")}
    return {name: word for name, word in given.items() if word and word in allowed.get(name, (word,))}


def _page(refusal: RefusedError | None = None) -> Answer:
    if not steers():
        raise ForbiddenError(Permission.APPROVAL_STEER)
    brands, looked_at = _steered(), _looked_at()
    chosen = brand_card(looked_at["brand"]) if "brand" in looked_at else None
    if chosen is not None:
        actor().require(Permission.APPROVAL_STEER, chosen.id)
    ids = [chosen.id] if chosen else [card.id for card in brands]
    html = render_template(
        "approvals/board.html",
        board=reading.read(session(), reading.Lens(ids, looked_at.get("side", ""), looked_at.get("when", ""))),
        steered=brands,
        looked_at=looked_at,
        most=reading.MOST,
        refusal=refusal,
        new_operation_id=new_operation_id,
    )
    return html, refusal.status if refusal else 200
