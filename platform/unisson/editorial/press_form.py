"""The fields of a release in the composer. Quotes are rows (`quote-0-text`, …): all of them are always on the page."""

import re
from collections.abc import Mapping, Sequence

from wtforms import HiddenField
from wtforms.widgets import EmailInput, TelInput

from tenants.errors import RefusedError
from unisson.editorial.press import MOST_QUOTES, Contact, Press, Quote, UnfitReleaseError
from unisson.web.forms import Form, LineField, TextField, lines, one_line
from unisson.web.i18n import lazy

_APART = re.compile(r"\s*(?:,|:|\s[–—-]\s|\()\s*")
"""What stands between a name and a role, in a line of a strategy: « Gwenaëlle Tréhoret, dirigeante »."""


class PressFields(Form):
    """What a release has besides its title and text."""

    standfirst = TextField(lazy("Standfirst"))
    quotes = HiddenField(lazy("Quotes"))
    boilerplate = TextField(lazy("About the brand"))
    contact_name = LineField(lazy("Press contact"))
    contact_email = LineField(lazy("E-mail address"), widget=EmailInput())
    contact_phone = LineField(lazy("Telephone"), widget=TelInput())
    typed_quotes: Sequence[Quote] = ()

    def read_quotes(self, typed: Mapping[str, str], speakers: Sequence[Quote]) -> None:
        """Take the rows of quotes from the request; a role that was not typed is that of the known spokesperson."""
        roles = {each.name.casefold(): each.role for each in speakers}
        rows = (
            Quote(
                lines(typed.get(f"quote-{number}-text")).strip(),
                one_line(typed.get(f"quote-{number}-name")),
                one_line(typed.get(f"quote-{number}-role")),
            )
            for number in range(MOST_QUOTES)
        )
        self.typed_quotes = tuple(
            row if row.role else Quote(row.text, row.name, roles.get(row.name.casefold(), ""))
            for row in rows
            if row != Quote("")
        )

    @property
    def quote_rows(self) -> list[Quote]:
        """Return the rows of the page: what was typed, then empty ones."""
        return [*self.typed_quotes, *(Quote("") for _spare in range(MOST_QUOTES - len(self.typed_quotes)))]

    def press(self) -> Press:
        """Return what was typed."""
        return Press(
            standfirst=self.standfirst.data or "",
            quotes=tuple(self.typed_quotes),
            boilerplate=self.boilerplate.data or "",
            contact=Contact(*(each.data or "" for each in (self.contact_name, self.contact_email, self.contact_phone))),
        )

    def show_press(self, press: Press) -> None:
        """Fill the fields."""
        self.standfirst.data, self.boilerplate.data = press.standfirst, press.boilerplate
        self.typed_quotes, contact = press.quotes, press.contact
        self.contact_name.data, self.contact_email.data = contact.name, contact.email
        self.contact_phone.data = contact.phone

    def refuse(self, refusal: RefusedError) -> int:
        """Show a refusal at its field; what a release lacks at each of them."""
        if isinstance(refusal, UnfitReleaseError):
            for fault in refusal.faults:
                super().refuse(RefusedError(fault.sentence, field=fault.field))
            return refusal.status
        return super().refuse(refusal)


def speakers_of(typed: str) -> list[Quote]:
    """Return the spokespersons of a strategy, one a line, each as a quote without words."""
    found = []
    for line in filter(None, (one_line(each).lstrip("-•* ") for each in typed.splitlines())):
        name, *rest = _APART.split(line, maxsplit=1)
        role = rest[0] if rest else ""
        found.append(Quote("", name, role.removesuffix(")") if "(" not in role else role))
    return [each for each in found if each.name]
