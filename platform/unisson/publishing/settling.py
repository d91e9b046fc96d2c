"""What became of a content as a whole, from what became of its publications."""

from sqlalchemy import text

from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.editorial.models import Content, ContentState
from unisson.notifications.notices import tell
from unisson.publishing.models import MOCKUP, PublicationState

_COUNTS = text("""
select case when state = 'scheduled' and due_at > clock_timestamp() then 'ahead' else state end as state, count(*) as n,
       min(remote_url) filter (where remote_url is not null) as url,
       extract(epoch from min(due_at) - clock_timestamp())::float as seconds
  from app.publications where content_id = :content_id and revision_id = :revision_id
 group by 1
""")

AHEAD = "ahead"
"""Of a publication that waits for a date to come."""
LOOK_BACK = 5.0
"""Seconds after which to look again at what is under way, should nobody have told of its end."""
_RUNNING = (PublicationState.SCHEDULED, PublicationState.SENDING, PublicationState.UNKNOWN)
_LEAVING = frozenset(
    {
        ContentState.SCHEDULED,
        ContentState.PUBLISHING,
        ContentState.PUBLISHED,
        ContentState.PARTLY_PUBLISHED,
        ContentState.FAILED,
        ContentState.HELD,
    }
)


def settle(session: TenantSession, content: Content) -> float | None:
    """Bring the content's state in line with its publications.

    Returns None once nothing is under way any more, else the seconds after which to look again. The caller holds the
    content's row for update. Whoever wrote it is told once when it is held or failed.
    """
    if content.state not in _LEAVING:
        return None
    counts = {row.state: row for row in session.execute(_COUNTS, _key(content))}
    before, after = ContentState(content.state), _state_from({state: row.n for state, row in counts.items()})
    if after is None:
        return None
    if after != before and (before, after) != (ContentState.SCHEDULED, ContentState.PUBLISHING):
        content.state = after
        published = counts.get(PublicationState.PUBLISHED)
        content.live_url = published.url if published else None
        if after == ContentState.PUBLISHED:
            content.channel_kinds = " ".join(each for each in content.channel_kinds.split() if each != MOCKUP)
        session.flush()
        _tell(session, content, after)
    if any(state in counts for state in _RUNNING):
        return LOOK_BACK
    return max(counts[AHEAD].seconds, 0.0) + LOOK_BACK if AHEAD in counts else None


def is_out(session: TenantSession, content: Content) -> bool:
    """Whether something of the content's present version is out, or may be."""
    out = {PublicationState.PUBLISHED, PublicationState.SENDING, PublicationState.UNKNOWN}
    return any(row.state in out for row in session.execute(_COUNTS, _key(content)))


def reach_nobody(session: TenantSession, content: Content) -> None:
    """Let a content fail that no channel and no recipient is left for: it must not wait in silence."""
    content.state = ContentState.FAILED
    session.flush()
    _tell(session, content, ContentState.FAILED)


def _key(content: Content) -> dict[str, object]:
    return {"content_id": content.id, "revision_id": content.revision_id}


def _state_from(counts: dict[str, int]) -> ContentState | None:
    """Return the state of a content whose publications stand like this; None when it has none.

    What waits for a decision counts before what waits for its date. Cancelled ones (given up, unsubscribed)
    count for nothing beside others; alone they mean that nothing went out.
    """
    if not counts:
        return None
    if any(counts.get(state) for state in _RUNNING):
        return ContentState.PUBLISHING
    if counts.get(PublicationState.HELD):
        return ContentState.HELD
    if counts.get(AHEAD):
        return ContentState.PUBLISHING if counts.get(PublicationState.PUBLISHED) else ContentState.SCHEDULED
    if not counts.get(PublicationState.PUBLISHED):
        return ContentState.FAILED
    return ContentState.PARTLY_PUBLISHED if counts.get(PublicationState.FAILED) else ContentState.PUBLISHED


def _tell(session: TenantSession, content: Content, state: ContentState) -> None:
    if state in {ContentState.PUBLISHING, ContentState.SCHEDULED}:
        return
    record(session, None, f"content.{state}", "content", content.id, brand_id=content.brand_id)
    if state in {ContentState.HELD, ContentState.FAILED, ContentState.PARTLY_PUBLISHED}:
        tell(session, content.author_id, "trouble", {"content_id": str(content.id), "state": state.value})
