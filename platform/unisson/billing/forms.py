"""The forms of billing."""

from wtforms import HiddenField, StringField

from unisson.billing.plans import MOST_BRANDS
from unisson.web.forms import Form
from unisson.web.i18n import lazy


class PlanForm(Form):
    """For how many brands to pay, and how often. Asked for by address: nothing is changed by it."""

    class Meta(Form.Meta):
        """Reads the address, which needs no proof of the page it came from."""

        csrf = False

    brands = StringField(lazy("Number of brands"))
    interval = StringField(lazy("Payment"))

    @property
    def number(self) -> int:
        """Return the number that was typed; 0 for what is none."""
        typed = (self.brands.data or "").strip()
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= len(str(MOST_BRANDS)) else 0


class QuoteForm(Form):
    """The confirmation of what was shown."""

    quote = HiddenField()
    brands = HiddenField()
    interval = HiddenField()
