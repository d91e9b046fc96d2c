"""What goes out, as a page shows it: one line a content and channel, however many people a list has.

Each section is one statement that first finds its few lines, then counts what belongs to them.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, text

from tenants.access import Actor
from tenants.errors import NotFoundError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.editorial.contents import load
from unisson.editorial.models import Content, ContentState, Revision
from unisson.editorial.visibility import SHOWN_TO_CLIENTS
from unisson.publishing.models import Attempt, Channel, Publication, PublicationState, Subscriber

PAGE_LENGTH = 30
SECTION_LENGTH = 50
SIBLINGS = 200
LATE_SECONDS = 60

_VISIBLE = """
 (:everything or c.brand_id = any(cast(:all_of as uuid[]))
  or (c.brand_id = any(cast(:clients_of as uuid[])) and c.state = any(cast(:client_states as text[]))))
 and exists (select from app.brands live where live.id = c.brand_id and live.archived_at is null)
"""

_LINES = """
with keys as (
  select distinct p.content_id, p.channel_id, p.due_at
    from app.publications p join app.contents c on c.agency_id = p.agency_id and c.id = p.content_id
   where p.state = any(cast(:states as text[])) and {visible}
     and (cast(:brand_id as uuid) is null or c.brand_id = cast(:brand_id as uuid))
     and (cast(:channel_id as uuid) is null or p.channel_id = cast(:channel_id as uuid))
     and (cast(:due_at as timestamptz) is null
          or (p.due_at, p.content_id, p.channel_id)
             < (cast(:due_at as timestamptz), cast(:content_id as uuid), cast(:last_channel_id as uuid)))
   order by p.due_at {order}, p.content_id {order}, p.channel_id {order} limit :limit),
lines as (
  select k.content_id, k.channel_id, k.due_at, count(*) as total,
         count(*) filter (where p.state = 'published') as published,
         count(*) filter (where p.state in ('scheduled', 'sending')) as waiting,
         count(*) filter (where p.state = 'unknown') as unknown,
         count(*) filter (where p.state = 'held') as held,
         count(*) filter (where p.state = 'failed') as failed,
         count(*) filter (where p.state = 'cancelled') as cancelled,
         count(*) filter (where p.subscriber_id is not null) as people,
         min(p.remote_url) as url, max(p.published_at) as published_at,
         min(p.reason) filter (where p.state = any(cast(:states as text[]))) as reason,
         min(p.id::text) filter (where p.state = any(cast(:states as text[]))) as publication_id,
         min(p.state) filter (where p.state = any(cast(:states as text[]))) as state,
         max(p.revision_id::text) as revision_id,
         bool_or(p.state in ('scheduled', 'sending')
                 and greatest(p.due_at, p.embargo_until) < clock_timestamp() - make_interval(secs => :late)) as late
    from keys k join app.publications p
      on p.content_id = k.content_id and p.channel_id = k.channel_id and p.due_at = k.due_at
   group by k.content_id, k.channel_id, k.due_at)
select l.*, r.payload ->> 'title' as title, ch.kind, ch.name as channel_name, ch.mockup, b.id as brand_id,
       b.name as brand_name, b.slug as brand_slug, b.accent, b.timezone
  from lines l
  join app.revisions r on r.id = cast(l.revision_id as uuid)
  join app.channels ch on ch.id = l.channel_id
  join app.brands b on b.id = ch.brand_id
 order by l.due_at {order}, l.content_id {order}, l.channel_id {order}
