"""What people say about how they are told: event by event, and when."""

from wtforms import BooleanField, SelectField, SelectMultipleField, TimeField

from unisson.agency import words
from unisson.agency.options import options
from unisson.agency.zones import zone_choices
from unisson.notifications.events import NAMES, PACES, Event, Pace, Wish
from unisson.web.forms import Form
from unisson.web.i18n import lazy


class ChoicesForm(Form):
    """The matrix: one line an event, added below."""

    def wish(self, event: Event) -> Wish:
        """Return what is chosen for an event."""
        return Wish(bool(self[f"app_{event}"].data), Pace(self[f"mail_{event}"].data))


for _event in Event:
    setattr(ChoicesForm, f"app_{_event}", BooleanField(lazy("In the app")))
    setattr(ChoicesForm, f"mail_{_event}", SelectField(NAMES[_event], choices=options(PACES)))


class HoursForm(Form):
    """When summaries come."""

    timezone = SelectField(lazy("Time zone"), choices=zone_choices)
    days = SelectMultipleField(
        lazy("Days"), choices=options({str(day): label for day, label in enumerate(words.WEEKDAYS)})
    )
    starts = TimeField(lazy("From"), format="%H:%M")
    ends = TimeField(lazy("To"), format="%H:%M")
