"""The publishing ledger: what may leave now, that it is about to, and what became of it.

A publication's turn comes at its date, after every embargo, and after what it follows. T2 (`begin`) writes an attempt
before the first byte leaves, under the claim's fence, with the approval gate repeated by a trigger of the database. T3
(`close`) records the outcome. A late success still counts; anything else that comes after the claim has passed on
changes nothing.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from tenants.base import new_id
from unisson.dispatching import Claim

_LOOK = """
select p.id, p.state, p.attempts, p.due_at, p.late_accepted, p.client_ref, p.content_id, p.revision_id, p.channel_id,
       p.embargo_until, c.brand_id, c.revision_id as current_revision, c.state as content_state,
       c.late_limit, r.digest, r.payload,
       ch.kind, ch.settings, ch.secret, ch.tokens, ch.faults, ch.disconnected_at, ch.mockup,
       ch.connected_at,
       extract(epoch from ch.paused_until - clock_timestamp())::float as pause,
       extract(epoch from clock_timestamp() - turn.at)::float as late,
       exists (select from app.brands b where b.agency_id = c.agency_id and b.id = c.brand_id
               and b.archived_at is not null) as brand_closed,
       app.rights_have_ended(p.agency_id, p.revision_id) as rights_ended,
       exists (select from app.restores o where p.due_at >= o.backup_at and p.due_at < o.restored_at
               and p.created_at >= o.restored_at) as may_have_left,
       (select a.standing = 'stopped' from app.agencies a where a.agency_id = p.agency_id) as is_stopped,
       f.state as first_state, s.email, s.name as recipient_name, s.unsubscribed_at, p.subscriber_id
  from app.publications p
  join app.contents c on c.agency_id = p.agency_id and c.id = p.content_id
  join app.revisions r on r.agency_id = p.agency_id and r.id = p.revision_id
  join app.channels ch on ch.agency_id = p.agency_id and ch.id = p.channel_id
  left join app.subscribers s on s.agency_id = p.agency_id and s.id = p.subscriber_id
  left join app.topics t on t.agency_id = c.agency_id and t.id = c.topic_id
   and (t.embargo_holds = 'everything' or ch.kind <> 'email')
  left join app.contents f on f.agency_id = c.agency_id and f.id = c.follows_id
  left join lateral (
    select max(o.published_at) + make_interval(mins => c.follows_after) as at from app.publications o
     where o.agency_id = f.agency_id and o.content_id = f.id and o.state = 'published') after_first on true
  cross join lateral (
    select greatest(p.due_at, p.embargo_until, t.embargo_until, after_first.at) as at) turn
 where p.id
"""
_LOOK_ONE, _LOOK_MANY = text(f"{_LOOK} = :id"), text(f"{_LOOK} = any(:ids) order by p.due_at, p.id")
_LEAVING = text("""
update app.contents set state = 'publishing'
 where id = :id and revision_id = :revision_id and state in ('scheduled', 'held', 'failed', 'partly_published')
""")
_SHARE = text("select revision_id, state from app.contents where id = :id for share")
_MINE = text("""
select 1 from app.dispatch where kind = 'publication' and agency_id = :agency_id and item_id = :item_id
   and fence = :fence and lease_until > clock_timestamp()
""")
_CONFIRMED_ABSENT = text("""
update app.attempts set state = 'not_sent', detail = 'confirmed absent'
 where publication_id = :id and state = 'unknown'
""")
_ATTEMPT = text("""
insert into app.attempts (agency_id, id, publication_id, number, fence, digest, worker)
values (:agency_id, :id, :publication_id, :number, :fence, :digest, :worker)
""")
_SENDING = text("""
update app.publications set state = 'sending', attempts = :number, reason = null where id = :id and state = 'scheduled'
""")
_CLOSE = text("""
with p as (
  update app.publications
     set state = :state, remote_id = :remote_id, remote_url = :remote_url, reason = :reason,
         published_at = case when :state = 'published' then clock_timestamp() end
   where id = :id and state = any(:from_states)
     and (:state = 'published' or exists (select from app.dispatch d where d.kind = 'publication'
          and d.agency_id = :agency_id and d.item_id = :id and d.fence = :fence))
  returning id),
