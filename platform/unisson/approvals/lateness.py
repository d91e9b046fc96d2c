"""What becomes of a content whose last approval has come: out at its minute, or, when that has passed, by its rule."""

from sqlalchemy import select

from tenants.session import TenantSession
from unisson import dispatching
from unisson.activity.trail import record
from unisson.approvals.chain import Chain, Late
from unisson.approvals.models import ApprovalRun, RunState
from unisson.editorial.models import Content, ContentKind, ContentState
from unisson.jobs import ring_after_commit
from unisson.notifications.notices import tell
from unisson.web.i18n import lazy

IF_ASKED = lazy("Approved after its date, it does not go out by itself: somebody of the agency is asked.")
IF_MISSED = lazy("Approved after its date, it does not go out: it is missed, and needs a new date.")

PRESS_SECONDS = 60
"""A press release is never late by itself: a minute past its time, a person decides."""


def schedule(session: TenantSession, content: Content, run: ApprovalRun, chain: Chain) -> None:
    """Let an approved content leave at its date. Where the date has passed, the chain says what becomes of it."""
    late = _seconds_late(session, content)
    if late > 0 and chain.late is Late.MISS:
        _miss(session, content, run)
        return
    session.change(content, late_limit=limit_of(content.kind, chain, late), state=ContentState.SCHEDULED)
    dispatching.put_later(session, "content", session.agency_id, content.id)
    ring_after_commit(session, "publishing")


def limit_of(kind: str, chain: Chain, late: float) -> int | None:
    """Return how many seconds past its date a content approved `late` seconds after it may leave by itself.

    None for the limit of the settings: it was approved in time. 0: a person is asked.
    """
    if late <= 0:
        return PRESS_SECONDS if kind == ContentKind.PRESS_RELEASE else None
    if chain.late is Late.PUBLISH and kind != ContentKind.PRESS_RELEASE:
        return chain.late_minutes * 60
    return 0


def if_late(kind: str, chain: Chain) -> object:
    """Return the sentence that says what becomes of the content if its last approval comes after its date."""
    if chain.late is Late.MISS:
        return IF_MISSED
    if chain.late is Late.PUBLISH and kind != ContentKind.PRESS_RELEASE:
        return lazy(
            "Approved late, it still goes out by itself until %(minutes)s minutes after its date;"
            " from then on, somebody of the agency is asked.",
            minutes=chain.late_minutes,
        )
    return IF_ASKED


def was_missed(session: TenantSession, content: Content) -> bool:
    """Whether the content does not go out because its last yes came after its date.

    Who cancels a content ends its approval; what is missed is cancelled with all that it was approved by.
    """
    if content.state != ContentState.CANCELLED or content.revision_id is None:
        return False
    return session.scalar(_APPROVED.where(ApprovalRun.revision_id == content.revision_id)) is not None


_APPROVED = select(ApprovalRun.id).where(ApprovalRun.state == RunState.APPROVED.value).limit(1)


def _miss(session: TenantSession, content: Content, run: ApprovalRun) -> None:
    session.change(content, state=ContentState.CANCELLED)
    record(session, None, "content.missed", "content", content.id, brand_id=content.brand_id)
    for membership_id in sorted({content.author_id, run.submitted_by}):
        tell(session, membership_id, "missed", {"content_id": str(content.id)})


def _seconds_late(session: TenantSession, content: Content) -> float:
    return (session.now() - content.scheduled_at).total_seconds() if content.scheduled_at else 0.0
