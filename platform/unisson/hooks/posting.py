"""Sending what is due to the rooms; what can't leave is tried again, a room that keeps refusing is left alone."""

import uuid
from datetime import timedelta

import structlog
from sqlalchemy import select, update

from tenants.base import utcnow
from tenants.members import Membership
from tenants.permissions import AGENCY_ROLE_PERMISSIONS, AgencyRole, Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, holds, release
from unisson.hooks.models import Hook, HookPost
from unisson.hooks.sending import SECONDS, address_of, message_of, post_of, send
from unisson.hooks.shapes import Message
from unisson.notifications import notices
from unisson.notifications.envelopes import stationery
from unisson.notifications.patience import wait_after
from unisson.outbound.telling import Later, Outcome, Taken
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

PATIENCE = timedelta(hours=6)
REFUSALS = 5
"""In a row: after so many messages that were not taken, nothing is sent to a room until somebody tries it again."""


def post_due(runtime: Runtime, budget_seconds: float) -> int:
    """Tell the rooms what is due until nothing is, or the time is over; return how many messages were tried."""
    with stationery(runtime).app_context():
        return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    """The message leaves between two transactions: one that a dead worker had sent is sent again, after its lease."""
    ready = _ready(runtime, claimed)
    if ready is not None:
        room, url, message = ready
        _settle(runtime, claimed, send(runtime, room, url, message))


_DUTY = Duty("hooks", _attend, lease=60.0, longest=SECONDS + 2)


def _ready(runtime: Runtime, claimed: Claim) -> tuple[str, str, Message] | None:
    with runtime.database.agency(claimed.agency_id) as session:
        post = post_of(session, claimed.agency_id, claimed.item_id)
        if post is None or post.state != "waiting":
            done(session, claimed)
            return None
        if not holds(session, claimed):
            return None
        hook = session.get_one(Hook, (session.agency_id, post.hook_id))
        message = message_of(session, post, runtime.settings.base_url)
        if hook.off_at is not None or message is None:
            post.state, post.ended_at = "dropped", utcnow()
            done(session, claimed)
            return None
        return hook.room, address_of(runtime, hook), message


def _settle(runtime: Runtime, claimed: Claim, outcome: Outcome) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        post = post_of(session, claimed.agency_id, claimed.item_id)
        if post is None or post.state != "waiting" or not holds(session, claimed):
            return
        hook = session.get_one(Hook, (session.agency_id, post.hook_id), with_for_update=True)
        post.attempts += 1
        if isinstance(outcome, Taken):
            post.state, post.ended_at, post.last_error = "sent", utcnow(), ""
            taken(hook)
            done(session, claimed)
            return
        post.last_error = hook.last_error = outcome.reason[:200]
        if isinstance(outcome, Later) and utcnow() - post.created_at < PATIENCE:
            release(session, claimed, delay=outcome.seconds or wait_after(post.attempts))
            return
        post.state, post.ended_at = "failed", utcnow()
        done(session, claimed)
        _refused(session, hook)


def taken(hook: Hook) -> None:
    """Note that a room takes what it is sent."""
    hook.refusals, hook.last_error, hook.taken_at, hook.off_at = 0, "", utcnow(), None


def _refused(session: TenantSession, hook: Hook) -> None:
    """Count a refusal; after REFUSALS in a row leave the room alone, and tell those who can mend it, once."""
    hook.refusals += 1
    log.warning("hook.refused", hook=str(hook.id), why=hook.last_error, refusals=hook.refusals)
    if hook.refusals < REFUSALS or hook.off_at is not None:
        return
    hook.off_at = utcnow()
    session.execute(
        update(HookPost)
        .where(HookPost.hook_id == hook.id, HookPost.state == "waiting")
        .values(state="dropped", ended_at=utcnow())
        .execution_options(synchronize_session=False)
    )
    record(session, None, "hook.off", "agency", session.agency_id, name=hook.name)
    for person_id in _keepers(session):
        notices.tell(session, person_id, "hook_off", {"hook_id": str(hook.id), "file": hook.name})


def _keepers(session: TenantSession) -> list[uuid.UUID]:
    roles = [role.value for role in AgencyRole if Permission.AGENCY_SETTINGS in AGENCY_ROLE_PERMISSIONS[role]]
    found = select(Membership.id).where(
        Membership.agency_role.in_(roles), Membership.removed_at.is_(None), Membership.joined_at.is_not(None)
    )
    return list(session.scalars(found.order_by(Membership.id)))
