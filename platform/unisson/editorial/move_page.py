"""Moving a content: a small form, and the same verb for the calendar's drag and drop."""

import uuid
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from flask import flash, jsonify, make_response, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from tenants.brands import Brand
from tenants.errors import RefusedError, StaleError
from tenants.permissions import Permission
from unisson.editorial.composer import REOPENED
from unisson.editorial.contents import load
from unisson.editorial.forms import DEFAULT_TIME, MoveForm
from unisson.editorial.models import Content, Variant
from unisson.editorial.moments import own_zone, when
from unisson.editorial.order import row_after
from unisson.editorial.reopening import date_is_free
from unisson.editorial.timing import AmbiguousError, parse_local
from unisson.editorial.writing import check_editable, clock_of, move
from unisson.strategy.rhythm import Asked, next_free
from unisson.strategy.slots import Occurrence
from unisson.web.db import session
from unisson.web.guards import actor, brand_card_of
from unisson.web.i18n import _, lazy, say_time
from unisson.web.operations import new_operation_id
from unisson.web.wishes import wants_json

CONFIRM = lazy("This content was submitted or approved. Moving it asks for the approval again: confirm that first.")

ASKS_AGAIN, KEEPS = "asks_again", "keeps"

Answer = Response | tuple[str, int]


def page(content_id: uuid.UUID) -> Answer:
    """Return the form, at the date that the content has (or that the address names)."""
    content = _loaded(content_id)
    check_editable(content)
    form = MoveForm()
    form.version.data = str(content.version)
    wall_time, fold = clock_of(session(), content)
    form.show(_named(request.args.get("wall_time"), content) or wall_time)
    form.fold.data = str(fold)
    return _rendered(content, form, 200)


def moved(content_id: uuid.UUID) -> Answer:
    """Move the content. A plain form is sent back to it; a script is told that the calendar changed."""
    content = _loaded(content_id)
    form = MoveForm()
    try:
        wall_time = _asked(form, content)
        with session().begin_nested():
            _confirm(content, form, wall_time)
            move(session(), actor(), content_id, wall_time, fold=form.fold_chosen, version_shown=form.version_shown)
    except RefusedError as refusal:
        session().refresh(content)
        return _refused(content, form, refusal)
    return _answered(content)


def _channels(content: Content) -> Sequence[uuid.UUID]:
    return session().scalars(select(Variant.channel_id).where(Variant.content_id == content.id)).all()


def _slot_url(content: Content, brand: str) -> str:
    """Return where the next free slot for a content is told."""
    about: dict[str, Any] = {"content": content.id, "topic": content.topic_id, "channel": _channels(content)}
    return url_for("strategy.next_slot", brand=brand, **about)


def _next_slot(content: Content) -> Occurrence | None:
    """Return the next free slot, for the link of a page without script."""
    brand = session().read_once(Brand, content.brand_id)
    return next_free(session(), brand, Asked(_channels(content), content.topic_id, content.id))


def _loaded(content_id: uuid.UUID) -> Content:
    content = load(session(), actor(), content_id, Permission.CONTENT_SCHEDULE)
    brand_card_of(content.brand_id)
    return content


def _asked(form: MoveForm, content: Content) -> datetime:
    """Return the wall time that is asked for: two fields, one value, or a day that keeps the time it had."""
    named = request.form.get("wall_time")
    if named:
        form.show(parse_local(named))
    elif form.date.data and not form.time.data and "time" not in request.form:
        form.time.data = _clock(content).strftime("%H:%M")
    typed = form.wall_time()
    if typed is None:
        raise RefusedError(lazy("Choose a date first."), field="date")
    return typed


def _clock(content: Content) -> time:
    wall_time, _fold = clock_of(session(), content)
    return wall_time.time() if wall_time else DEFAULT_TIME


def _named(typed: str | None, content: Content) -> datetime | None:
    """Return the wall time that a link proposes; a bare day keeps the content's time of day."""
    try:
        return parse_local(typed if typed and "T" in typed else f"{typed}T{_clock(content):%H:%M}") if typed else None
    except RefusedError:
        return None


def _confirm(content: Content, form: MoveForm, wall_time: datetime) -> None:
    shown, fold = clock_of(session(), content)
    stays = shown == wall_time and form.fold_chosen in (None, fold)
    if _rule(content) == ASKS_AGAIN and not stays and not form.confirmed.data:
        raise StaleError(CONFIRM, field="confirmed")


def _rule(content: Content) -> str:
    """Return what a move does to the approval, by the rule that the verb itself follows; "" where there is none yet."""
    if content.state not in REOPENED:
        return ""
    return KEEPS if date_is_free(session(), content) else ASKS_AGAIN


def _refused(content: Content, form: MoveForm, refusal: RefusedError) -> Answer:
    if wants_json():
        return _refused_to_script(content, form, refusal)
    if refusal.field == "confirmed" or content.version != form.version_shown:
        form.version.data = str(content.version)
    return _rendered(content, form, form.refuse(refusal))


def _refused_to_script(content: Content, form: MoveForm, refusal: RefusedError) -> Answer:
    """Say why; where a person has to confirm or to choose, name the form that asks them."""
    said = {"message": str(refusal.sentence)}
    if refusal.field == "confirmed" or isinstance(refusal, AmbiguousError):
        said["form"] = url_for("editorial.content_move", content_id=content.id, wall_time=_proposed(form))
    return make_response(jsonify(said), refusal.status)


def _proposed(form: MoveForm) -> str:
    return f"{form.date.data or ''}T{form.time.data or ''}"


def _answered(content: Content) -> Answer:
    if wants_json() and content.scheduled_at is not None:
        said = say_time(content.scheduled_at, content.zone, "clock")
        return make_response(jsonify(version=content.version, time=said, state=content.state))
    if request.headers.get("HX-Request") == "true":
        return Response(status=204, headers={"HX-Trigger": "calendar-changed"})
    flash(_("The content has a new date."), "success")
    return redirect(url_for("editorial.content", content_id=content.id), 303)


def _rendered(content: Content, form: MoveForm, status: int) -> tuple[str, int]:
    form.operation_id.data = new_operation_id()
    brand = brand_card_of(content.brand_id)
    partial = request.headers.get("HX-Request") == "true"
    template = "editorial/_move_form.html" if partial else "editorial/move.html"
    page = render_template(
        template,
        content=content,
        form_data=form,
        rule=_rule(content),
        row=row_after(session(), content),
        brand=brand,
        fold_offsets=form.twice(brand.timezone),
        now=when(content.scheduled_at, content.zone, own_zone()) if content.scheduled_at else None,
        slot_url=_slot_url(content, brand.slug),
        next_slot=_next_slot(content) if status == 200 and not partial else None,
        late=content.scheduled_at is not None and content.scheduled_at <= session().now(),
    )
    return page, status
