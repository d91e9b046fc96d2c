"""The ordinary case, many at a time: first attempts of one agency begun in one transaction, successes written in one.

The rules are those of `ledger`, one commit for all: an attempt each, committed before its first byte, under its own
fence, behind the database's gate. Whatever is not ordinary, or makes the database refuse, is left to `delivery`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from tenants.base import new_id
from unisson.dispatching import Claim
from unisson.publishing import ledger
from unisson.publishing.channels.port import Published
from unisson.publishing.ledger import EXCERPT

_LOCK = text("""
select id, revision_id, state from app.contents
 where id = any(:ids) and state in ('scheduled', 'publishing', 'held', 'failed', 'partly_published')
 order by id for no key update skip locked
""")
_LEAVING = text("update app.contents set state = 'publishing' where id = any(:ids) and state <> 'publishing'")
_ATTEMPTS = text("""
insert into app.attempts (agency_id, id, publication_id, number, fence, digest, worker)
select :agency_id, m.id, m.publication_id, 1, m.fence, m.digest, :worker
  from unnest(cast(:ids as uuid[]), cast(:publication_ids as uuid[]), cast(:fences as bigint[]),
              cast(:digests as text[])) as m (id, publication_id, fence, digest)
  join app.dispatch d on d.kind = 'publication' and d.agency_id = :agency_id and d.item_id = m.publication_id
   and d.fence = m.fence and d.lease_until > clock_timestamp()
returning publication_id
""")
_SENDING = text("""
update app.publications set state = 'sending', attempts = 1, reason = null
 where id = any(:ids) and state = 'scheduled' and attempts = 0
""")
_PUBLISHED = text("""
with v as (
  select * from unnest(cast(:ids as uuid[]), cast(:remote_ids as text[]), cast(:urls as text[]),
                       cast(:details as text[])) as v (id, remote_id, remote_url, detail)),
p as (
  update app.publications p
     set state = 'published', remote_id = v.remote_id, remote_url = v.remote_url, reason = null,
         published_at = clock_timestamp()
    from v where p.id = v.id and p.state in ('sending', 'unknown', 'held') returning p.id, v.detail),
a as (
  update app.attempts a set state = 'published', ended_at = clock_timestamp(), detail = p.detail
    from p where a.publication_id = p.id and a.state in ('open', 'unknown'))
delete from app.dispatch where kind = 'publication' and agency_id = :agency_id and item_id in (select id from p)
""")


class NotOrdinaryError(Exception):
    """Something changed under the batch: nothing of it was written."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One claim whose attempt stands committed, with what was seen of its publication."""

    claimed: Claim
    seen: Row[Any]


def begin(
    connection: Connection, claims: Sequence[Claim], worker: str, is_ordinary: Callable[[Row[Any]], bool]
) -> list[Departure]:
    """Write the attempts of those of one agency's claims that are ordinary; return them.

    Raises NotOrdinaryError, or the database's own refusal: the caller rolls back and takes each by itself.
    """
    by_id = {claimed.item_id: claimed for claimed in claims}
    seen = [row for row in ledger.look_at(connection, list(by_id)) if is_ordinary(row)]
    contents = {row.content_id: row.revision_id for row in seen}
    held = {row.id: row.revision_id for row in connection.execute(_LOCK, {"ids": list(contents)})} if seen else {}
    leaving = [row for row in seen if held.get(row.content_id) == row.revision_id]
    if not leaving:
        return []
    connection.execute(_LEAVING, {"ids": list({row.content_id for row in leaving})})
    begun = _attempts(connection, leaving, by_id, worker)
    return [Departure(by_id[row.id], row) for row in leaving if row.id in begun]


def published(connection: Connection, arrived: Sequence[tuple[Departure, Published]]) -> None:
    """Write down what went out, of one agency. What the ledger has settled meanwhile stays as it is."""
    connection.execute(
        _PUBLISHED,
        {
            "agency_id": arrived[0][0].claimed.agency_id,
            "ids": [departure.seen.id for departure, _ in arrived],
            "remote_ids": [outcome.remote_id for _, outcome in arrived],
            "urls": [outcome.url for _, outcome in arrived],
            "details": [(outcome.excerpt or "")[:EXCERPT] for _, outcome in arrived],
        },
    )


def _attempts(connection: Connection, leaving: Sequence[Row[Any]], by_id: dict[Any, Claim], worker: str) -> set[Any]:
    rows = connection.execute(
        _ATTEMPTS,
        {
            "agency_id": by_id[leaving[0].id].agency_id,
            "worker": worker,
            "ids": [new_id() for _ in leaving],
            "publication_ids": [row.id for row in leaving],
            "fences": [by_id[row.id].fence for row in leaving],
            "digests": [row.digest for row in leaving],
        },
    )
    begun = {row.publication_id for row in rows}
    if connection.execute(_SENDING, {"ids": list(begun)}).rowcount != len(begun):
        raise NotOrdinaryError
    return begun
