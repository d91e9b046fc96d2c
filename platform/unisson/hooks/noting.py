"""Noting a fact for the rooms that want it, in the transaction of the fact: once, whomever else it is told."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from tenants.base import new_id
from tenants.session import TenantSession
from tenants.wire import Question
from unisson.dispatching import put
from unisson.hooks.facts import event_of, kind_of
from unisson.hooks.models import Hook, HookPost
from unisson.jobs import ring_after_commit

KEPT = ("content_id", "brand_id", "stage_id", "run_id", "message_id", "thread_id", "told_on", "by", "file", "reserved")
"""What a post keeps of what a notice is about: ids, and names of people. No words that somebody wrote."""


@dataclass(frozen=True, slots=True)
class Room:
    """A hook that is on."""

    id: uuid.UUID
    events: frozenset[str]
    brand_id: uuid.UUID | None


def note(session: TenantSession, kind: str, about: Mapping[str, str], brand_id: uuid.UUID | None) -> None:
    """Have the rooms that want it told of a fact, once the transaction commits."""
    event = event_of(kind)
    if event is None:
        return
    for room in _rooms(session):
        if event.value in room.events and room.brand_id in {None, brand_id}:
            _post(session, room, kind_of(kind), about, brand_id)


def _rooms(session: TenantSession) -> list[Room]:
    """Return the rooms that are told of things, asked once in a session."""
    known: list[Room] | None = session.info.get("rooms")
    if known is None:
        known = session.info["rooms"] = [
            Room(uuid.UUID(number), frozenset(events), brand and uuid.UUID(brand))
            for number, events, brand in session.ask(ROOMS, {}) or ()
        ]
    return known


ROOMS = Question(
    select(func.json_agg(func.json_build_array(Hook.id, Hook.events, Hook.brand_id))).where(Hook.off_at.is_(None))
)


def _post(session: TenantSession, room: Room, kind: str, about: Mapping[str, str], brand_id: uuid.UUID | None) -> None:
    kept = {name: value for name, value in about.items() if name in KEPT}
    ids = "/".join(f"{name}={kept[name]}" for name in sorted(kept) if name not in {"by", "file"})
    content_id = kept.get("content_id")
    # The transaction's own number: what happens twice is told twice, what concerns three people once.
    fact = func.concat(f"{kind}:{ids}:", func.pg_current_xact_id())
    row = {
        "agency_id": session.agency_id, "id": new_id(), "hook_id": room.id, "fact": fact, "kind": kind, "about": kept,
        "brand_id": brand_id, "content_id": uuid.UUID(content_id) if content_id else None,
    }  # fmt: skip
    made = session.scalar(insert(HookPost).values(row).on_conflict_do_nothing().returning(HookPost.id))
    if made is not None:
        put(session, "hook", session.agency_id, made)
        ring_after_commit(session, "hooks")
