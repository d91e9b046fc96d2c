"""The page of the agency's rooms in chats."""

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from limits import RateLimitItemPerHour
from werkzeug.wrappers import Response

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.hooks import keeping
from unisson.hooks.facts import BY_DEFAULT, NAMES, in_words
from unisson.hooks.forms import CHATS, RoomForm
from unisson.hooks.models import Hook
from unisson.hooks.shapes import Message
from unisson.web import limits
from unisson.web.db import runtime, session
from unisson.web.guards import actor, current_agency_row, visible_brands
from unisson.web.i18n import _

Answer = Response | str | tuple[str, int]

TRIES = RateLimitItemPerHour(60)


def rooms() -> Answer:
    """Show the agency's rooms, and a form for one more."""
    return _page()


def adding() -> Answer:
    """Add a room."""
    actor().require(Permission.AGENCY_SETTINGS)
    form = RoomForm()
    try:
        if not form.validate():
            return _page(form), 422
        added = keeping.add(runtime(), session(), actor(), _wanted(form))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _page(form), status
    flash(_("%(name)s is connected. Try it, to see that it gets there.", name=added.name), "success")
    return redirect(url_for("hooks.rooms"), 303)


def room(hook_id: uuid.UUID) -> Answer:
    """Show what a room is told."""
    return _room_page(keeping.room_of(session(), actor(), hook_id))


def changing(hook_id: uuid.UUID) -> Answer:
    """Keep what a room is told, and where it is."""
    hook, form = keeping.room_of(session(), actor(), hook_id), RoomForm()
    try:
        if not form.validate():
            return _room_page(hook, form), 422
        keeping.change(runtime(), session(), actor(), hook_id, _wanted(form))
    except RefusedError as refusal:
        status = form.refuse(refusal)
        return _room_page(hook, form), status
    flash(_("Kept."), "success")
    return redirect(url_for("hooks.rooms"), 303)


def trying(hook_id: uuid.UUID) -> Answer:
    """Send a message to a room now, and say what came of it."""
    hook = keeping.room_of(session(), actor(), hook_id)
    limits.spend_of_agency("room-try", TRIES, session().agency_id)
    home = url_for("calendars.month", _external=True)
    message = Message(in_words("test", "", {}), current_agency_row().name, home, _("Open"))
    try:
        keeping.try_out(runtime(), session(), actor(), hook.id, message)
    except RefusedError as refusal:
        return _page(refusal=refusal), refusal.status
    flash(_("%(name)s took the message: look there.", name=hook.name), "success")
    return redirect(url_for("hooks.rooms"), 303)


def removing(hook_id: uuid.UUID) -> Answer:
    """Let a room go."""
    name = keeping.remove(session(), actor(), hook_id)
    flash(_("%(name)s is told nothing any more.", name=name), "success")
    return redirect(url_for("hooks.rooms"), 303)


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/settings/rooms", view_func=rooms, methods=["GET"])
    blueprint.add_url_rule("/settings/rooms", view_func=adding, methods=["POST"])
    blueprint.add_url_rule("/settings/rooms/<uuid:hook_id>", view_func=room, methods=["GET"])
    blueprint.add_url_rule("/settings/rooms/<uuid:hook_id>", view_func=changing, methods=["POST"])
    blueprint.add_url_rule("/settings/rooms/<uuid:hook_id>/try", view_func=trying, methods=["POST"])
    blueprint.add_url_rule("/settings/rooms/<uuid:hook_id>/removal", view_func=removing, methods=["POST"])


def _wanted(form: RoomForm) -> keeping.Wanted:
    brand = next((card.id for card in visible_brands() if str(card.id) == form.brand.data), None)
    return keeping.Wanted(
        name=form.name.data or "", room=form.room.data, url=form.url.data or "", events=form.events.data or [],
        brand_id=brand,
    )  # fmt: skip


def _page(form: RoomForm | None = None, refusal: RefusedError | None = None) -> str:
    return render_template(
        "hooks/rooms.html",
        hooks=keeping.rooms_of(session(), actor()),
        brand_names={card.id: card.name for card in visible_brands()},
        form=form or RoomForm(None, data={"events": [event.value for event in BY_DEFAULT]}),
        refusal=refusal,
        chats=CHATS,
        names=NAMES,
    )


def _room_page(hook: Hook, form: RoomForm | None = None) -> str:
    shown = {"name": hook.name, "room": hook.room, "events": hook.events, "brand": str(hook.brand_id or "")}
    return render_template("hooks/room.html", hook=hook, form=form or RoomForm(None, data=shown), names=NAMES)
