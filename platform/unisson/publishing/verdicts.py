"""What an outcome means for the ledger: the state machine's moves, as values without side effects."""

import random
from typing import Any

from sqlalchemy import Row

from unisson.publishing.channels.port import (
    Absent,
    AccessLost,
    Found,
    NotSent,
    Outcome,
    Published,
    ReadBack,
    Refused,
    Stranded,
    Unknown,
    Unreadable,
)
from unisson.publishing.ledger import Verdict, payload

BACK_OFF = (2.0, 120.0)
UNREADABLE_PATIENCE = 600.0
PAUSE_LOOK = 30.0
FIRST_LOOK = 10.0
OUT = frozenset({None, "published", "partly_published"})
"""How what a publication follows may stand when it leaves; None where it follows nothing."""


def stop(seen: Row[Any], lateness_limit: float) -> Verdict | None:
    """Return what to write instead of sending a due publication, or None when it may leave."""
    return _never(seen) or _not_now(seen, lateness_limit)


def _never(seen: Row[Any]) -> Verdict | None:
    if seen.revision_id != seen.current_revision or seen.content_state == "cancelled":
        return Verdict("cancelled", "not_sent", "superseded")
    if seen.content_state == "on_hold":
        return Verdict("held", "not_sent", "on_hold")
    if seen.unsubscribed_at is not None:
        return Verdict("cancelled", "not_sent", "unsubscribed")
    reason = _without_account(seen) or ("first cancelled" if seen.first_state == "cancelled" else None)
    return Verdict("held", "not_sent", reason) if reason else None


def _without_account(seen: Row[Any]) -> str | None:
    """Return why there is, or was at its time, no account that a publication could leave by."""
    if seen.disconnected_at is not None:
        return "disconnected"
    if seen.mockup:
        return "mockup"
    was_due = seen.connected_at is not None and seen.due_at <= seen.connected_at
    return "connected later" if was_due and not seen.late_accepted else None


def _not_now(seen: Row[Any], lateness_limit: float) -> Verdict | None:
    if seen.late < 0:
        return Verdict("scheduled", "not_sent", delay=-seen.late)
    if seen.first_state not in OUT:
        return Verdict("scheduled", "not_sent", "first late", delay=FIRST_LOOK)
    limit = lateness_limit if seen.late_limit is None else seen.late_limit
    if seen.late > limit and not seen.late_accepted:
        return Verdict("held", "not_sent", "thread late" if _has_begun_a_thread(seen) else "late")
    reason = _for_a_person(seen)
    if reason is not None:
        return Verdict("held", "not_sent", reason)
    if seen.pause is not None and seen.pause > 0:
        return Verdict("scheduled", "not_sent", "paused", delay=min(seen.pause, PAUSE_LOOK))
    return None


def _for_a_person(seen: Row[Any]) -> str | None:
    """Return why somebody must look at a publication before it leaves; None where nothing is in the way."""
    if seen.brand_closed:
        return "brand archived"
    if seen.is_stopped:
        return "unpaid"
    if seen.may_have_left and not seen.late_accepted:
        return "restored"
    return "rights ended" if seen.rights_ended else None


def _has_begun_a_thread(seen: Row[Any]) -> bool:
    """Whether it is a thread that was tried before: its first posts may be out."""
    channels = payload(seen)["channels"] if seen.attempts else ()
    return any(channel.get("thread") for channel in channels if channel["id"] == str(seen.channel_id))


def verdict(outcome: Outcome, attempts: int, settle: float) -> Verdict:
    """Return how an outcome is written down. `settle` seconds pass before an unknown one is read back."""
    match outcome:
        case Published(remote_id, url, excerpt):
            return Verdict("published", "published", remote_id=remote_id, remote_url=url, detail=excerpt)
        case NotSent(reason, retry_after):
            return Verdict("scheduled", "not_sent", reason, delay=retry_after or back_off(attempts))
        case Refused(reason):
            return Verdict("failed", "refused", reason)
        case AccessLost(reason):
            return Verdict("scheduled", "not_sent", reason, delay=PAUSE_LOOK)
        case Stranded(reason):
            return Verdict("held", "unknown", "thread broken", detail=reason)
        case Unknown(reason):
            return Verdict("unknown", "unknown", reason, delay=settle)


def read(answer: ReadBack, late: float) -> Verdict:
    """Return what a read-back means for a publication that has been due for `late` seconds."""
    match answer:
        case Found(remote_id, url):
            return Verdict("published", "published", remote_id=remote_id, remote_url=url, detail="read back")
        case Absent(True):
            return Verdict("scheduled", "not_sent", "read back: absent", delay=0.0)
        case Unreadable(reason, True) if late < UNREADABLE_PATIENCE:
            return Verdict("unknown", "unknown", reason, delay=15.0)
        case _:
            return Verdict("held", "unknown", "unknown")


def back_off(attempts: int) -> float:
    """Return seconds until the next try: doubling, capped, and spread so that a crowd does not come back at once."""
    base, cap = BACK_OFF
    return min(cap, base * 2.0 ** min(attempts, 10)) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load only
