"""The forms of an import: what was typed stays as typed, whatever is wrong with it."""

from collections.abc import Sequence

from wtforms import BooleanField, FileField, SelectField

from unisson.imports.columns import FIELDS, labels
from unisson.imports.models import Import
from unisson.imports.preparing import Columns
from unisson.web.forms import Form, LineField
from unisson.web.i18n import _, lazy

ORDERS = {"dmy": lazy("31/12/2026: the day first"), "mdy": lazy("12/31/2026: the month first"),
          "ymd": lazy("26/12/31: the year first")}  # fmt: skip


class UploadForm(Form):
    """A file to be taken in."""

    file = FileField(lazy("File of the plan"))


class ColumnsForm(Form):
    """Which column says what; one field for each of `FIELDS`."""

    has_header = BooleanField(lazy("The first row holds the names of the columns"))
    date = SelectField(FIELDS["date"], validate_choice=False)
    time = SelectField(FIELDS["time"], validate_choice=False)
    title = SelectField(FIELDS["title"], validate_choice=False)
    body = SelectField(FIELDS["body"], validate_choice=False)
    channels = SelectField(FIELDS["channels"], validate_choice=False)
    kind = SelectField(FIELDS["kind"], validate_choice=False)
    tags = SelectField(FIELDS["tags"], validate_choice=False)
    topic = SelectField(FIELDS["topic"], validate_choice=False)
    date_order = SelectField(lazy("How dates are written"), validate_choice=False)
    default_time = LineField(lazy("Time of rows without one"))

    def offer(self, about: Import, example: Sequence[str]) -> None:
        """Offer the columns of the file, each with what its first row says."""
        named = labels(about.headers, has_header=about.has_header)
        shown = [
            (str(column), f"{name} ({example[column][:40]})" if column < len(example) and example[column] else name)
            for column, name in enumerate(named)
        ]
        self.date_order.choices = list(ORDERS.items())
        for name in FIELDS:
            field: SelectField = getattr(self, name)
            field.choices = [("", _("Not in the file")), *shown]

    def show(self, about: Import) -> None:
        """Fill the fields from what is kept or guessed."""
        for name in FIELDS:
            self[name].data = str(about.mapping.get(name, ""))
        self.has_header.data, self.date_order.data = about.has_header, about.date_order
        self.default_time.data = about.default_time

    def columns(self) -> Columns:
        """Return what was typed; what is no number of a column is none."""
        chosen = {name: str(self[name].data or "")[:4] for name in FIELDS}
        numbers = {name: int(text) for name, text in chosen.items() if text.isascii() and text.isdigit()}
        return Columns(
            columns=numbers,
            has_header=bool(self.has_header.data),
            date_order=str(self.date_order.data or ""),
            default_time=self.default_time.data or "",
        )
