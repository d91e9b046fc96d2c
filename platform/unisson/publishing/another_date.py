"""Asking for another date of a content that was held before anything of it was tried: one step instead of four."""

import uuid
from datetime import datetime

from sqlalchemy import text

from tenants.access import Actor
from tenants.errors import RefusedError, StaleError
from tenants.session import TenantSession
from unisson.approvals.circuit import Check, submit
from unisson.editorial.models import Content, ContentState
from unisson.editorial.writing import move
from unisson.publishing.resolution import MAY_BE_OUT, SUPERSEDED, may_wait, stopped
from unisson.web.i18n import lazy

PARTLY_OUT = lazy(
    "Other channels of this content were tried already, so that its date can’t change any more. Send it now or leave it"
    " unsent."
)

_TRIED = text("""
select exists (select from app.publications
  where content_id = :content_id and (attempts > 0 or state not in ('held', 'failed', 'cancelled')))
""")
_SUPERSEDE = text("""
update app.publications set state = 'cancelled', reason = 'superseded'
 where content_id = :content_id and state in ('held', 'failed')
""")


def ask_for_another_date(
    session: TenantSession, actor: Actor, publication_id: uuid.UUID, when: tuple[datetime, int | None], check: Check
) -> Content:
    """Return the content at another wall time and fold of its brand's clock, submitted again to its chain.

    What was planned ends; the approval of the new date plans it anew, under the same references. The caller takes
    everything back when this raises: RefusedError at the choice, the date or what is missing, StaleError.
    """
    publication, content = stopped(session, actor, publication_id)
    if publication.revision_id != content.revision_id:
        raise StaleError(SUPERSEDED)
    if not may_wait(publication):
        raise RefusedError(MAY_BE_OUT, field="choice")
    if session.scalar(_TRIED, {"content_id": content.id}):
        raise RefusedError(PARTLY_OUT, field="choice")
    session.execute(_SUPERSEDE, {"content_id": content.id})
    content.state = ContentState.FAILED  # nothing of it left, so it may change
    session.flush()
    wall_time, fold = when
    move(session, actor, content.id, wall_time, fold=fold)
    submit(session, actor, content.id, None, check)
    return content
