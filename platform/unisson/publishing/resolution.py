"""What a person decides about a publication that stopped: it is out, it is not, try again, or leave it."""

import uuid

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson import dispatching
from unisson.activity.trail import record
from unisson.editorial.contents import load
from unisson.editorial.models import Content
from unisson.jobs import ring_after_commit
from unisson.publishing.models import Channel, Publication, PublicationState
from unisson.web.i18n import lazy

NOT_STOPPED = lazy("This publication is not waiting for a decision any more. Nothing was changed.")
NO_ADDRESS = lazy("Paste the address where it stands, starting with https://, so that the calendar can link to it.")
MOCKUP = lazy("This channel is a mock-up: there is no account to send it by. Connect the channel first.")
SUPERSEDED = lazy("The content changed since. Submit it again; it will be planned anew.")
STOPPED = frozenset({PublicationState.HELD, PublicationState.FAILED})


def confirm_live(session: TenantSession, actor: Actor, publication_id: uuid.UUID, url: str) -> Publication:
    """Record that the publication is out, at `url`, as `actor` saw. Raises RefusedError, StaleError."""
    publication, content = _stopped(session, actor, publication_id)
    if publication.subscriber_id is None and not url.startswith(("https://", "http://")):
        raise RefusedError(NO_ADDRESS, field="url")
    publication.state = PublicationState.PUBLISHED
    publication.remote_id = f"seen:{publication.id}"
    publication.remote_url = url or None
    publication.published_at = publication.due_at
    publication.reason = None
    _resume(session, actor, publication, content, "publication.confirmed_live")
    return publication


def send_again(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> Publication:
    """Let the publication leave now, late or not, under its first reference: `actor` says that it is not out.

    Raises RefusedError while its channel is a mock-up, StaleError.
    """
    publication, content = _stopped(session, actor, publication_id)
    if publication.revision_id != content.revision_id:
        raise StaleError(SUPERSEDED)
    if session.get_one(Channel, (session.agency_id, publication.channel_id)).mockup:
        raise RefusedError(MOCKUP, field="choice")
    publication.state = PublicationState.SCHEDULED
    publication.late_accepted = True
    publication.reason = None
    session.flush()
    dispatching.put(session, "publication", session.agency_id, publication.id)
    _resume(session, actor, publication, content, "publication.sent_again")
    return publication


def give_up(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> Publication:
    """Leave the publication unsent for good."""
    publication, content = _stopped(session, actor, publication_id)
    publication.state = PublicationState.CANCELLED
    publication.reason = "given up"
    _resume(session, actor, publication, content, "publication.given_up")
    return publication


def _stopped(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> tuple[Publication, Content]:
    """Return the publication and its content, the content's row locked first, as the publisher does."""
    content_id = session.scalar(select(Publication.content_id).where(Publication.id == publication_id))
    if content_id is None:
        raise NotFoundError
    content = load(session, actor, content_id, Permission.PUBLICATION_RESOLVE, lock=True)
    publication = session.scalars(select(Publication).where(Publication.id == publication_id).with_for_update()).one()
    if PublicationState(publication.state) not in STOPPED:
        raise StaleError(NOT_STOPPED)
    return publication, content


def _resume(session: TenantSession, actor: Actor, publication: Publication, content: Content, verb: str) -> None:
    """Have the publisher look at the content as a whole again."""
    session.flush()
    dispatching.put(session, "content", session.agency_id, content.id)
    ring_after_commit(session, "publishing")
    record(session, actor, verb, "content", content.id, brand_id=content.brand_id, publication=str(publication.id))
