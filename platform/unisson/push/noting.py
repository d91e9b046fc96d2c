"""Having a person's browsers told of a notice, in the transaction of the fact."""

import uuid
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.browsers import PushBrowser
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.dispatching import put_all
from unisson.push.models import PushPost

GATHERED = timedelta(seconds=10)
"""How long a browser is left in peace for what comes together, and for its person to read it in the app."""


def note_for_browsers(session: TenantSession, notice_id: uuid.UUID, membership_id: uuid.UUID) -> None:
    """Have each browser of a member told of a notice, once the transaction commits."""
    theirs = (
        select(PushBrowser.id)
        .join(Membership, Membership.identity_id == PushBrowser.identity_id)
        .where(Membership.id == membership_id)
        .order_by(PushBrowser.id)
    )
    rows = [
        {"agency_id": session.agency_id, "id": new_id(), "notice_id": notice_id, "browser_id": browser_id}
        for browser_id in session.scalars(theirs)
    ]
    if rows:
        made = session.scalars(insert(PushPost).on_conflict_do_nothing().returning(PushPost.id), rows).all()
        put_all(session, "push", session.agency_id, made, due_at=session.now() + GATHERED)
