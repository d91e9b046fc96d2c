"""What is due, and who is on it: claims on the one table that is read across agencies.

A claim is a lease. Whoever is still at it when the lease ends has lost it: the row's `fence` has grown by then, and
every write that matters checks its own fence.
"""

import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tenants.session import TenantSession
from tenants.wire import Command, Value

QUEUE_OF = {
    "content": "publishing", "publication": "publishing", "mail": "mail", "stage": "approvals", "import": "imports",
    "upload": "media", "rights": "rights", "video": "videos", "billing": "billing", "export": "exports",
    "ending": "endings", "hook": "hooks", "push": "pushes",
}  # fmt: skip
"""What is due → whose it is to attend to."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One due thing of one agency, ours until the lease ends."""

    kind: str
    agency_id: uuid.UUID
    item_id: uuid.UUID
    fence: int


_CLAIM = text("""
update app.dispatch d
   set fence = d.fence + 1, claimed_by = :worker,
       lease_until = clock_timestamp() + make_interval(secs => :lease)
  from (select kind, agency_id, item_id from app.dispatch
         where queue = :queue and due_at <= clock_timestamp()
           and (lease_until is null or lease_until < clock_timestamp())
         order by due_at limit :limit for update skip locked) due
 where d.kind = due.kind and d.agency_id = due.agency_id and d.item_id = due.item_id
returning d.kind, d.agency_id, d.item_id, d.fence
""")

_MINE = "kind = :kind and agency_id = :agency_id and item_id = :item_id and fence = :fence"
_DONE = text(f"delete from app.dispatch where {_MINE}")  # noqa: S608 - a constant
_RELEASE = text(f"""
update app.dispatch set lease_until = null, claimed_by = null,
       due_at = clock_timestamp() + make_interval(secs => :delay) where {_MINE}""")  # noqa: S608 - a constant
_HOLDS = text(f"select 1 from app.dispatch where {_MINE} and lease_until > clock_timestamp()")  # noqa: S608 - a constant
_PUT = Command(
    text("""
insert into app.dispatch (kind, agency_id, item_id, queue, due_at)
select :kind, :agency_id, item_id, :queue, coalesce(cast(:due_at as timestamptz), clock_timestamp())
from unnest(cast(:item_ids as uuid[])) as items (item_id)
on conflict (kind, agency_id, item_id)
do update set due_at = excluded.due_at, lease_until = null, claimed_by = null, fence = app.dispatch.fence + 1
""")
)
_PUT_OFF = Command(
    text("""
update app.dispatch set due_at = cast(:due_at as timestamptz)
 where kind = :kind and agency_id = :agency_id and item_id = :item_id and claimed_by is null and lease_until is null
returning item_id
""")
)
_DROP = text("delete from app.dispatch where kind = :kind and agency_id = :agency_id and item_id = :item_id")
_NEXT = text("select queue, count(*) from app.dispatch where due_at <= clock_timestamp() + case queue"
             " when 'publishing' then make_interval(secs => :ahead) else interval '0' end"
             " and (lease_until is null or lease_until < clock_timestamp()) group by queue")  # fmt: skip
_SOONEST = text("select extract(epoch from min(due_at) - clock_timestamp())::float from app.dispatch"
                " where queue = :queue and (lease_until is null or lease_until < clock_timestamp())")  # fmt: skip
_STUCK = text("select agency_id, kind, item_id, due_at from app.dispatch where queue = 'publishing'"
              " and due_at < clock_timestamp() - make_interval(secs => :seconds)"
              " and (lease_until is null or lease_until < clock_timestamp()) order by due_at limit 100")  # fmt: skip

Bound = Session | Connection


def worker_name() -> str:
    """Return the name under which this process claims: its machine and its id."""
    return f"{os.uname().nodename}:{os.getpid()}"


def claim(session: Bound, queue: str, *, limit: int, worker: str, lease: float) -> list[Claim]:
    """Return up to `limit` due things of `queue`, ours for `lease` seconds once the transaction commits."""
    rows = session.execute(_CLAIM, {"queue": queue, "limit": limit, "worker": worker, "lease": lease})
    return [Claim(*row) for row in rows]


