"""Asking for a mail: a row now, in the transaction of what it tells of; the words and any token as it leaves."""

import uuid

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
