"""The forms of asking for a channel, and of giving one."""

from wtforms import BooleanField, PasswordField, SelectField
from wtforms.validators import InputRequired, Length

from unisson.publishing.connecting import DEFAULT_SERVICE, Keys
from unisson.publishing.forms import REQUIRED, TOO_LONG
from unisson.web.forms import Form, LineField, TextField
from unisson.web.i18n import lazy


class AskForm(Form):
    """Whom to ask for which channel. Its choices come from the brand."""

    channel = SelectField(lazy("Channel"), validate_choice=False)
    person = SelectField(lazy("Somebody of the client’s"), validate_choice=False)
    email = LineField(
        lazy("Or an e-mail address"),
        [Length(max=254, message=TOO_LONG)],
        description=lazy("Of whoever holds the account. They need no account here."),
    )
    note = TextField(
        lazy("A word for them"),
        [Length(max=1000, message=TOO_LONG)],
        description=lazy("It stands in the mail, in your name."),
    )


class GiveForm(Form):
    """The account that a client connects. The password is never drawn back into the page."""

    handle = LineField(lazy("Handle"), [InputRequired(REQUIRED), Length(max=253, message=TOO_LONG)])
    app_password = PasswordField(lazy("App password"), [InputRequired(REQUIRED), Length(max=256, message=TOO_LONG)])
    service = LineField(lazy("Server"), [Length(max=300, message=TOO_LONG)], default=DEFAULT_SERVICE)
    instead = BooleanField(lazy("It is another account than planned, and what is planned goes out there"))

    @property
    def keys(self) -> Keys:
        """Return what signs in, as it was typed."""
        return Keys(
            self.service.data or "", self.handle.data or "", self.app_password.data or "", bool(self.instead.data)
        )
