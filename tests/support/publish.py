"""Having what is scheduled leave now, by the real publisher."""

import uuid

from sqlalchemy import select, text
from support.desk import Desk

from unisson.publishing.assembly import publisher
from unisson.publishing.models import Publication
from unisson.runtime import Runtime

NOW = (
    "update app.contents set scheduled_at = clock_timestamp() where id = :content",
    "update app.publications set due_at = clock_timestamp() where content_id = :content",
    "update app.dispatch set due_at = clock_timestamp(), lease_until = null where agency_id = :agency",
)


def publish_now(desk: Desk, worker: Runtime, content_id: uuid.UUID) -> Publication:
    """Publish an approved content, whose date is moved to now; return its publication."""
    for _step in ("the content is planned", "its publication leaves", "the content is over"):
        with worker.database.agency(desk.world.agency_id) as session:
            for statement in NOW:
                session.execute(text(statement), {"content": content_id, "agency": desk.world.agency_id})
        publisher(worker).drain(10)
    with desk.session() as session:
        return session.scalars(select(Publication).where(Publication.content_id == content_id)).one()
