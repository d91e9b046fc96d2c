"""What a change of a submitted content does to its approval."""

from tenants.access import Actor
from tenants.session import TenantSession
from unisson.approvals.asking import void
from unisson.approvals.deadlines import count_again
from unisson.editorial.models import Content, ContentState, Revision
from unisson.publishing.standing import move_planned


def date_is_free(session: TenantSession, content: Content) -> bool:
    """Return whether the content was submitted by a chain that does not approve the date: it may move as it is."""
    if content.revision_id is None:
        return False
    return session.get_one(Revision, (session.agency_id, content.revision_id)).payload["scheduled_at"] is None


def follow_date(session: TenantSession, content: Content) -> None:
    """Have what counts from the date of what moved as it is follow: what leaves, and until when somebody answers."""
    move_planned(session, content)
    count_again(session, content)


def reopen(session: TenantSession, content: Content, actor: Actor) -> bool:
    """Make a submitted content a draft again, and end its passage. Return whether it had been submitted."""
    submitted = content.state != ContentState.DRAFT
    void(session, content, by=actor.membership_id)
    content.state = ContentState.DRAFT
    content.revision_id = None
    content.stages_done = content.stages_all = 0
    return submitted