def done(session: Bound, claimed: Claim) -> bool:
    """Take what was claimed off the table; False when the claim had passed to somebody else."""
    return _changed(session, _DONE, _key(claimed))


def release(session: Bound, claimed: Claim, *, delay: float = 0.0) -> bool:
    """Give it back, due again in `delay` seconds; False when the claim had passed to somebody else."""
    return _changed(session, _RELEASE, {**_key(claimed), "delay": delay})


def holds(session: Bound, claimed: Claim) -> bool:
    """Return whether the claim is still ours, by the database's clock."""
    return session.execute(_HOLDS, _key(claimed)).first() is not None


def put(
    session: TenantSession, kind: str, agency_id: uuid.UUID, item_id: uuid.UUID, *, due_at: datetime | None = None
) -> None:
    """Make something due at `due_at` (now for None). Whoever was on it loses the claim."""
    put_all(session, kind, agency_id, [item_id], due_at=due_at)


def put_all(
    session: TenantSession,
    kind: str,
    agency_id: uuid.UUID,
    item_ids: Sequence[uuid.UUID],
    *,
    due_at: datetime | None = None,
) -> None:
    """Make several things of one kind due at `due_at` (now for None), in one exchange."""
    about: dict[str, Value] = {"kind": kind, "agency_id": agency_id, "queue": QUEUE_OF[kind], "due_at": due_at}
    if item_ids:
        session.carry_out(_PUT, {**about, "item_ids": item_ids})


def put_later(
    session: TenantSession, kind: str, agency_id: uuid.UUID, item_id: uuid.UUID, *, due_at: datetime | None = None
) -> None:
    """Make something due as `put` does, with the next flush, in its place among the rows that are added beside."""
    about: dict[str, Value] = {"kind": kind, "agency_id": agency_id, "queue": QUEUE_OF[kind], "due_at": due_at}
    session.carry_out_later(_PUT, {**about, "item_ids": [item_id]})


def put_off(session: TenantSession, kind: str, agency_id: uuid.UUID, item_id: uuid.UUID, *, due_at: datetime) -> bool:
    """Make something due at another time, while nobody is on it; False when somebody is, or it is not there."""
    about: dict[str, Value] = {"kind": kind, "agency_id": agency_id, "item_id": item_id, "due_at": due_at}
    return bool(session.carry_out(_PUT_OFF, about))


def drop(session: Bound, kind: str, agency_id: uuid.UUID, item_id: uuid.UUID) -> None:
    """Take something off the table, whoever is on it."""
    session.execute(_DROP, {"kind": kind, "agency_id": agency_id, "item_id": item_id})


def waiting_queues(connection: Bound, *, ahead: float = 0.0) -> dict[str, int]:
    """Return how many things are due and unclaimed, by queue; queues with none are left out.

    `ahead` counts what publishing will have to do within so many seconds too, so that somebody is there in time.
    """
    return {row[0]: row[1] for row in connection.execute(_NEXT, {"ahead": ahead})}


def seconds_to_next(connection: Bound, queue: str) -> float | None:
    """Return in how many seconds the next unclaimed thing of `queue` is due (0 or less: now); None if there is none."""
    seconds: float | None = connection.execute(_SOONEST, {"queue": queue}).scalar()
    return seconds


def stuck(connection: Bound, *, seconds: float) -> Sequence[tuple[uuid.UUID, str, uuid.UUID, datetime]]:
    """Return what should have left more than `seconds` ago and nobody is on: agency, kind, id, due time."""
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(_STUCK, {"seconds": seconds})]


def _key(claimed: Claim) -> dict[str, object]:
    return {
        "kind": claimed.kind,
        "agency_id": claimed.agency_id,
        "item_id": claimed.item_id,
        "fence": claimed.fence,
    }


def _changed(session: Bound, statement: object, values: dict[str, object]) -> bool:
    result = session.execute(statement, values)  # type: ignore[call-overload]  # a text() constant of this module
    return bool(result.rowcount)
