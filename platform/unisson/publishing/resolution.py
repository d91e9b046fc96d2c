"""What a person decides about a publication that stopped: it is out, send it now or at another time, or leave it."""

import uuid
from datetime import datetime

from sqlalchemy import select

from tenants.access import Actor
from tenants.errors import NotFoundError, RefusedError, StaleError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson import dispatching
from unisson.activity.trail import record
from unisson.editorial.contents import brand_of, load
from unisson.editorial.models import Content
from unisson.editorial.order import keep_order
from unisson.editorial.reopening import date_is_free
from unisson.editorial.timing import must_be_future, resolve
from unisson.editorial.writing import place
from unisson.jobs import ring_after_commit
from unisson.media.rights import check_submitted
from unisson.publishing.models import Channel, Publication, PublicationState
from unisson.publishing.settling import is_out, settle
from unisson.topics.embargo import check_embargo
from unisson.web.i18n import lazy

NOT_STOPPED = lazy("This publication is not waiting for a decision any more. Nothing was changed.")
NO_ADDRESS = lazy("Paste the address where it stands, starting with https://, so that the calendar can link to it.")
MOCKUP = lazy("This channel is a mock-up: there is no account to send it by. Connect the channel first.")
SUPERSEDED = lazy("The content changed since. Submit it again; it will be planned anew.")
MAY_BE_OUT = lazy(
    "It was tried before, so that something of it may be out under its date. Look on the channel, then send it now or"
    " leave it unsent."
)
DATE_APPROVED = lazy("The date was approved with it: another one has to be asked for. Choose that instead.")
STOPPED = frozenset({PublicationState.HELD, PublicationState.FAILED})
UNTRIED = frozenset({"late", "mockup", "connected later", "disconnected", "on_hold", "brand archived", "unpaid"})
"""Why a publication was held before anybody tried to send it: its date is in no byte that left."""


def confirm_live(session: TenantSession, actor: Actor, publication_id: uuid.UUID, url: str) -> Publication:
    """Record that the publication is out, at `url`, as `actor` saw. Raises RefusedError, StaleError."""
    publication, content = stopped(session, actor, publication_id)
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
    publication, content = stopped(session, actor, publication_id)
    _check_sendable(session, publication, content)
    publication.state = PublicationState.SCHEDULED
    publication.late_accepted = True
    publication.reason = None
    session.flush()
    dispatching.put(session, "publication", session.agency_id, publication.id)
    _resume(session, actor, publication, content, "publication.sent_again")
    return publication


def send_at(
    session: TenantSession, actor: Actor, publication_id: uuid.UUID, wall_time: datetime, fold: int | None
) -> Publication:
    """Let the publication leave at another time of its brand's clock, as approved and under its first reference.

    Nothing of it may be out, and the date not be approved with it. The gate, the embargo and the limit of lateness
    then hold as at any date; the content takes the date where nothing else of it is out. Raises RefusedError at the
    choice or the date, StaleError.
    """
    publication, content = stopped(session, actor, publication_id)
    _check_sendable(session, publication, content)
    if not may_wait(publication):
        raise RefusedError(MAY_BE_OUT, field="choice")
    if not date_is_free(session, content):
        raise RefusedError(DATE_APPROVED, field="choice")
    brand = brand_of(session, content)
    instant = resolve(wall_time, brand.timezone, fold)
    must_be_future(instant, session.now())
    check_embargo(session, content.topic_id, instant, content.channel_kinds)
    publication.state, publication.due_at = PublicationState.SCHEDULED, instant
    publication.late_accepted, publication.reason = False, None
    if not is_out(session, content):
        place(content, brand, wall_time, fold, session.now)
        check_submitted(session, content)
        keep_order(session, content)
    session.flush()
    dispatching.put(session, "publication", session.agency_id, publication.id, due_at=instant)
    settle(session, content)
    _resume(session, actor, publication, content, "publication.sent_later")
    return publication


def may_wait(publication: Publication) -> bool:
    """Whether a publication that stopped may be given another time: nothing of it was ever tried."""
    return not publication.attempts and publication.reason in UNTRIED


def _check_sendable(session: TenantSession, publication: Publication, content: Content) -> None:
    if publication.revision_id != content.revision_id:
        raise StaleError(SUPERSEDED)
    if session.get_one(Channel, (session.agency_id, publication.channel_id)).mockup:
        raise RefusedError(MOCKUP, field="choice")


def give_up(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> Publication:
    """Leave the publication unsent for good."""
    publication, content = stopped(session, actor, publication_id)
    publication.state = PublicationState.CANCELLED
    publication.reason = "given up"
    _resume(session, actor, publication, content, "publication.given_up")
    return publication


def stopped(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> tuple[Publication, Content]:
    """Return a publication that waits for a decision, and its content, locked in the publisher's order.

    Raises NotFoundError, ForbiddenError, StaleError.
    """
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
