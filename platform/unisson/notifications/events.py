"""What people are told of: one vocabulary for the app, mails and webhooks, with its words and its defaults."""

import enum
from dataclasses import dataclass

from unisson.web.i18n import lazy


class Event(enum.StrEnum):
    """What happened, as somebody chooses how to hear of it."""

    TO_DECIDE = "to_decide"
    REMINDER = "reminder"
    LATE = "late"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    VOIDED = "voided"
    STOPPED = "stopped"
    TROUBLE = "trouble"
    NAMED = "named"
    MESSAGE = "message"
    IMPORT_OVER = "import_over"
    RIGHTS_ENDING = "rights_ending"
    HOOK_OFF = "hook_off"
    CHANNELS = "channels"


class Pace(enum.StrEnum):
    """When a mail tells of it."""

    AT_ONCE = "at_once"
    HOURLY = "hourly"
    DAILY = "daily"
    NEVER = "never"


DIGESTS = (Pace.HOURLY, Pace.DAILY)

EVENT_OF = {
    "to_decide": Event.TO_DECIDE,
    "approval_request": Event.TO_DECIDE,
    "approval_asked_in_app": Event.TO_DECIDE,
    "approval_reminder": Event.REMINDER,
    "approval_nudge": Event.REMINDER,
    "approval_escalated": Event.LATE,
    "approval_steer": Event.LATE,
    "changes_requested": Event.CHANGES_REQUESTED,
    "approved": Event.APPROVED,
    "approval_voided": Event.VOIDED,
    "held": Event.STOPPED,
    "released": Event.STOPPED,
    "missed": Event.STOPPED,
    "trouble": Event.TROUBLE,
    "thread_named": Event.NAMED,
    "thread_message": Event.MESSAGE,
    "import_over": Event.IMPORT_OVER,
    "rights_ending": Event.RIGHTS_ENDING,
    "hook_off": Event.HOOK_OFF,
    "channel_connected": Event.CHANNELS,
    "channel_withdrawn": Event.CHANNELS,
}
"""The kind of a notice → its event. Kinds of letters that are missing here always leave, and stand in no matrix."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How somebody hears of an event."""

    in_app: bool = True
    mail: Pace = Pace.AT_ONCE
    browser: bool = False
    """Whether the browsers tell of it in which the person let them; a person without any hears nothing of it."""


IN_BROWSERS = frozenset(
    {
        Event.TO_DECIDE, Event.REMINDER, Event.LATE, Event.CHANGES_REQUESTED, Event.STOPPED, Event.TROUBLE,
        Event.NAMED, Event.HOOK_OFF,
    }
)  # fmt: skip
"""What waits on the person or went wrong: worth being interrupted for, where somebody lets a browser in."""


def default_of(event: Event) -> Wish:
    """Return how somebody hears who never chose: of everything in the app and by mail, so that nothing is missed."""
    return Wish(browser=event in IN_BROWSERS)


ALWAYS_IN_APP = frozenset({Event.TO_DECIDE, Event.REMINDER, Event.LATE, Event.TROUBLE, Event.HOOK_OFF, Event.CHANNELS})
"""What somebody must do something about: it shows in the app, whatever they chose."""

OF_ADMINISTRATORS = frozenset({Event.HOOK_OFF})
"""What only those are told of who may change the agency's settings."""

ALWAYS_MAILED_TO_CLIENTS = frozenset({Event.TO_DECIDE, Event.REMINDER})
"""What the client's people can't answer without the link in its mail."""

NAMES = {
    Event.TO_DECIDE: lazy("A content waits for my decision"),
    Event.REMINDER: lazy("It still waits for my decision"),
    Event.LATE: lazy("An approval is late, or nobody can give it"),
    Event.CHANGES_REQUESTED: lazy("Changes are asked of what I wrote"),
    Event.APPROVED: lazy("What I wrote is approved"),
    Event.VOIDED: lazy("What I approved was changed since"),
    Event.STOPPED: lazy("What I wrote is put on hold, let go, or missed its date"),
    Event.TROUBLE: lazy("What I wrote was not published"),
    Event.NAMED: lazy("Somebody names me in a conversation"),
    Event.MESSAGE: lazy("Somebody answers in a conversation of mine"),
    Event.IMPORT_OVER: lazy("My import is over"),
    Event.RIGHTS_ENDING: lazy("The rights of images are about to end"),
    Event.HOOK_OFF: lazy("A room in a chat takes nothing any more"),
    Event.CHANNELS: lazy("A client connects a channel, or withdraws it"),
}
"""The events as their reader chooses among them."""

PACES = {
    Pace.AT_ONCE: lazy("At once"),
    Pace.HOURLY: lazy("Once an hour"),
    Pace.DAILY: lazy("Once a day"),
    Pace.NEVER: lazy("No mail"),
}
