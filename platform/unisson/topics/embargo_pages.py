"""The page of a topic's embargo: it shows what another one would change before it does."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.forms import ScheduleForm
from unisson.editorial.moments import When, when
from unisson.topics.embargo import embargo_of
from unisson.topics.models import Holds, Topic
from unisson.topics.planning import load_topic
from unisson.topics.shifting import Touched, TouchesError, TypedEmbargo, set_embargo
from unisson.web.db import session
from unisson.web.forms import LineField
from unisson.web.guards import actor, brand_card_of
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

Answer = Response | tuple[str, int]

HOLDS = {
    Holds.EVERYTHING: lazy("Everything: nothing of the topic leaves before"),
    Holds.PUBLIC: lazy("What the public can read: a release may go to a press list before, under embargo"),
}


class EmbargoForm(ScheduleForm):
    """Until when, what of it, and why. `confirmed` is wanted where planned contents change by it."""

    holds = StringField(lazy("What it holds back"), default=Holds.EVERYTHING.value)
    reason = LineField(lazy("Why"))
    shared = BooleanField(lazy("People from outside, whom a chain asks by their address, may read it before"))
    confirmed = BooleanField(lazy("Yes, change these contents as shown"))

    def typed(self) -> TypedEmbargo:
        """Return what was typed. Raises RefusedError for a date that can't be read."""
        holds = Holds.PUBLIC if self.holds.data == Holds.PUBLIC.value else Holds.EVERYTHING
        shared = bool(self.shared.data)
        return TypedEmbargo(self.wall_time(), self.fold_chosen, holds, self.reason.data or "", shared)


class TouchedRow(NamedTuple):
    """A content that the embargo would change, in words."""

    id: uuid.UUID
    title: str
    state: str
    now: When | None
    moves_to: When | None
    asks_again: bool


def page(topic_id: uuid.UUID) -> Answer:
    """Show the embargo as it is."""
    topic = _loaded(topic_id)
    form, known = EmbargoForm(), embargo_of(topic)
    form.version.data = str(topic.version)
    if known:
        form.show(known.wall_time)
        form.fold.data, form.holds.data, form.reason.data = str(known.fold), known.holds.value, known.reason
        form.shared.data = known.shared
    return _rendered(topic, form), 200


def setting(topic_id: uuid.UUID) -> Answer:
    """Set, move or lift the embargo; what that changes is shown first."""
    topic = _loaded(topic_id)
    form = EmbargoForm()
    lifts = request.form.get("action") == "lift"
    try:
        typed = None if lifts else form.typed()
        with session().begin_nested():
            set_embargo(session(), actor(), topic_id, typed, form.version_shown, confirmed=bool(form.confirmed.data))
    except RefusedError as refusal:
        session().refresh(topic)
        rows = _rows(refusal.touched) if isinstance(refusal, TouchesError) else ()
        if form.version_shown != topic.version:
            form.version.data = str(topic.version)
        status = form.refuse(refusal)
        return _rendered(topic, form, rows, lifts=lifts), status
    flash(_("The embargo is lifted.") if lifts else _("The embargo is set."), "success")
    return redirect(url_for("topics.topic", topic_id=topic_id), 303)


def _loaded(topic_id: uuid.UUID) -> Topic:
    topic = load_topic(session(), actor(), topic_id)
    actor().require(Permission.CONTENT_SCHEDULE, topic.brand_id)
    return topic


def _rows(touched: Sequence[Touched]) -> list[TouchedRow]:
    return [
        TouchedRow(
            each.content_id,
            each.title,
            each.state,
            when(each.scheduled_at, each.zone) if each.scheduled_at else None,
            when(each.moves_to, each.zone) if each.moves_to else None,
            each.asks_again,
        )
        for each in touched
    ]


def _rendered(topic: Topic, form: EmbargoForm, rows: Sequence[TouchedRow] = (), *, lifts: bool = False) -> str:
    form.operation_id.data = new_operation_id()
    card = brand_card_of(topic.brand_id)
    return render_template(
        "topics/embargo.html",
        card=card,
        topic=topic,
        embargo=embargo_of(topic),
        bound=form,
        rows=rows,
        lifts=lifts,
        holds=HOLDS,
        fold_offsets=form.twice(card.timezone),
    )
