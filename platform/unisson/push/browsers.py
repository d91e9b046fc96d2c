"""A person's browsers that are told of things: letting one in, naming them, letting one go.

A subscription rests on the sign-in of its browser, and ends with it; each sign-in has one.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography.fernet import InvalidToken
from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tenants.base import new_id, utcnow
from tenants.browsers import PushBrowser
from tenants.errors import NotFoundError, RefusedError
from unisson.outbound.telling import Refused, Taken
from unisson.push import sending
from unisson.push.keys import Keys, keys_of
from unisson.push.sending import Gone, Message
from unisson.push.subscriptions import Subscription, in_text, subscription
from unisson.runtime import Runtime
from unisson.vault import token_hash
from unisson.web.i18n import lazy
from unisson.web.people import SignedIn

MOST = 10

OFF = lazy("This installation tells no browsers: whoever runs it has set no key for it.")
INSIDE = lazy("This browser is to be told at an address that is not public. Nothing is ever sent there.")
TOO_MANY = lazy("At most %(num)s browsers can be told. Remove one first.", num=MOST)
AWAY = lazy("The push service of this browser did not take the message. Try again in a minute.")
ENDED = lazy("This browser takes nothing any more: it was removed from the list. Let it in again, from that browser.")


@dataclass(frozen=True, slots=True)
class Given:
    """What a browser handed over, as text, and what it calls itself."""

    endpoint: str
    p256dh: str
    auth: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class Told:
    """One browser on its person's list; `mark` is how a page there finds itself."""

    id: uuid.UUID
    user_agent: str
    created_at: datetime
    told_at: datetime | None
    last_error: str
    mark: str


def browsers_of(session: Session, identity_id: uuid.UUID) -> Sequence[Told]:
    """Return the browsers that somebody has told of things, the newest first."""
    rows = session.execute(
        select(
            PushBrowser.id, PushBrowser.user_agent, PushBrowser.created_at, PushBrowser.told_at,
            PushBrowser.last_error, PushBrowser.endpoint_hash,
        ).where(PushBrowser.identity_id == identity_id).order_by(PushBrowser.created_at.desc(), PushBrowser.id)
    )  # fmt: skip
    return [Told(*row[:5], mark=row[5].hex()) for row in rows]


def let_in(runtime: Runtime, session: Session, person: SignedIn, given: Given) -> None:
    """Have this browser told of things, in the place of whatever it or its sign-in was told by before.

    Raises RefusedError.
    """
    _keys(runtime)
    wanted = subscription(given.endpoint, given.p256dh, given.auth)
    if sending.is_inside(runtime, wanted.endpoint):
        raise RefusedError(INSIDE)
    # One at a time of a person, so that two at once can't be one too many.
    session.execute(text("select pg_advisory_xact_lock(hashtextextended('push' || :i, 0))"), {"i": person.id})
    mark = token_hash(wanted.endpoint)
    # Whoever was told here before is not any more, nor of what waited for them.
    session.execute(
        delete(PushBrowser)
        .where((PushBrowser.endpoint_hash == mark) | (PushBrowser.sign_in_id == person.sign_in_id))
        .execution_options(synchronize_session=False)
    )
    theirs = select(func.count()).select_from(PushBrowser).where(PushBrowser.identity_id == person.id)
    if (session.scalar(theirs) or 0) >= MOST:
        raise RefusedError(TOO_MANY)
    row = {
        "id": new_id(), "identity_id": person.id, "sign_in_id": person.sign_in_id, "endpoint_hash": mark,
        "sealed": _sealed(runtime, wanted), "user_agent": given.user_agent[:300],
    }  # fmt: skip
    session.execute(insert(PushBrowser).values(row).on_conflict_do_nothing())


def renew(runtime: Runtime, session: Session, person: SignedIn, given: Given) -> None:
    """Go on telling the browser of a sign-in whose push service gave it another address.

    Raises NotFoundError for one that was not told of anything, RefusedError as `let_in`.
    """
    if session.scalar(select(PushBrowser.id).where(PushBrowser.sign_in_id == person.sign_in_id)) is None:
        raise NotFoundError
    let_in(runtime, session, person, given)


def let_go(session: Session, identity_id: uuid.UUID, browser_id: uuid.UUID) -> None:
    """Tell a browser of somebody nothing any more. Raises NotFoundError for one that is not theirs."""
    _own(session, identity_id, browser_id)
    session.execute(delete(PushBrowser).where(PushBrowser.id == browser_id))


def try_out(runtime: Runtime, session: Session, identity_id: uuid.UUID, browser_id: uuid.UUID, said: Message) -> bool:
    """Tell a browser that it is told of things, now; False for one that takes nothing any more, which is forgotten.

    Raises NotFoundError for one that is not theirs, RefusedError where the message was not taken.
    """
    browser, keys = _own(session, identity_id, browser_id), _keys(runtime)
    where = opened(runtime, browser.sealed)
    outcome = sending.send(runtime, keys, where, said) if where else Gone()
    if isinstance(outcome, Taken):
        browser.told_at, browser.refusals, browser.last_error = utcnow(), 0, ""
        return True
    if isinstance(outcome, Gone):
        session.delete(browser)
        return False
    raise RefusedError(INSIDE if outcome == Refused("forbidden address") else AWAY)


def opened(runtime: Runtime, sealed: bytes) -> Subscription | None:
    """Return a subscription as it was handed over; None for one that was sealed under another SECRET_KEY."""
    try:
        held = runtime.vault.open(sealed)
    except InvalidToken:
        return None
    return subscription(held["endpoint"], held["p256dh"], held["auth"])


def _sealed(runtime: Runtime, wanted: Subscription) -> bytes:
    return runtime.vault.seal(
        {"endpoint": wanted.endpoint, "p256dh": in_text(wanted.point), "auth": in_text(wanted.secret)}
    )


def _keys(runtime: Runtime) -> Keys:
    keys = keys_of(runtime.settings)
    if keys is None:
        raise RefusedError(OFF)
    return keys


def _own(session: Session, identity_id: uuid.UUID, browser_id: uuid.UUID) -> PushBrowser:
    found = session.get(PushBrowser, browser_id)
    if found is None or found.identity_id != identity_id:
        raise NotFoundError
    return found