"""
_NEWEST = text(_LINES.format(visible=_VISIBLE, order="desc"))
_SOONEST = text(_LINES.format(visible=_VISIBLE, order="asc"))

_ALARMS = text(f"""
select count(*) as late, min(since) as since from (
  select greatest(p.due_at, p.embargo_until) as since
    from app.publications p join app.contents c on c.agency_id = p.agency_id and c.id = p.content_id
   where p.state in ('scheduled', 'sending') and {_VISIBLE}
     and greatest(p.due_at, p.embargo_until) < clock_timestamp() - make_interval(secs => :late)
  union all
  select c.scheduled_at from app.contents c
   where c.state = 'scheduled' and {_VISIBLE}
     and c.scheduled_at < clock_timestamp() - make_interval(secs => :late)
     and not exists (select from app.publications p where p.content_id = c.id and p.revision_id = c.revision_id)
) overdue
""")  # noqa: S608 - put together from constants of this module


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last line of a page: the next one starts behind it."""

    due_at: datetime
    content_id: uuid.UUID
    channel_id: uuid.UUID

    def __str__(self) -> str:
        return f"{self.due_at.isoformat()}_{self.content_id}_{self.channel_id}"

    @classmethod
    def parse(cls, written: str | None) -> "Cursor | None":
        """Return what `str(cursor)` wrote; None for anything else."""
        try:
            due_at, content_id, channel_id = (written or "").split("_")
            return cls(datetime.fromisoformat(due_at), uuid.UUID(content_id), uuid.UUID(channel_id))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines: of one brand or channel or of all that the actor sees."""

    brand_id: uuid.UUID | None = None
    channel_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Alarms:
    """How many publications should have left more than a minute ago and have not, and since when."""

    late: int
    since: datetime | None


def alarms(session: TenantSession, actor: Actor) -> Alarms:
    """Return what is overdue on the brands that `actor` sees; one statement."""
    row = session.execute(_ALARMS, {**_sight(actor), "late": LATE_SECONDS}).one()
    return Alarms(row.late, row.since)


def lines(
    session: TenantSession,
    actor: Actor,
    states: Sequence[str],
    wanted: Wanted | None = None,
    *,
    soonest: bool = False,
    behind: Cursor | None = None,
    limit: int = SECTION_LENGTH,
) -> Sequence[Row[Any]]:
    """Return up to `limit` lines that have something in `states`, newest first unless `soonest`; one statement."""
    only = wanted or Wanted()
    values = {
        **_sight(actor),
        "states": list(states),
        "brand_id": only.brand_id,
        "channel_id": only.channel_id,
        "due_at": behind.due_at if behind else None,
        "content_id": behind.content_id if behind else None,
        "last_channel_id": behind.channel_id if behind else None,
        "limit": limit,
        "late": LATE_SECONDS,
    }
    return session.execute(_SOONEST if soonest else _NEWEST, values).all()


def _sight(actor: Actor) -> dict[str, object]:
    """Return whose publications the actor sees: those of brands they write for, and what clients are shown."""
    sees = [each for each in actor.brand_roles if actor.may(Permission.CONTENT_SEE, each)]
    writes = [each for each in sees if actor.may(Permission.CONTENT_WRITE, each)]
    return {
        "everything": actor.may(Permission.CONTENT_WRITE),
        "all_of": writes,
        "clients_of": [each for each in sees if each not in writes],
        "client_states": [state.value for state in SHOWN_TO_CLIENTS],
    }


@dataclass(frozen=True, slots=True)
class Sibling:
    """Another person of the same list, for the same content."""

    id: uuid.UUID
    state: str
    reason: str | None
    email: str


@dataclass(frozen=True, slots=True)
class PublicationPage:
    """One publication with all that a person needs to decide about it."""

    publication: Publication
    content: Content
    revision: Revision
    channel: Channel
    recipient: Subscriber | None
    attempts: Sequence[Attempt]
    siblings: Sequence[Sibling]

    @property
    def stopped(self) -> bool:
        """Whether it waits for a person."""
        return self.publication.state in {PublicationState.HELD, PublicationState.FAILED}

    @property
    def superseded(self) -> bool:
        """Whether the content has another version by now."""
        return self.publication.revision_id != self.content.revision_id or self.content.state == ContentState.CANCELLED


def open_publication(session: TenantSession, actor: Actor, publication_id: uuid.UUID) -> PublicationPage:
    """Return the publication if `actor` sees its content. Raises NotFoundError, ForbiddenError."""
    publication = session.scalars(select(Publication).where(Publication.id == publication_id)).one_or_none()
    if publication is None:
        raise NotFoundError
    content = load(session, actor, publication.content_id, Permission.CONTENT_SEE)
    key = session.agency_id
    return PublicationPage(
        publication=publication,
        content=content,
        revision=session.get_one(Revision, (key, publication.revision_id)),
        channel=session.get_one(Channel, (key, publication.channel_id)),
        recipient=session.get(Subscriber, (key, publication.subscriber_id)) if publication.subscriber_id else None,
        attempts=session.scalars(
            select(Attempt).where(Attempt.publication_id == publication.id).order_by(Attempt.number.desc())
        ).all(),
        siblings=_siblings(session, publication) if publication.subscriber_id else (),
    )


def _siblings(session: TenantSession, publication: Publication) -> Sequence[Sibling]:
    """Return the others of the list, those that wait for a decision first."""
    rows = session.execute(
        select(Publication.id, Publication.state, Publication.reason, Subscriber.email)
        .join(
            Subscriber,
            (Subscriber.agency_id == Publication.agency_id) & (Subscriber.id == Publication.subscriber_id),
        )
        .where(
            Publication.content_id == publication.content_id,
            Publication.channel_id == publication.channel_id,
            Publication.id != publication.id,
        )
        .order_by(Publication.state.not_in(("held", "failed")), Publication.state, Subscriber.email)
        .limit(SIBLINGS)
    )
    return [Sibling(*row) for row in rows]
