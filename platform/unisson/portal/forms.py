"""The forms of the portal."""

import uuid

from wtforms import HiddenField

from unisson.approvals.forms import DecisionForm
from unisson.web.forms import Form, LineField, TextField
from unisson.web.i18n import lazy


class AnswerForm(DecisionForm):
    """A decision on one content; signed with a typed name where its maker has no account."""

    typed_name = LineField(lazy("Your name"))


class SteerForm(Form):
    """Why a content is put on hold, or let go."""

    comment = TextField(lazy("Why?"))
    typed_name = LineField(lazy("Your name"))


class ManyForm(Form):
    """The signature under several approvals."""

    typed_name = LineField(lazy("Your name"))


class CodeForm(Form):
    """The digits of a mailed code, and the content to go on to."""

    code = LineField(lazy("Code"))
    content = HiddenField()

    @property
    def digits(self) -> str:
        """Return the digits alone: people type spaces between them."""
        return "".join(each for each in self.code.data or "" if each.isdecimal())


class HandingForm(Form):
    """To which colleague a decision goes."""

    person = HiddenField()
    typed_name = LineField(lazy("Your name"))

    @property
    def person_chosen(self) -> uuid.UUID | None:
        """Return the colleague; None where nobody that can be read was chosen."""
        try:
            return uuid.UUID(self.person.data or "")
        except ValueError:
            return None
