"""The forms of channels and publications."""

from flask_wtf.file import FileField
from wtforms import PasswordField, RadioField, SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from unisson.publishing.connecting import DEFAULT_SERVICE
from unisson.web.forms import Form, LineField, TextField
from unisson.web.i18n import lazy

REQUIRED = lazy("This is needed.")
TOO_LONG = lazy("This is too long.")


class BlueskyForm(Form):
    """Connecting a Bluesky account. The password is never drawn back into the page."""

    service = LineField(
        lazy("Server"),
        [Length(max=300, message=TOO_LONG)],
        default=DEFAULT_SERVICE,
        description=lazy("Leave it as it is unless the account lives on a server of its own."),
    )
    handle = LineField(
        lazy("Handle"),
        [InputRequired(REQUIRED), Length(max=253, message=TOO_LONG)],
        description=lazy("As on the profile, such as marque.bsky.social."),
    )
    app_password = PasswordField(
        lazy("App password"),
        [InputRequired(REQUIRED), Length(max=256, message=TOO_LONG)],
        description=lazy("Made in Bluesky under Settings, Privacy and security, App passwords. It is kept encrypted."),
    )


class ReconnectForm(Form):
    """Connecting again, with a new password where the channel has one."""

    app_password = PasswordField(lazy("New app password"), [Length(max=256, message=TOO_LONG)])


class PeopleForm(Form):
    """Adding people to a list."""

    recipients = TextField(
        lazy("People"),
        [Length(max=1_000_000, message=TOO_LONG)],
        description=lazy("One a row: an address alone, “Name <address>”, or columns copied from a sheet."),
    )
    file = FileField(lazy("Or a CSV file"), description=lazy("Columns e-mail and name, in any order."))


class ListForm(PeopleForm):
    """Opening an e-mail list."""

    name = LineField(
        lazy("Name of the list"),
        [InputRequired(REQUIRED), Length(max=120, message=TOO_LONG)],
        description=lazy("For your team, such as “Food press”."),
    )
    sender_name = LineField(
        lazy("Sender"),
        [InputRequired(REQUIRED), Length(max=120, message=TOO_LONG)],
        description=lazy("The name that people see in their mailbox."),
    )
    reply_to = LineField(
        lazy("Answers go to"),
        [Length(max=254, message=TOO_LONG)],
        description=lazy("An e-mail address of the brand or of your team. May be left empty."),
    )


class ResolutionForm(Form):
    """What a person decides about a publication that stopped."""

    choice = RadioField(
        lazy("What is to be done?"),
        [InputRequired(lazy("Choose what is to be done."))],
        choices=[
            SelectChoice("live", lazy("It is out: I have seen it")),
            SelectChoice("again", lazy("It is not out: send it now")),
            SelectChoice("give_up", lazy("Leave it unsent")),
        ],
    )
    url = LineField(
        lazy("Address where it stands"),
        [Length(max=2000, message=TOO_LONG)],
        description=lazy("Only if it is out. Starts with https://."),
    )
