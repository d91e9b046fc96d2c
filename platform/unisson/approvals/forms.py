"""The forms of deciding."""

import uuid

from wtforms import BooleanField, HiddenField

from unisson.web.forms import Form, TextField
from unisson.web.i18n import lazy


class DecisionForm(Form):
    """A decision on exactly what the page showed: its digest, and the stage that was asked."""

    digest = HiddenField()
    stage = HiddenField()
    comment = TextField(lazy("Comment"))
    reserved = BooleanField(lazy("With a reservation: it goes on, and the author reads your words"))

    @property
    def stage_shown(self) -> uuid.UUID | None:
        """Return the stage that the page asked about; None when it says none that can be read."""
        return _id(self.stage.data)


class HoldForm(Form):
    """Why a content is put on hold, or let go."""

    comment = TextField(lazy("Comment"))


class WaitForm(Form):
    """A verb on what waits on somebody: which content its page showed."""

    content = HiddenField()

    @property
    def content_shown(self) -> uuid.UUID | None:
        """Return the content that the page showed; None when it says none that can be read."""
        return _id(self.content.data)


class HandOverForm(WaitForm):
    """To whom a seat is handed over."""

    person = HiddenField()

    @property
    def person_chosen(self) -> uuid.UUID | None:
        """Return the person who was chosen; None when that is nobody that can be read."""
        return _id(self.person.data)


def _id(typed: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(typed or ""))
    except ValueError:
        return None


class VersionForm(Form):
    """A verb that asks nothing but which version its page showed."""

    version = HiddenField()

    @property
    def version_shown(self) -> int | None:
        """Return the version that the page was made from; None when it says none."""
        typed = str(self.version.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None
