"""The forms of deciding."""

import uuid
from typing import Any

from wtforms import BooleanField, HiddenField

from unisson.web.forms import Form, TextField
from unisson.web.i18n import lazy


class AnchorForm(Form):
    """What a request for changes is about, as `approvals/_anchor.html` asks it."""

    about = HiddenField()
    sentence = TextField()
    quote = TextField()
    picture = HiddenField()
    pin_x = HiddenField()
    pin_y = HiddenField()

    @property
    def anchor(self) -> dict[str, Any]:
        """Return the anchor that was chosen, still to be checked against the revision; {} for the whole."""
        if self.about.data == "passage":
            return {"passage": {"quote": self.quote.data or self.sentence.data or "", "start": 0}}
        if self.about.data == "picture":
            return {"picture": {"digest": self.picture.data, "x": _part(self.pin_x.data), "y": _part(self.pin_y.data)}}
        return {}

    @property
    def anchor_typed(self) -> dict[str, str]:
        """Return what the fields held, to show them again."""
        fields = (self.about, self.sentence, self.quote, self.picture, self.pin_x, self.pin_y)
        return {field.name: str(field.data or "") for field in fields}


class DecisionForm(AnchorForm):
    """A decision on exactly what the page showed: its digest, and the stage that was asked."""

    digest = HiddenField()
    stage = HiddenField()
    comment = TextField(lazy("Comment"))
    reserved = BooleanField(lazy("With a reservation: it goes on, and the author reads your words"))

    @property
    def typed(self) -> dict[str, str]:
        """Return what the fields held, to show them again: a reservation that was ticked stays ticked."""
        return {
            "comment": self.comment.data or "",
            "reserved": "y" if self.reserved.data else "",
            **self.anchor_typed,
        }

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


def _part(typed: object) -> float | None:
    """Return per cent as a part of 1; None for what is no number."""
    try:
        return float(str(typed or "")) / 100
    except ValueError:
        return None
