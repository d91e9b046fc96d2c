"""Asking for a mail: a row now, in the transaction of what it tells of; the words and any token as it leaves."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from tenants.members import Membership
from tenants.session import TenantSession
from unisson.dispatching import put, put_off
from unisson.jobs import ring_after_commit
from unisson.notifications.models import Letter


def write(
    session: TenantSession,
    membership_id: uuid.UUID,
    kind: str,
    about: dict[str, str],
    *,
    due_at: datetime | None = None,
) -> Letter:
    """Return the letter that will leave, once, soon after the transaction commits, or at `due_at`.

    `about` holds ids, as text.
    """
    letter = Letter(membership_id=membership_id, kind=kind, about=about)
    session.add(letter)
    session.flush()
    put(session, "mail", session.agency_id, letter.id, due_at=due_at)
    ring_after_commit(session, "mail")
    return letter


BATCH = timedelta(minutes=5)
"""How long after the last thing that is asked of somebody their letter leaves: one for all that came together."""

LONGEST = timedelta(minutes=30)
"""How long the first of them waits at most, whatever follows it."""


def write_of_what_waits(
    session: TenantSession, membership_id: uuid.UUID, brand_id: uuid.UUID, *, at_once: bool
) -> None:
    """Have one letter tell a person of all that waits on them for the brand: five minutes after the last of it.

    A letter that stands already is put off rather than a second one written. It lists what waits as it leaves.
    """
    now = session.now()
    standing = session.scalars(
        select(Letter)
        .where(
            Letter.membership_id == membership_id,
            Letter.kind == "to_decide",
            Letter.state == "waiting",
            Letter.about["brand_id"].as_string() == str(brand_id),
        )
        .order_by(Letter.created_at.desc())
        .limit(1)
    ).first()
    if standing is not None:
        leaves = now if at_once else min(now + BATCH, standing.created_at + LONGEST)
        if put_off(session, "mail", session.agency_id, standing.id, due_at=leaves):
            ring_after_commit(session, "mail")
            return
    about = {"brand_id": str(brand_id)}
    write(session, membership_id, "to_decide", about, due_at=now if at_once else now + BATCH)


def undelivered(session: TenantSession, limit: int = 20) -> Sequence[tuple[Letter, Membership]]:
    """Return the mails that were given up, newest first, with the members they were for."""
    rows = session.execute(
        select(Letter, Membership)
        .join(Membership, (Membership.agency_id == Letter.agency_id) & (Membership.id == Letter.membership_id))
        .where(Letter.state == "failed", Membership.removed_at.is_(None))
        .order_by(Letter.created_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1]) for row in rows]
