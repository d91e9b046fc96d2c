"""The forms of threads."""

from collections.abc import Sequence

from wtforms import HiddenField, MultipleFileField

from unisson.approvals.forms import AnchorForm
from unisson.threads.models import Audience
from unisson.web.forms import Form, TextField
from unisson.web.i18n import lazy


class MessageForm(Form):
    """What somebody says, with images and documents."""

    body = TextField(lazy("Message"))
    attached = MultipleFileField(lazy("Files"))


class ThreadForm(AnchorForm):
    """What begins a thread: for whom, about what."""

    audience = HiddenField()
    body = TextField(lazy("Message"))
    attached = MultipleFileField(lazy("Files"))

    def audience_chosen(self, theirs: Sequence[Audience]) -> Audience:
        """Return for whom it is; where nothing says so, the first of those whose threads its writer reads."""
        if self.audience.data in list(Audience):
            return Audience(self.audience.data)
        return theirs[0] if theirs else Audience.INTERNAL
