"""What people say of a room."""

from typing import Any

from wtforms import SelectField, SelectMultipleField
from wtforms.validators import Length

from unisson.agency.options import option, options
from unisson.hooks.facts import NAMES
from unisson.web.forms import Form, LineField
from unisson.web.guards import visible_brands
from unisson.web.i18n import lazy

CHATS = {"slack": "Slack", "teams": "Microsoft Teams", "discord": "Discord"}


def _brands() -> list[Any]:
    return [option("", lazy("All brands")), *(option(card.id, card.name) for card in visible_brands())]


class RoomForm(Form):
    """A room."""

    name = LineField(
        lazy("Name of the room"), [Length(max=80, message=lazy("Use at most 80 characters."))],
        description=lazy("As your team calls it, such as #contenus."),
    )  # fmt: skip
    room = SelectField(lazy("Chat"), choices=options(CHATS))
    url = LineField(
        lazy("Address of its webhook"), [Length(max=2000, message=lazy("This address is too long."))],
        description=lazy(
            "Made in the chat: Slack, “Incoming Webhooks”; Teams, “Workflows”; Discord, “Integrations”. It is a secret,"
            " kept encrypted and never shown again."
        ),
    )  # fmt: skip
    brand = SelectField(lazy("Brand"), choices=_brands)
    events = SelectMultipleField(lazy("What is told there"), choices=options(NAMES))