a as (
  update app.attempts set state = :attempt_state, ended_at = clock_timestamp(), detail = :detail
   where publication_id in (select id from p) and state in ('open', 'unknown') returning id),
gone as (
  delete from app.dispatch where :delay < 0 and kind = 'publication' and agency_id = :agency_id
     and item_id in (select id from p) returning item_id),
later as (
  update app.dispatch set lease_until = null, claimed_by = null,
         due_at = clock_timestamp() + make_interval(secs => :delay)
   where :delay >= 0 and kind = 'publication' and agency_id = :agency_id and item_id in (select id from p)
  returning item_id)
select (select count(*) from p) as changed, (select count(*) from a) as attempts
""")

EXCERPT = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """How to write an outcome down. `delay` in seconds until it is looked at again; None when it is settled."""

    state: str
    attempt: str
    reason: str | None = None
    delay: float | None = None
    remote_id: str | None = None
    remote_url: str | None = None
    detail: str | None = None


def look(connection: Connection, publication_id: uuid.UUID) -> Row[Any] | None:
    """Return the publication with everything that decides about it; None when it is not there."""
    return connection.execute(_LOOK_ONE, {"id": publication_id}).first()


def look_at(connection: Connection, publication_ids: list[uuid.UUID]) -> Sequence[Row[Any]]:
    """Return those of one agency's publications that are there, as `look` does, the first due first."""
    return connection.execute(_LOOK_MANY, {"ids": publication_ids}).all()


def begin(connection: Connection, claimed: Claim, seen: Row[Any], worker: str) -> bool:
    """Write the attempt that is about to be made; False when the content changed or the claim passed on meanwhile.

    Raises sqlalchemy.exc.InternalError (SQLSTATE UN01x) when the database's own gate says no.
    """
    values = {"agency_id": claimed.agency_id, "item_id": claimed.item_id, "fence": claimed.fence}
    connection.execute(_LEAVING, {"id": seen.content_id, "revision_id": seen.revision_id})
    content = connection.execute(_SHARE, {"id": seen.content_id}).one()
    if content.revision_id != seen.revision_id or content.state != "publishing":
        return False
    if connection.execute(_MINE, values).first() is None:
        return False
    if seen.attempts:
        connection.execute(_CONFIRMED_ABSENT, {"id": seen.id})
    number = seen.attempts + 1
    connection.execute(
        _ATTEMPT,
        {
            "agency_id": claimed.agency_id,
            "id": new_id(),
            "publication_id": seen.id,
            "number": number,
            "fence": claimed.fence,
            "digest": seen.digest,
            "worker": worker,
        },
    )
    return bool(connection.execute(_SENDING, {"id": seen.id, "number": number}).rowcount)


def close(connection: Connection, claimed: Claim, verdict: Verdict, from_states: tuple[str, ...]) -> bool:
    """Write what became of a publication, from one of `from_states`; False when that no longer applies."""
    row = connection.execute(
        _CLOSE,
        {
            "id": claimed.item_id,
            "agency_id": claimed.agency_id,
            "fence": claimed.fence,
            "state": verdict.state,
            "attempt_state": verdict.attempt,
            "reason": verdict.reason,
            "remote_id": verdict.remote_id,
            "remote_url": verdict.remote_url,
            "detail": (verdict.detail or verdict.reason or "")[:EXCERPT],
            "delay": -1.0 if verdict.delay is None else verdict.delay,
            "from_states": list(from_states),
        },
    ).one()
    return bool(row.changed)


def payload(seen: Row[Any]) -> dict[str, Any]:
    """Return the frozen payload of the publication's revision."""
    loaded: dict[str, Any] = json.loads(seen.payload) if isinstance(seen.payload, str) else seen.payload
    return loaded
