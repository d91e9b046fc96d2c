"""The page where a draft is repeated: the dates are shown before anything is written."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms import SelectChoice, SelectField, SelectMultipleField, StringField  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.widgets import CheckboxInput, DateInput, ListWidget

from tenants.errors import RefusedError
from tenants.permissions import Permission
from unisson.editorial.contents import load
from unisson.editorial.models import Content
from unisson.editorial.series import MOST, Occurrence, Repeat, Rhythm, dates_of, repeat_draft, undo_repetition
from unisson.web.db import session
from unisson.web.forms import Form
from unisson.web.guards import actor, brand_card_of
from unisson.web.i18n import _, _n, lazy, say_time
from unisson.web.operations import new_operation_id

Answer = Response | tuple[str, int]

RHYTHMS = {Rhythm.DAYS: lazy("days"), Rhythm.WEEKS: lazy("weeks"), Rhythm.MONTHS: lazy("months, on the same day")}
WEEKDAYS = (
    lazy("Monday"), lazy("Tuesday"), lazy("Wednesday"), lazy("Thursday"), lazy("Friday"), lazy("Saturday"),
    lazy("Sunday"),
)  # fmt: skip
BAD_DAY = lazy("This day could not be read. Write it as 2026-10-14.")
BAD_RHYTHM = lazy("Choose days, weeks or months.")


class RepeatForm(Form):
    """How often, and until when or how many times."""

    every = StringField(lazy("Every"), default="1")
    rhythm = SelectField(
        lazy("Counted in"),
        choices=[SelectChoice(each.value, label) for each, label in RHYTHMS.items()],
        default=Rhythm.WEEKS.value,
        validate_choice=False,
    )
    weekdays = SelectMultipleField(
        lazy("On these days of the week"),
        choices=[SelectChoice(str(number), name) for number, name in enumerate(WEEKDAYS)],
        validate_choice=False,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    until = StringField(lazy("Until"), widget=DateInput())
    count = StringField(lazy("How many times"))

    def repeat(self) -> Repeat:
        """Return what was typed. Raises RefusedError for what can't be read."""
        if self.rhythm.data not in set(Rhythm):
            raise RefusedError(BAD_RHYTHM, field="rhythm")
        typed = str(self.until.data or "").strip()
        try:
            until = date.fromisoformat(typed) if typed else None
        except ValueError as error:
            raise RefusedError(BAD_DAY, field="until") from error
        days = {str(each) for each in self.weekdays.data or ()} & set(map(str, range(7)))
        return Repeat(
            rhythm=Rhythm(self.rhythm.data),
            every=_number(self.every.data) or 0,
            weekdays=frozenset(map(int, days)),
            until=until,
            count=_number(self.count.data),
        )


def _number(typed: object) -> int | None:
    """Return a typed number; None for nothing, 0 for what is none."""
    text = str(typed or "").strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def page(content_id: uuid.UUID) -> Answer:
    """Show the form."""
    content = load(session(), actor(), content_id, Permission.CONTENT_WRITE)
    return _shown(content, RepeatForm(), (), 200)


def repeated(content_id: uuid.UUID) -> Answer:
    """Show the dates that what was typed comes to, or write the drafts."""
    content, form = load(session(), actor(), content_id, Permission.CONTENT_WRITE), RepeatForm()
    try:
        if request.form.get("action") != "create":
            return _shown(content, form, dates_of(session(), content, form.repeat()), 200)
        with session().begin_nested():
            made = repeat_draft(session(), actor(), content_id, form.repeat())
    except RefusedError as refusal:
        session().refresh(content)
        return _shown(content, form, (), form.refuse(refusal))
    told = {
        "text": _n("%(num)s draft is written.", "%(num)s drafts are written.", len(made)),
        "undo_url": url_for("editorial.content_repetition_undo", content_id=content_id),
    }
    flash(told, "success")  # type: ignore[arg-type]  # a mapping carries the way to undo
    return redirect(url_for("editorial.content", content_id=content_id), 303)


def undone(content_id: uuid.UUID) -> Answer:
    """Cancel the drafts of the last repetition that nobody touched."""
    try:
        gone, kept = undo_repetition(session(), actor(), content_id)
    except RefusedError as refusal:
        flash(str(refusal.sentence), "error")
        return redirect(url_for("editorial.content", content_id=content_id), 303)
    said = _n("%(num)s draft is cancelled.", "%(num)s drafts are cancelled.", gone)
    if kept:
        said += " " + _n("%(num)s that was changed meanwhile stays.", "%(num)s that were changed stay.", kept)
    flash(said, "success")
    return redirect(url_for("editorial.content", content_id=content_id), 303)


def _shown(content: Content, form: RepeatForm, dates: Sequence[Occurrence], status: int) -> Answer:
    brand = brand_card_of(content.brand_id)
    form.operation_id.data = new_operation_id()
    rows = [
        (_said(each.wall_time), _("%(time)s does not exist that day", time=_said(each.skipped)) if each.skipped else "")
        for each in dates
    ]
    html = render_template(
        "editorial/repeat.html", form=form, content_id=content.id, brand=brand, rows=rows, most=MOST,
        title=content.title or content.body[:60],
    )  # fmt: skip
    return html, status


def _said(wall_time: datetime) -> str:
    return say_time(wall_time.replace(tzinfo=UTC), UTC, "moment_year")
