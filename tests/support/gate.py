"""Asking the database's gate: would this content leave now?"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from support.desk import Desk

from tenants.base import utcnow
from tenants.session import TenantSession
from unisson.editorial.models import Content, Revision
from unisson.publishing.models import Attempt, Publication
from unisson.runtime import Runtime


def would_leave(desk: Desk, worker: Runtime, content_id: uuid.UUID) -> str | None:
    """Return what the gate says to a publication of the current revision that is due: None for yes. Nothing stays."""
    with worker.database.open_agency(desk.world.agency_id) as session:
        content = session.get_one(Content, (session.agency_id, content_id))
        revision = session.get_one(Revision, (session.agency_id, content.revision_id))
        publication = Publication(
            content_id=content_id,
            revision_id=revision.id,
            channel_id=desk.world.newsroom_id,
            due_at=utcnow() - timedelta(minutes=1),
            client_ref=uuid.uuid4().hex,
        )
        session.add(publication)
        session.flush()
        return _refusal(session, publication.id, revision.digest)


def plan_publication(
    desk: Desk,
    worker: Runtime,
    content_id: uuid.UUID,
    due_at: datetime | None = None,
    embargo_until: datetime | None = None,
) -> uuid.UUID:
    """Return a publication of the content's current revision, due a minute ago unless a date is given."""
    with worker.database.agency(desk.world.agency_id) as session:
        content = session.get_one(Content, (session.agency_id, content_id))
        publication = Publication(
            content_id=content_id,
            revision_id=content.revision_id,
            channel_id=desk.world.newsroom_id,
            due_at=due_at or utcnow() - timedelta(minutes=1),
            embargo_until=embargo_until,
            client_ref=uuid.uuid4().hex,
        )
        session.add(publication)
        session.flush()
        return publication.id


def try_attempt(desk: Desk, worker: Runtime, publication_id: uuid.UUID, digest: str | None = None) -> str | None:
    """Return the gate's refusal (its SQLSTATE), or None for an attempt that would start. Nothing stays."""
    with worker.database.open_agency(desk.world.agency_id) as session:
        publication = session.get_one(Publication, (session.agency_id, publication_id))
        revision = session.get_one(Revision, (session.agency_id, publication.revision_id))
        return _refusal(session, publication_id, digest or revision.digest)


def _refusal(session: TenantSession, publication_id: uuid.UUID, digest: str) -> str | None:
    session.add(Attempt(publication_id=publication_id, number=1, fence=1, digest=digest, worker="test"))
    try:
        session.flush()
    except DBAPIError as error:
        return str(getattr(error.orig, "sqlstate", None))
    finally:
        session.rollback()
    return None
