"""Asking for a mail: a row now, in the transaction of what it tells of; the words and any token as it leaves."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from tenants.members import Membership
from tenants.session import TenantSession
from unisson.dispatching import put
from unisson.jobs import ring_after_commit
from unisson.notifications.models import Letter


def write(session: TenantSession, membership_id: uuid.UUID, kind: str, about: dict[str, str]) -> Letter:
    """Return the letter that will leave, once, soon after the transaction commits. `about` holds ids, as text."""
    letter = Letter(membership_id=membership_id, kind=kind, about=about)
    session.add(letter)
    session.flush()
    put(session, "mail", session.agency_id, letter.id)
    ring_after_commit(session, "mail")
    return letter


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
