"""How a proof of approval says what the rows hold."""

from collections.abc import Mapping

from tenants.permissions import StageRole
from unisson.approvals.chain import Need
from unisson.approvals.models import Verdict
from unisson.approvals.progress import ROLE_NAMES
from unisson.web.i18n import _, lazy

VERDICTS = {
    Verdict.APPROVED: lazy("Approved"),
    Verdict.RESERVED: lazy("Approved with a reservation"),
    Verdict.CHANGES_REQUESTED: lazy("Asked for changes"),
    Verdict.TACIT: lazy("Approved by silence"),
    Verdict.HELD: lazy("Stopped: put on hold"),
    Verdict.RELEASED: lazy("Let go again"),
    Verdict.WITHDRAWN: lazy("Withdrawn"),
    Verdict.DELEGATED: lazy("Handed over"),
}
HOW = {
    "session": lazy("Signed in with their account"),
    "link": lazy("By a personal link"),
    "code": lazy("By a personal link, on a browser that showed a mailed code"),
    "silence": lazy("Nobody objected by the deadline"),
}
MAILS = {
    "to_decide": lazy("Asks for approval, with what else waits"),
    "portal_link": lazy("A new personal link"),
    "approval_request": lazy("Asks for approval, with a personal link"),
    "approval_asked_in_app": lazy("Asks for approval"),
    "approval_reminder": lazy("Reminder"),
    "approval_nudge": lazy("Reminder sent by hand"),
    "approval_escalated": lazy("Late: the account manager is told"),
    "approval_steer": lazy("Nobody can answer: the account manager is told"),
    "approval_voided": lazy("Tells that an approval does not count any more"),
    "changes_requested": lazy("Tells the author that changes are requested"),
    "approved": lazy("Tells the author that it is approved"),
    "reserved": lazy("Tells the author of a reservation"),
    "missed": lazy("Tells the author that the date was missed"),
    "held": lazy("Tells the author that it is on hold"),
    "released": lazy("Tells the author that it is let go"),
    "trouble": lazy("Tells that it was not published"),
}
MAIL_STATES = {
    "waiting": lazy("waits to leave"),
    "sent": lazy("accepted by the mail server"),
    "failed": lazy("not delivered"),
    "dropped": lazy("not needed any more, not sent"),
}


def verdict(given: str, comment: str) -> str:
    """Return what was decided; of a hand-over, whose comment is a name, to whom."""
    if given == Verdict.DELEGATED:
        return _("Handed over to %(name)s", name=comment)
    return str(VERDICTS[Verdict(given)])


def mail(kind: str, about: Mapping[str, object]) -> object:
    """Return what a mail was for. What tells of a reservation is no word that all have approved."""
    return MAILS["reserved" if kind == "approved" and about.get("reserved") else kind] if kind in MAILS else kind


def seat(role: str | None, name: str | None) -> str:
    """Return whose yes a seat is for: one person's, or a role's."""
    return name or (str(ROLE_NAMES[StageRole(role)]) if role else _("Somebody who left"))


def rule(need: str, needed: int, seats: int) -> str:
    """Return how many yeses a stage takes."""
    if need == Need.ALL:
        return _("everybody asked")
    if need == Need.QUORUM:
        return _("%(needed)s of %(asked)s", needed=needed, asked=seats)
    return _("one of those asked")


def how(authenticated: str, *, by_code: bool) -> str:
    """Return how it is known who decided; `by_code` where the browser had shown a code mailed to them."""
    return str(HOW.get("code" if by_code and authenticated == "link" else authenticated, authenticated))
