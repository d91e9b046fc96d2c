"""Saying, once it is durable, that something changed: pages that are open then look again.

An announcement names brands and contents, never what they hold: whoever hears it asks the web, which decides what they
may see. One lost or doubled changes nothing but latency, so failing to announce is logged and forgotten.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from tenants.base import TenantOwned
from tenants.beside import hears_rows
from tenants.session import TenantSession, after_commit

log = structlog.get_logger(__name__)

CHANNEL = "unisson:live:"
"""Of Valkey, followed by the agency's id."""

OF_BRANDS = frozenset({"contents", "topics", "topic_dates", "black_outs", "brand_slots", "calendar_notes", "brands"})
OF_THE_AGENCY = frozenset({"absences"})
OF_MEMBERS = frozenset({"memberships", "brand_assignments"})
OF_ONE = frozenset({"notices"})
"""Tables whose rows show on pages that stay open; a test holds their names to the tables there are."""

MOST = 100
"""Contents that one announcement names; of more, only the brands are said."""


@dataclass(slots=True)
class Change:
    """What changed. No brand named means any of the agency; `members` may see more or less than before.

    `readers` are members who have something new to read, or have read it elsewhere.
    """

    everywhere: bool = False
    brands: set[uuid.UUID] = field(default_factory=set)
    contents: set[uuid.UUID] = field(default_factory=set)
    members: set[uuid.UUID] = field(default_factory=set)
    readers: set[uuid.UUID] = field(default_factory=set)

    def said(self) -> str:
        """Return the announcement as JSON."""
        contents = sorted(map(str, self.contents)) if len(self.contents) <= MOST else []
        brands = None if self.everywhere else sorted(map(str, self.brands))
        told = {"brands": brands, "contents": contents, "members": sorted(map(str, self.members))}
        if self.readers:
            told["readers"] = sorted(map(str, self.readers))
        return json.dumps(told)


class Announcer(Protocol):
    """What carries an announcement to the pages that are open."""

    def announce(self, agency_id: uuid.UUID, change: Change) -> None:
        """Say what changed in an agency, or do nothing if that can't be done now."""


class ValkeyAnnouncer:
    """Announces by publishing on the agency's channel; nobody need listen."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey

    def announce(self, agency_id: uuid.UUID, change: Change) -> None:
        """Publish the change."""
        try:
            self._valkey.publish(f"{CHANNEL}{agency_id}", change.said())
        except (RedisError, OSError) as error:
            log.warning("announcer.silent", agency=str(agency_id), why=type(error).__name__)


def announce_contents(announcer: Announcer | None, agency_id: uuid.UUID, seen: Iterable[Any]) -> None:
    """Say that the contents of publications changed; each of `seen` has `content_id` and `brand_id`."""
    if announcer is None:
        return
    change = Change()
    for each in seen:
        change.brands.add(each.brand_id)
        change.contents.add(each.content_id)
    if change.contents:
        announcer.announce(agency_id, change)


def announce_notices(session: Session, membership_ids: Iterable[uuid.UUID]) -> None:
    """Say, once it is durable, that these members have something new to read, or have read it."""
    readers = set(membership_ids)
    if readers and session.info.get("announcer") is not None:
        _change_of(session).readers |= readers


def _change_of(session: Session) -> Change:
    """Return what the session's transaction has changed so far, which is announced when it is durable."""
    known: Change | None = session.info.get("change")
    if known is None:
        known = session.info["change"] = Change()
        announcer: Announcer | None = session.info.get("announcer")
        agency_id = session.info.get("agency_id")

        def say() -> None:
            change: Change | None = session.info.pop("change", None)
            if announcer is not None and agency_id is not None and change is not None:
                announcer.announce(agency_id, change)

        after_commit(session, say)
    return known


@event.listens_for(TenantSession, "after_flush")
def _note_rows(session: TenantSession, _context: object) -> None:
    if session.info.get("announcer") is None:
        return
    changed = [row for row in session.dirty if session.is_modified(row)]
    for row in (*session.new, *session.deleted, *changed):
        if isinstance(row, TenantOwned):
            _note(session, row)


@hears_rows
def _note_written(session: TenantSession, rows: Sequence[TenantOwned]) -> None:
    if session.info.get("announcer") is not None:
        for row in rows:
            _note(session, row)


def _note(session: TenantSession, row: Any) -> None:
    table = row.__tablename__
    if table in OF_BRANDS:
        change = _change_of(session)
        change.brands.add(row.id if table == "brands" else row.brand_id)
        if table == "contents":
            change.contents.add(row.id)
    elif table in OF_MEMBERS:
        _change_of(session).members.add(row.id if table == "memberships" else row.membership_id)
    elif table in OF_ONE:
        _change_of(session).readers.add(row.membership_id)
    elif table in OF_THE_AGENCY:
        _change_of(session).everywhere = True


@event.listens_for(TenantSession, "do_orm_execute")
def _note_statements(state: ORMExecuteState) -> None:
    """A statement that writes many rows at once does not say which: every brand may be concerned."""
    if not (state.is_update or state.is_delete or state.is_insert) or state.session.info.get("announcer") is None:
        return
    mapper = state.bind_mapper
    if mapper is not None and str(mapper.local_table.name) in OF_BRANDS | OF_THE_AGENCY:  # type: ignore[attr-defined]  # every mapped table has a name
        _change_of(state.session).everywhere = True


@event.listens_for(TenantSession, "after_rollback")
def _forget(session: TenantSession) -> None:
    session.info.pop("change", None)
