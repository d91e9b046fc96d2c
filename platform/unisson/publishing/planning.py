"""From an approved content to its publications: one a channel, and one a recipient of a list.

Publishing pulls: the approval leaves the content on the dispatch table, and a worker comes here with it. The row of
the content stays on the table until everything that left it is settled, so that a crash anywhere is caught up with.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text

from tenants.base import new_id
from tenants.session import TenantSession
from unisson import dispatching
from unisson.editorial.models import Content, ContentState, Revision
from unisson.publishing.models import Channel, Subscriber
from unisson.publishing.settling import reach_nobody

ClientRef = Callable[[str, uuid.UUID, datetime], str]
"""(kind of channel, publication, due time) → the reference that makes sending again harmless."""

_PLAN = text("""
insert into app.publications (agency_id, id, content_id, revision_id, channel_id, subscriber_id, due_at, client_ref)
values (:agency_id, :id, :content_id, :revision_id, :channel_id, :subscriber_id, :due_at, :client_ref)
on conflict (agency_id, content_id, channel_id, subscriber_id) do update
   set revision_id = excluded.revision_id, due_at = excluded.due_at, state = 'scheduled', reason = null,
       late_accepted = false
 where app.publications.state in ('scheduled', 'cancelled', 'held', 'failed')
   and not exists (select from app.attempts a where a.agency_id = publications.agency_id
                   and a.publication_id = publications.id and a.state = 'unknown')
returning id
""")
_RETIRE = text("""
update app.publications set state = 'cancelled', reason = 'superseded'
 where content_id = :content_id and revision_id <> :revision_id and state in ('scheduled', 'held', 'failed')
""")


@dataclass(frozen=True, slots=True)
class _Target:
    channel_id: uuid.UUID
    kind: str
    subscriber_id: uuid.UUID | None


def plan(session: TenantSession, content: Content, client_ref: ClientRef) -> int:
    """Write what will leave at the content's date, and make it due then; return how many publications that is.

    Planning again after an edit and a new approval moves what has not left to the new revision, by the same
    references; what left, or may have left, stays as it is. A content that reaches nobody has failed, and says so.
    """
    revision = session.get_one(Revision, (session.agency_id, content.revision_id))
    due_at = _due_at(content, revision)
    planned = 0
    for target in _targets(session, revision):
        fresh = new_id()
        row = session.execute(
            _PLAN,
            {
                "agency_id": session.agency_id,
                "id": fresh,
                "content_id": content.id,
                "revision_id": revision.id,
                "channel_id": target.channel_id,
                "subscriber_id": target.subscriber_id,
                "due_at": due_at,
                "client_ref": client_ref(target.kind, fresh, due_at),
            },
        ).first()
        if row is not None:
            dispatching.put(session, "publication", session.agency_id, row.id, due_at=due_at)
            planned += 1
    session.execute(_RETIRE, {"content_id": content.id, "revision_id": revision.id})
    if not planned:
        reach_nobody(session, content)
    return planned


def needs_plan(session: TenantSession, content: Content) -> bool:
    """Return whether the content is approved and its current revision has not been planned yet."""
    if content.state != ContentState.SCHEDULED:
        return False
    planned = session.execute(
        text("select 1 from app.publications where content_id = :c and revision_id = :r limit 1"),
        {"c": content.id, "r": content.revision_id},
    )
    return planned.first() is None


def _due_at(content: Content, revision: Revision) -> datetime:
    """Return when it leaves: at the date that was approved, or the content's own where its chain approves none."""
    approved = revision.payload["scheduled_at"]
    if approved is None and content.scheduled_at is not None:
        return content.scheduled_at
    return datetime.fromisoformat(str(approved))


def _targets(session: TenantSession, revision: Revision) -> Iterator[_Target]:
    wanted = [uuid.UUID(channel["id"]) for channel in revision.payload["channels"]]
    for channel in session.scalars(select(Channel).where(Channel.id.in_(wanted)).order_by(Channel.id)):
        if channel.kind != "email":
            yield _Target(channel.id, channel.kind, None)
            continue
        subscribers = session.scalars(
            select(Subscriber.id)
            .where(Subscriber.channel_id == channel.id, Subscriber.unsubscribed_at.is_(None))
            .order_by(Subscriber.id)
        )
        yield from (_Target(channel.id, channel.kind, subscriber_id) for subscriber_id in subscribers.all())
