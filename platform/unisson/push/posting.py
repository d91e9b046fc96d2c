"""Telling browsers what is due; what can't leave is tried again for a while, a browser that refuses is let go."""

from datetime import timedelta

import structlog
from sqlalchemy import exists, func, select

from tenants.base import utcnow
from tenants.browsers import PushBrowser
from tenants.identities import Dispatch
from tenants.session import TenantSession
from unisson.attending import Duty, attend
from unisson.dispatching import Claim, done, drop, holds, release
from unisson.notifications.envelopes import stationery
from unisson.notifications.models import Notice
from unisson.notifications.patience import wait_after
from unisson.outbound.telling import Later, Taken
from unisson.push.browsers import opened
from unisson.push.hearing import hearer_of, message_for
from unisson.push.keys import keys_of
from unisson.push.models import PushPost
from unisson.push.sending import SECONDS, Gone, Message, Outcome, send
from unisson.push.subscriptions import Subscription
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

PATIENCE = timedelta(hours=3)
"""After that nobody wants to be interrupted for it any more: it shows in the app."""
REFUSALS = 5
"""In a row: after so many a browser is not told of anything any more, until its person lets it in again."""


def tell_due(runtime: Runtime, budget_seconds: float) -> int:
    """Tell the browsers what is due until nothing is, or the time is over; return how many messages were tried."""
    with stationery(runtime).app_context():
        return attend(runtime, _DUTY, budget_seconds)


def _attend(runtime: Runtime, claimed: Claim) -> None:
    """The message leaves between two transactions: one that a dead worker had sent is sent again, under its Topic."""
    ready = _ready(runtime, claimed)
    keys = keys_of(runtime.settings)
    if ready is not None and keys is not None:
        _settle(runtime, claimed, send(runtime, keys, *ready))


_DUTY = Duty("pushes", _attend, lease=60.0, longest=SECONDS + 2)


def _ready(runtime: Runtime, claimed: Claim) -> tuple[Subscription, Message] | None:
    with runtime.database.agency(claimed.agency_id) as session:
        post = _waiting(session, claimed)
        if post is None:
            return None
        browser = session.get(PushBrowser, post.browser_id)
        notice = session.get_one(Notice, (session.agency_id, post.notice_id))
        hearer = hearer_of(session, post.browser_id, notice.membership_id)
        is_late = utcnow() - post.created_at > PATIENCE
        if browser is None or hearer is None or is_late or keys_of(runtime.settings) is None:
            _end(session, claimed, post, "dropped")
            return None
        _gather(session, post, notice)
        message = message_for(session, post, hearer)
        if message is None:
            _end(session, claimed, post, "dropped")
            return None
        where = opened(runtime, browser.sealed)
        if where is None:
            _end(session, claimed, post, "failed")
            _refused(session, browser, "sealed under another key", is_gone=True)
            return None
        return where, message


def _waiting(session: TenantSession, claimed: Claim) -> PushPost | None:
    """Return the post of a claim, locked; None where it was told of already, or somebody else is on it."""
    post = session.get(PushPost, (claimed.agency_id, claimed.item_id), with_for_update=True)
    if post is None or post.state != "waiting":
        done(session, claimed)
        return None
    return post if holds(session, claimed) else None


def _gather(session: TenantSession, post: PushPost, notice: Notice) -> None:
    """Have one message tell of all of its kind that waits for the browser and nobody is on."""
    is_held = exists().where(
        Dispatch.kind == "push", Dispatch.agency_id == PushPost.agency_id, Dispatch.item_id == PushPost.id,
        Dispatch.lease_until > func.clock_timestamp(),
    )  # fmt: skip
    alike = (
        select(PushPost)
        .join(Notice, (Notice.agency_id == PushPost.agency_id) & (Notice.id == PushPost.notice_id))
        .where(
            PushPost.browser_id == post.browser_id, PushPost.id != post.id, PushPost.state == "waiting",
            PushPost.attempts == 0, Notice.membership_id == notice.membership_id, Notice.event == notice.event,
            Notice.brand_id.is_not_distinct_from(notice.brand_id), ~is_held,
        )
        .with_for_update(of=PushPost, skip_locked=True)
    )  # fmt: skip
    for each in session.scalars(alike):
        each.state, each.joined_id, each.ended_at = "joined", post.id, utcnow()
        drop(session, "push", session.agency_id, each.id)
    session.flush()


def _end(session: TenantSession, claimed: Claim, post: PushPost, state: str) -> None:
    post.state, post.ended_at = state, utcnow()
    done(session, claimed)


def _settle(runtime: Runtime, claimed: Claim, outcome: Outcome) -> None:
    with runtime.database.agency(claimed.agency_id) as session:
        post = _waiting(session, claimed)
        if post is None:
            return
        # The rows that go with the browser are the whole agency's business; the browser is its person's.
        browser = session.get(PushBrowser, post.browser_id, with_for_update=True)
        post.attempts += 1
        if isinstance(outcome, Taken):
            if browser is not None:
                browser.told_at, browser.refusals, browser.last_error = utcnow(), 0, ""
            _end(session, claimed, post, "sent")
            return
        reason = "HTTP 410" if isinstance(outcome, Gone) else outcome.reason[:200]
        post.last_error = reason
        if isinstance(outcome, Later) and utcnow() - post.created_at < PATIENCE:
            release(session, claimed, delay=outcome.seconds or wait_after(post.attempts))
            return
        _end(session, claimed, post, "failed")
        if browser is not None and not isinstance(outcome, Later):
            _refused(session, browser, reason, is_gone=isinstance(outcome, Gone))


def _refused(session: TenantSession, browser: PushBrowser, reason: str, *, is_gone: bool) -> None:
    browser.refusals, browser.last_error = browser.refusals + 1, reason
    if is_gone or browser.refusals >= REFUSALS:
        log.info("push.browser_gone", browser=str(browser.id), why=reason)
        session.flush()
        session.delete(browser)
