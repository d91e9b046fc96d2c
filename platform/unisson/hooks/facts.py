"""What a room can be told of, in words for everybody who reads there."""

from collections.abc import Mapping

from unisson.notifications.events import EVENT_OF, Event
from unisson.notifications.lines import sentence
from unisson.web.i18n import _, lazy

NAMES = {
    Event.TO_DECIDE: lazy("A content waits for an approval"),
    Event.LATE: lazy("An approval is late, or nobody can give it"),
    Event.CHANGES_REQUESTED: lazy("Changes are asked for"),
    Event.APPROVED: lazy("A content is approved by everyone"),
    Event.VOIDED: lazy("What was approved is changed"),
    Event.STOPPED: lazy("A content is put on hold, let go, or missed its date"),
    Event.TROUBLE: lazy("A content was not published"),
    Event.MESSAGE: lazy("Somebody writes in a conversation"),
    Event.RIGHTS_ENDING: lazy("The rights of images are about to end"),
}
"""The events that are of interest to more than one person."""

BY_DEFAULT = (Event.TO_DECIDE, Event.LATE, Event.CHANGES_REQUESTED, Event.APPROVED, Event.STOPPED, Event.TROUBLE)

_AS = {"thread_named": "thread_message", "approval_request": "to_decide", "approval_asked_in_app": "to_decide"}


def event_of(kind: str) -> Event | None:
    """Return which of a room's events a kind of notice is; None for one that concerns its person alone."""
    event = EVENT_OF.get(_AS.get(kind, kind))
    return event if event in NAMES else None


def kind_of(kind: str) -> str:
    """Return the kind under which a fact is told, whomever it names."""
    return _AS.get(kind, kind)


def in_words(kind: str, title: str, about: Mapping[str, str]) -> str:
    """Return a fact in one sentence, in the language being spoken."""
    if kind == "test":
        return _("This room is connected to Unisson.")
    shown = title or _("Untitled")
    if kind == "to_decide":
        return _("“%(title)s” waits for an approval", title=shown)
    if kind == "approval_voided":
        return _("“%(title)s” was changed since it was approved", title=shown)
    return sentence(kind, title, about)
