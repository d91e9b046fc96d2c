"""What is planned and has not left: moved with its content's date, and let go after a hold."""

from sqlalchemy import text

from tenants.session import TenantSession
from unisson import dispatching
from unisson.editorial.models import Content
from unisson.jobs import ring_after_commit

_MOVE = text("""
update app.publications set due_at = :due_at
 where content_id = :content_id and revision_id = :revision_id and state in ('scheduled', 'held')
returning id
""")
_LET_GO = text("""
update app.publications set state = 'scheduled', reason = null
 where content_id = :content_id and revision_id = :revision_id and state = 'held' and reason = 'on_hold'
returning id, due_at
""")


def move_planned(session: TenantSession, content: Content) -> None:
    """Have what is planned of an approved content leave at the content's new date."""
    values = {"content_id": content.id, "revision_id": content.revision_id, "due_at": content.scheduled_at}
    for row in session.execute(_MOVE, values).all():
        dispatching.put(session, "publication", session.agency_id, row.id, due_at=content.scheduled_at)


def let_go(session: TenantSession, content: Content) -> None:
    """Have what a hold stopped leave at its date, or be asked about where that has passed."""
    values = {"content_id": content.id, "revision_id": content.revision_id}
    for row in session.execute(_LET_GO, values).all():
        dispatching.put(session, "publication", session.agency_id, row.id, due_at=row.due_at)
    dispatching.put(session, "content", session.agency_id, content.id)
    ring_after_commit(session, "publishing")
