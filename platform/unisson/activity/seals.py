"""The seals of a trail: events in their order under one digest, which covers the seal before it.

What was recorded is put under a seal by a worker, after it was committed: the database notes beside each event that it
waits, so that a transaction that ends late is in the next seal and none is left out. Of a name the digest of it with
the event's own salt is sealed: a name can be taken away later, and the seal still holds.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, delete, func, select, text

from tenants.session import TenantSession
from unisson.activity.models import Event, Seal, SealCheck, Unsealed

EVENTS_A_SEAL = 1000
NOTHING_BEFORE = bytes(32)

_COLUMNS = (
    Event.id, Event.at, Event.actor_id, Event.actor_name, Event.name_salt, Event.name_digest, Event.verb,
    Event.subject_kind, Event.subject_id, Event.brand_id, Event.details,
)  # fmt: skip
_COUNTS = text(
    "select (select count(*) from app.events), (select count(*) from app.unsealed),"
    " (select coalesce(sum(cardinality(event_ids)), 0) from app.seals)"
)
"""One statement, so that all three are of the same moment."""


def canonical(agency_id: uuid.UUID, event: Row[Any]) -> bytes:
    """Return the bytes of an event that are sealed: JSON without spaces, keys in order, times in UTC."""
    told = [
        str(agency_id),
        str(event.id),
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        str(event.actor_id) if event.actor_id else None,
        (event.name_digest or name_digest(event.name_salt, event.actor_name)).hex(),
        event.verb,
        event.subject_kind,
        str(event.subject_id),
        str(event.brand_id) if event.brand_id else None,
        event.details,
    ]
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def name_digest(salt: bytes | None, name: str) -> bytes:
    """Return what is sealed of a name."""
    return hashlib.sha256((salt or b"") + name.encode()).digest()


def digest_of(previous: bytes, number: int, events: Iterable[bytes]) -> bytes:
    """Return the digest of a seal over the canonical bytes of its events, in their order."""
    whole = hashlib.sha256(previous + number.to_bytes(8, "big"))
    for each in events:
        whole.update(len(each).to_bytes(8, "big"))
        whole.update(each)
    return whole.digest()


def seal_some(session: TenantSession) -> int:
    """Put what waits longest under a new seal; return how many events, 0 when nothing waits.

    Of two at once the second is refused by the number, and raises IntegrityError.
    """
    # By their ids, which grow with time: what is taken is what waits longest.
    some = select(Unsealed.id).order_by(Unsealed.agency_id, Unsealed.id).limit(EVENTS_A_SEAL).cte("some")
    taken = session.scalars(delete(Unsealed).where(Unsealed.id.in_(select(some.c.id))).returning(Unsealed.id)).all()
    if not taken:
        return 0
    found = session.execute(select(*_COLUMNS).where(Event.id.in_(taken)).order_by(Event.at, Event.id)).all()
    before = session.execute(select(Seal.number, Seal.digest).order_by(Seal.number.desc()).limit(1)).first()
    number, previous = (before.number + 1, before.digest) if before else (1, NOTHING_BEFORE)
    session.add(
        Seal(
            number=number,
            event_ids=[each.id for each in found],
            last_at=found[-1].at,
            previous=previous,
            digest=digest_of(previous, number, (canonical(session.agency_id, each) for each in found)),
        )
    )
    session.flush()
    return len(found)


@dataclass(frozen=True, slots=True)
class Head:
    """How far the trail is sealed, and how far that was found true."""

    number: int
    digest: bytes
    sealed_at: datetime
    last_at: datetime
    waiting: int
    checked_at: datetime | None
    checked_through: int
    fault: str


def head(session: TenantSession) -> Head | None:
    """Return the newest seal, in one statement; None before the first."""
    waiting = select(func.count()).select_from(Unsealed).scalar_subquery()
    check = select(SealCheck).order_by(SealCheck.checked_at.desc()).limit(1).subquery()
    row = session.execute(
        select(
            Seal.number, Seal.digest, Seal.sealed_at, Seal.last_at, waiting.label("waiting"), check.c.checked_at,
            func.coalesce(check.c.through, 0), func.coalesce(check.c.fault, ""),
        )
        .outerjoin(check, check.c.agency_id == Seal.agency_id)
        .order_by(Seal.number.desc())
        .limit(1)
    ).first()  # fmt: skip
    return Head(*row) if row else None


@dataclass(slots=True)
class Checked:
    """What working the seals out anew has found. `through` is the last one looked at."""

    seals: int = 0
    events: int = 0
    through: int = 0
    digest: bytes = NOTHING_BEFORE
    faults: list[str] = field(default_factory=list)


def check(session: TenantSession, *, after: int = 0, at_most: int | None = None) -> Checked:
    """Return what is found of the seals numbered above `after`, `at_most` so many, and of their events.

    Found is what was changed, deleted, put in another order, or added without a seal: the first fault of each seal.
    """
    found = Checked(through=after)
    if after:
        found.digest = session.scalars(select(Seal.digest).where(Seal.number == after)).one_or_none() or NOTHING_BEFORE
    while at_most is None or found.seals < at_most:
        seal = session.execute(_SEALS.where(Seal.number > found.through).order_by(Seal.number).limit(1)).first()
        if seal is None:
            break
        fault = _fault(session, seal, found)
        found.faults += [fault] if fault else []
        found.seals, found.events = found.seals + 1, found.events + len(seal.event_ids)
        found.through, found.digest = seal.number, seal.digest
    found.faults += _unaccounted(session)
    return found


_SEALS = select(Seal.number, Seal.event_ids, Seal.previous, Seal.digest)


def _fault(session: TenantSession, seal: Any, before: Checked) -> str:
    if seal.number != before.through + 1:
        return f"seal {before.through + 1} is missing"
    if seal.previous != before.digest:
        return f"seal {seal.number} does not follow the one before"
    events = _events(session, seal.event_ids)
    missing = [each for each in seal.event_ids if each not in events]
    if missing:
        return f"event {missing[0]} of seal {seal.number} is missing"
    told = (canonical(session.agency_id, events[each]) for each in seal.event_ids)
    if digest_of(seal.previous, seal.number, told) != seal.digest:
        return f"an event of seal {seal.number}, or their order, was changed"
    return ""


def _events(session: TenantSession, ids: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, Row[Any]]:
    return {row.id: row for row in session.execute(select(*_COLUMNS).where(Event.id.in_(ids)))}


def _unaccounted(session: TenantSession) -> list[str]:
    events, waiting, sealed = session.execute(_COUNTS).one()
    if events == waiting + sealed:
        return []
    return [f"{events} events are kept, {sealed} are sealed and {waiting} wait to be"]
