"""What became of the past: publications, tries and newsroom pages, in one transaction of the worker role.

The database's gate sees every try: nothing can be shown as sent that was not approved.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from tenants.base import new_id
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.demo import script
from unisson.demo.script import AgencyScript, Piece, fr
from unisson.editorial.models import Content, ContentState, Revision, Variant
from unisson.newsroom.entries import room_of, slug_of
from unisson.newsroom.models import NewsroomEntry
from unisson.publishing.channels import reasons
from unisson.publishing.channels.reasons import with_detail
from unisson.publishing.channels.registry import Registry
from unisson.publishing.models import (
    Attempt,
    AttemptState,
    Channel,
    Publication,
    PublicationState,
    Subscriber,
)

REFUSAL = with_detail(reasons.TOO_LONG, "400 InvalidRequest: Record/text must not be longer than 300 graphemes")
LATENESS = timedelta(seconds=1)
ENDS = {
    script.PUBLISHED: ContentState.PUBLISHED,
    script.FAILED: ContentState.FAILED,
    script.LATE: ContentState.HELD,
    script.UNKNOWN: ContentState.HELD,
    script.PARTLY: ContentState.PARTLY_PUBLISHED,
}


def tell(session: TenantSession, agency: AgencyScript, registry: Registry, base_url: str) -> None:
    """Write what became of every content of the past that nothing is written of yet."""
    waiting = select(Content).where(
        Content.state == ContentState.SCHEDULED, Content.scheduled_at < func.clock_timestamp()
    )
    contents = {content.title: content for content in session.scalars(waiting)}
    for brand in agency.brands:
        for piece in brand.pieces:
            content = contents.get(fr(piece.title))
            if piece.fate in script.PAST and content is not None:
                _Outcome(session, content, piece, registry, base_url).write()


class _Outcome:
    def __init__(
        self, session: TenantSession, content: Content, piece: Piece, registry: Registry, base_url: str
    ) -> None:
        self._session = session
        self._content = content
        self._piece = piece
        self._registry = registry
        self._base_url = base_url
        self._revision = session.get_one(Revision, (session.agency_id, content.revision_id))
        self._due_at: datetime = content.scheduled_at or content.created_at

    def write(self) -> None:
        channels = self._session.scalars(
            select(Channel)
            .join(Variant, (Variant.agency_id == Channel.agency_id) & (Variant.channel_id == Channel.id))
            .where(Variant.content_id == self._content.id)
        ).all()
        for channel in channels:
            people = self._people(channel)
            for number, subscriber_id in enumerate(people):
                self._publication(channel, subscriber_id, is_last=number == len(people) - 1)
        end = ENDS[self._piece.fate]
        self._content.state = end
        self._session.flush()
        record(self._session, None, f"content.{end}", "content", self._content.id, brand_id=self._content.brand_id)

    def _people(self, channel: Channel) -> Sequence[uuid.UUID | None]:
        if channel.kind != "email":
            return [None]
        return self._session.scalars(
            select(Subscriber.id).where(Subscriber.channel_id == channel.id).order_by(Subscriber.id)
        ).all()

    def _publication(self, channel: Channel, subscriber_id: uuid.UUID | None, *, is_last: bool) -> None:
        publication_id = new_id()
        publication = Publication(
            id=publication_id,
            content_id=self._content.id,
            revision_id=self._revision.id,
            channel_id=channel.id,
            subscriber_id=subscriber_id,
            due_at=self._due_at,
            client_ref=self._registry.adapter(channel.kind).client_ref(publication_id, self._due_at),
            created_at=self._due_at - timedelta(days=2),
        )
        self._session.add(publication)
        self._session.flush()
        fate = self._piece.fate
        if fate == script.LATE:
            publication.state, publication.reason = PublicationState.HELD, "late"
        elif fate in {script.FAILED, script.PARTLY} and channel.kind == "bluesky":
            self._attempt(publication, AttemptState.REFUSED, REFUSAL)
            publication.state, publication.reason = PublicationState.FAILED, REFUSAL
        elif fate == script.UNKNOWN and channel.kind == "email" and is_last:
            self._attempt(publication, AttemptState.UNKNOWN, reasons.NO_ANSWER)
            publication.state, publication.reason = PublicationState.HELD, "unknown"
        else:
            self._publish(publication, channel)
        self._session.flush()

    def _publish(self, publication: Publication, channel: Channel) -> None:
        self._attempt(publication, AttemptState.PUBLISHED, None)
        remote_id: str = publication.client_ref
        url: str | None = None
        if channel.kind == "newsroom":
            remote_id, url = self._entry(publication.client_ref)
            self._content.live_url = url
        publication.remote_id, publication.remote_url = remote_id, url
        publication.state = PublicationState.PUBLISHED
        publication.published_at = self._due_at + LATENESS

    def _attempt(self, publication: Publication, state: AttemptState, detail: str | None) -> None:
        """Write the try while the publication waits, as the gate wants it."""
        publication.attempts = 1
        self._session.add(
            Attempt(
                publication_id=publication.id,
                number=1,
                fence=1,
                digest=self._revision.digest,
                worker="demonstration",
                state=state,
                started_at=self._due_at,
                ended_at=self._due_at + LATENESS,
                detail=detail,
            )
        )
        self._session.flush()

    def _entry(self, ref: str) -> tuple[str, str]:
        payload = self._revision.payload
        room = room_of(self._session, self._content.brand_id)
        kept = ("digest", "mime", "width", "height", "alt")
        entry = NewsroomEntry(
            id=new_id(),
            brand_id=self._content.brand_id,
            ref=ref,
            slug=slug_of(payload["title"]),
            title=payload["title"],
            text=payload["channels"][0]["text"],
            language=payload["language"],
            pictures=[{name: picture[name] for name in kept} for picture in payload["pictures"]],
            press=payload.get("press", {}),
            published_at=self._due_at + LATENESS,
        )
        self._session.add(entry)
        self._session.flush()
        return str(entry.id), f"{self._base_url}{room.path}{entry.slug}"
