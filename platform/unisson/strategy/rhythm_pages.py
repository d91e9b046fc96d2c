"""Setting a brand's weekly rhythm, and telling the next free beat of it to a form."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, time

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.strategy.page import Answer, strategy_page
from unisson.strategy.rhythm import Asked, end_beat, next_free, set_beats
from unisson.strategy.slots import Occurrence
from unisson.web.db import session
from unisson.web.guards import actor, brand_card, brand_card_of
from unisson.web.i18n import _, _n, say_time, say_zone


def beats_setting(brand: str) -> Answer:
    """Add beats to a brand's rhythm."""
    card, typed = brand_card(brand), request.form
    actor().require(Permission.TOPIC_PLAN, card.id)
    try:
        with session().begin_nested():
            new = set_beats(
                session(),
                actor(),
                card.id,
                _uuid(typed.get("channel")),
                weekdays=[int(each) for each in typed.getlist("weekday") if each in set("0123456")],
                clock=_clock(typed.get("clock")),
            )
    except RefusedError as refusal:
        return strategy_page(card, refusal), refusal.status
    flash(_n("%(num)s slot is added.", "%(num)s slots are added.", new), "success")
    return redirect(url_for("strategy.strategy", brand=card.slug, _anchor="rhythm"), 303)


def beat_ending(slot_id: uuid.UUID) -> Answer:
    """Take a beat away."""
    brand_id = end_beat(session(), actor(), slot_id)
    flash(_("The slot is taken away."), "success")
    return redirect(url_for("strategy.strategy", brand=brand_card_of(brand_id).slug, _anchor="rhythm"), 303)


def next_slot(brand: str) -> Response:
    """Tell the next free beat for what a form holds: the fields to be filled, and a sentence."""
    card, typed = brand_card(brand), request.args
    actor().require(Permission.CONTENT_WRITE, card.id)
    asked = Asked(
        channel_ids=_uuids(typed.getlist("channel")),
        topic_id=_uuid(typed.get("topic")),
        content_id=_uuid(typed.get("content")),
        after=_instant(typed.get("after")),
    )
    found = next_free(session(), session().read_once(Brand, card.id), asked)
    answer = jsonify(_told(found, card.timezone))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/rhythm", view_func=beats_setting, methods=["POST"])
    blueprint.add_url_rule("/slots/<uuid:slot_id>/remove", view_func=beat_ending, methods=["POST"])
    blueprint.add_url_rule("/brands/<brand>/next-slot", view_func=next_slot, methods=["GET"])


def _told(found: Occurrence | None, zone: str) -> dict[str, object]:
    if found is None:
        return {
            "message": _(
                "The rhythm holds no free slot for these channels within half a year."
                " It is set at the end of the brand’s strategy page."
            )
        }
    about = {"time": say_time(found.at, zone, "moment_year"), "zone": say_zone(zone)}
    return {
        "date": f"{found.wall_time:%Y-%m-%d}",
        "time": f"{found.wall_time:%H:%M}",
        "twice": found.comes_twice,
        "at": found.at.isoformat(),
        "message": _("The next good slot: %(time)s (%(zone)s).", **about),
    }


def _clock(typed: str | None) -> time | None:
    try:
        return datetime.strptime((typed or "").strip()[:5], "%H:%M").replace(tzinfo=UTC).time()
    except ValueError:
        return None


def _instant(typed: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(typed) if typed else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None and 2000 < found.year < 2199 else None


def _uuids(typed: Sequence[str]) -> list[uuid.UUID]:
    return [each for each in map(_uuid, typed[:50]) if each is not None]


def _uuid(typed: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed or "")
    except ValueError:
        return None
