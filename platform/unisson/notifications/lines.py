"""What a notice says in one sentence, and where it leads: made as it is read, of what its reader may see by then."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from unisson.notifications.events import Event
from unisson.web.i18n import _

Said = Mapping[str, str]


class Line(NamedTuple):
    """A notice as a list shows it; `zone` is of what it is about, None where that has none."""

    id: uuid.UUID
    event: Event
    sentence: str
    path: str
    icon: str
    brand_name: str | None
    accent: str | None
    at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a sentence is made of."""

    kind: str
    title: str
    about: Said

    @property
    def who(self) -> str:
        """Return who did it, by the name that they had."""
        return self.about.get("by") or _("Somebody")


ICONS = {
    Event.TO_DECIDE: "circle-check",
    Event.REMINDER: "clock",
    Event.LATE: "clock-alert",
    Event.CHANGES_REQUESTED: "message-square-warning",
    Event.APPROVED: "check-check",
    Event.VOIDED: "undo-2",
    Event.STOPPED: "circle-pause",
    Event.TROUBLE: "triangle-alert",
    Event.NAMED: "at-sign",
    Event.MESSAGE: "message-square",
    Event.IMPORT_OVER: "import",
    Event.RIGHTS_ENDING: "image-off",
    Event.HOOK_OFF: "unplug",
    Event.CHANNELS: "plug",
}


def _approved(told: Told) -> str:
    if told.about.get("reserved"):
        return _("%(who)s approved “%(title)s” with a reservation", who=told.who, title=told.title)
    return _("“%(title)s” is approved by everyone", title=told.title)


_SENTENCES: Mapping[str, Callable[[Told], str]] = {
    "to_decide": lambda told: _("“%(title)s” waits for your decision", title=told.title),
    "approval_reminder": lambda told: _("“%(title)s” still waits for your decision", title=told.title),
    "approval_nudge": lambda told: _("%(who)s asks for your decision on “%(title)s”", who=told.who, title=told.title),
    "approval_escalated": lambda told: _("The approval of “%(title)s” is past its deadline", title=told.title),
    "approval_steer": lambda told: _("Nobody is left to approve “%(title)s”", title=told.title),
    "changes_requested": lambda told: _("Changes are asked of “%(title)s”", title=told.title),
    "approved": _approved,
    "approval_voided": lambda told: _("“%(title)s” was changed since you approved it", title=told.title),
    "held": lambda told: _("%(who)s put “%(title)s” on hold", who=told.who, title=told.title),
    "released": lambda told: _("%(who)s let “%(title)s” go", who=told.who, title=told.title),
    "missed": lambda told: _("“%(title)s” missed its date and did not go out", title=told.title),
    "trouble": lambda told: _("“%(title)s” was not published everywhere", title=told.title),
    "thread_named": lambda told: _("%(who)s names you about “%(title)s”", who=told.who, title=told.title),
    "thread_message": lambda told: _("%(who)s wrote about “%(title)s”", who=told.who, title=told.title),
    "import_over": lambda told: _("Your import of %(file)s is over", file=told.about.get("file", "")),
    "rights_ending": lambda _told: _("The rights of some images are about to end"),
    "channel_connected": lambda told: _(
        "%(who)s connected @%(account)s", who=told.who, account=told.about.get("file", "")
    ),
    "channel_withdrawn": lambda told: _(
        "%(who)s withdrew @%(account)s: nothing leaves there any more", who=told.who, account=told.about.get("file", "")
    ),
    "hook_off": lambda told: _(
        "%(room)s refuses our messages: nothing is sent there any more", room=told.about.get("file", "")
    ),
}


def sentence(kind: str, title: str, about: Said) -> str:
    """Return what a notice says, in the language being spoken."""
    return _SENTENCES.get(kind, _SENTENCES["to_decide"])(Told(kind, title or _("Untitled"), about))


def path(kind: str, content_id: uuid.UUID | None, brand_slug: str | None, about: Said) -> str:
    """Return where a notice leads, after the agency's address."""
    if content_id is not None:
        thread = f"#thread-{about['thread_id']}" if "thread_id" in about else ""
        return f"/contents/{content_id}{thread}"
    if kind == "import_over":
        return f"/imports/{about['import_id']}"
    if kind == "hook_off":
        return "/settings/rooms"
    if kind in {"channel_connected", "channel_withdrawn"} and brand_slug:
        return f"/brands/{brand_slug}/channels"
    return f"/brands/{brand_slug}/media" if brand_slug else "/notices"
