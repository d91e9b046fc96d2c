"""Mails outside any agency, whose rows are their own queue: `due_at`, pushed ahead, is the lease of who sends one."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, func, select, update

from tenants.identities import IdentityLetter, PrivacyLetter
from unisson.mail import Deferred, MailResult
from unisson.notifications.patience import LEASE
from unisson.runtime import Runtime

Kind = type[IdentityLetter] | type[PrivacyLetter]


def send_each(ends: float, send_next: Callable[[], MailResult | None]) -> tuple[int, bool]:
    """Send one after the other until the clock reaches `ends`; return how many were tried, and if the server is away.

    `send_next` returns what became of the next one that is due; None where none is.
    """
    tried = 0
    while time.monotonic() < ends:
        result = send_next()
        if result is None:
            return tried, False
        tried += 1
        if isinstance(result, Deferred) and result.down:
            return tried, True
    return tried, False


def claimed(runtime: Runtime, kind: Kind, *unsent: ColumnElement[bool]) -> uuid.UUID | None:
    """Take the next mail of a kind that is due, for LEASE seconds; `unsent` says which ones wait at all."""
    due = (
        select(kind.id)
        .where(*unsent, kind.due_at <= func.clock_timestamp())
        .order_by(kind.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return put_off(runtime, kind, due, LEASE, attempts=kind.attempts + 1)


def put_off(
    runtime: Runtime, kind: Kind, which: uuid.UUID | ScalarSelect[uuid.UUID], seconds: float, **more: Any
) -> uuid.UUID | None:
    """Have a mail be due `seconds` from now, with `more` of its columns; return it, unless it is gone."""
    until = func.clock_timestamp() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)
    with runtime.database.everywhere() as session:
        return session.execute(
            update(kind)
            .where(kind.id == which)
            .values(due_at=until, **more)
            .returning(kind.id)
            .execution_options(synchronize_session=False)
        ).scalar()
