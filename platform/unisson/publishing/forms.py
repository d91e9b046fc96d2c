"""The forms of channels and publications."""

from dataclasses import replace
from typing import Any

from flask_wtf.file import FileField
from wtforms import BooleanField, PasswordField, RadioField, SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length

from unisson.editorial.forms import ScheduleForm
from unisson.publishing.connecting import DEFAULT_SERVICE, Keys
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

    @property
    def keys(self) -> Keys:
        """Return what signs in, as it was typed."""
        return Keys(self.service.data or "", self.handle.data or "", self.app_password.data or "")


class MockupAccountForm(BlueskyForm):
    """Connecting the account that a mock-up stands for."""

    instead = BooleanField(lazy("It is another account than planned, and what is planned goes out there"))

    @property
    def keys(self) -> Keys:
        """Return what signs in, as it was typed, and whether another account is meant."""
        return replace(super().keys, instead=bool(self.instead.data))


class MockupForm(Form):
    """A channel to plan on before it is connected."""

    name = LineField(
        lazy("Name of the channel"),
        [InputRequired(REQUIRED), Length(max=120, message=TOO_LONG)],
        description=lazy("As your team and the client read it. It stays when the channel is connected."),
    )
    handle = LineField(
        lazy("Handle, if it is known"),
        [Length(max=253, message=TOO_LONG)],
        description=lazy("As on the profile, such as marque.bsky.social. Previews show it."),
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


class ResolutionForm(ScheduleForm):
    """What a person decides about a publication that stopped; the date is that of sending it later."""

    choice = RadioField(
        lazy("What is to be done?"),
        [InputRequired(lazy("Choose what is to be done."))],
        choices=[
            SelectChoice("live", lazy("It is out: I have seen it")),
            SelectChoice("again", lazy("It is not out: send it now")),
            SelectChoice("later", lazy("It is not out: send it at the time below")),
            SelectChoice("ask", lazy("It is not out: ask for the approval of the date below")),
            SelectChoice("give_up", lazy("Leave it unsent")),
        ],
    )
    url = LineField(
        lazy("Address where it stands"),
        [Length(max=2000, message=TOO_LONG)],
        description=lazy("Only if it is out. Starts with https://."),
    )

    def offer(self, another_time: str) -> None:
        """Offer that one of "later" and "ask" which fits, or neither."""
        known: list[Any] = list(self.choice.choices or ())
        self.choice.choices = [each for each in known if each.value not in {"later", "ask"} - {another_time}]
