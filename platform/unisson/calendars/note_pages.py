"""The page of a note or an event of the calendar."""

import uuid
from collections.abc import Callable

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.calendars.models import CalendarNote, NoteKind
from unisson.calendars.notes import Noted, archive_note, change_note, load_note, note_down, place_note
from unisson.strategy.forms import day
from unisson.web.db import session
from unisson.web.forms import LineField, TextField, VersionForm
from unisson.web.guards import BrandCard, actor, brand_card, brand_card_of
from unisson.web.i18n import _, lazy
from unisson.web.operations import new_operation_id

Answer = Response | str | tuple[str, int] | tuple[Response, int]

KINDS = {NoteKind.NOTE.value: lazy("A note"), NoteKind.EVENT.value: lazy("An event")}
NO_DAY = lazy("This is not a day. Choose one, or leave it empty.")


class NoteForm(VersionForm):
    """A note, as it is typed."""

    kind = StringField(lazy("Kind"), default=NoteKind.NOTE.value)
    title = LineField(lazy("What it is"))
    details = TextField(lazy("Details"))
    starts_on = StringField(lazy("First day"))
    ends_on = StringField(lazy("Last day"))

    def noted(self) -> Noted:
        """Return what was typed. Raises RefusedError for what is no day."""
        starts_on, ends_on = day(self.starts_on.data), day(self.ends_on.data)
        if ends_on is None and (self.ends_on.data or "").strip():
            raise RefusedError(NO_DAY, field="ends_on")
        kind = NoteKind.EVENT if self.kind.data == NoteKind.EVENT else NoteKind.NOTE
        return Noted(kind, self.title.data or "", self.details.data or "", starts_on, ends_on)

    def show(self, note: CalendarNote) -> None:
        """Fill the fields from what is stored."""
        self.kind.data, self.title.data, self.details.data = note.kind, note.title, note.details
        self.starts_on.data, self.ends_on.data = note.starts_on.isoformat(), note.ends_on.isoformat()
        self.version.data = str(note.version)


def note_new(brand: str) -> Answer:
    """Write a note or an event of a brand, on the day that the address names."""
    card, form = brand_card(brand), NoteForm()
    actor().require(Permission.CONTENT_WRITE, card.id)
    if request.method == "GET":
        form.starts_on.data = request.args.get("date", "")[:10]
        return _page(card, form)
    return _kept(card, form, None, lambda: note_down(session(), actor(), card.id, form.noted()))


def note(note_id: uuid.UUID) -> Answer:
    """Show a note, to be read and changed."""
    found, form = load_note(session(), actor(), note_id), NoteForm()
    card = brand_card_of(found.brand_id)
    if request.method == "GET":
        form.show(found)
        return _page(card, form, found)
    return _kept(card, form, found, lambda: change_note(session(), actor(), note_id, form.noted(), form.version_shown))


def note_archiving(note_id: uuid.UUID) -> Answer:
    """Take a note off the calendar, or put it on again."""
    back = request.form.get("back") == "y"
    archive_note(session(), actor(), note_id, back=back)
    flash(_("It is on the calendar again.") if back else _("It is off the calendar. Its page puts it on again."))
    return redirect(url_for("calendars.note", note_id=note_id), 303)


def note_days(note_id: uuid.UUID) -> Answer:
    """Put a note on other days, as it was dragged, drawn longer or moved by keyboard; say so in sentences."""
    typed = request.form
    days = day(typed.get("starts_on", "")), day(typed.get("ends_on", ""))
    try:
        with session().begin_nested():
            place_note(session(), actor(), note_id, days, typed.get("shown", ""))
    except RefusedError as refusal:
        return jsonify(message=str(refusal.sentence)), refusal.status
    return jsonify(message=_("Saved."))


def register(blueprint: Blueprint) -> None:
    """Add the routes to `blueprint`."""
    blueprint.add_url_rule("/brands/<brand>/notes/new", view_func=note_new, methods=["GET", "POST"])
    blueprint.add_url_rule("/notes/<uuid:note_id>", view_func=note, methods=["GET", "POST"])
    blueprint.add_url_rule("/notes/<uuid:note_id>/days", view_func=note_days, methods=["POST"])
    blueprint.add_url_rule("/notes/<uuid:note_id>/archive", view_func=note_archiving, methods=["POST"])


def _kept(card: BrandCard, form: NoteForm, found: CalendarNote | None, act: Callable[[], CalendarNote]) -> Answer:
    try:
        with session().begin_nested():
            kept = act()
    except RefusedError as refusal:
        status, others = form.refuse_beside(refusal, found)
        return _page(card, form, found, others), status
    flash(_("Saved."), "success")
    return redirect(url_for("calendars.month", brand=card.slug, month=f"{kept.starts_on:%Y-%m}"), 303)


def _page(
    card: BrandCard, form: NoteForm, found: CalendarNote | None = None, others: CalendarNote | None = None
) -> str:
    form.operation_id.data = new_operation_id()
    return render_template(
        "calendars/note.html",
        card=card,
        bound=form,
        note=found,
        others=others,
        kinds=KINDS,
        new_operation_id=new_operation_id,
    )
