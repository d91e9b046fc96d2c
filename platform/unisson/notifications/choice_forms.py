"""What people say about how they are told: event by event, and when."""

from wtforms import BooleanField, SelectField, SelectMultipleField, TimeField

from unisson.agency import words
from unisson.agency.options import options
from unisson.agency.zones import ZoneField
from unisson.notifications.events import NAMES, PACES, Event, Pace, Wish
from unisson.web.forms import Form
from unisson.web.i18n import lazy


class ChoicesForm(Form):
    """The matrix: one line an event, added below."""

    def wish(self, event: Event, known: Wish) -> Wish:
        """Return what is chosen for an event; where browsers are not asked about, they stay as they are `known`."""
        asked = f"browser_{event}"
        in_browser = bool(self[asked].data) if asked in self else known.browser
        return Wish(bool(self[f"app_{event}"].data), Pace(self[f"mail_{event}"].data), in_browser)


for _event in Event:
    setattr(ChoicesForm, f"app_{_event}", BooleanField(lazy("In the app")))
    setattr(ChoicesForm, f"browser_{_event}", BooleanField(lazy("In my browsers")))
    setattr(ChoicesForm, f"mail_{_event}", SelectField(NAMES[_event], choices=options(PACES)))


class HoursForm(Form):
    """When summaries come."""

    timezone = ZoneField(lazy("Time zone"), none=lazy("My own time zone"))
    days = SelectMultipleField(
        lazy("Days"), choices=options({str(day): label for day, label in enumerate(words.WEEKDAYS)})
    )
    starts = TimeField(lazy("From"), format="%H:%M")
    ends = TimeField(lazy("To"), format="%H:%M")
