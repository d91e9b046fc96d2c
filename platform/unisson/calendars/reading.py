"""What the month reads: two Core statements, built once, of slim columns.

`brand_id = any(:brands)` rather than all of the agency: without it the index on (agency, brand, date) is passed over
in a large table and the whole tenant is read. Row-level security holds both statements to the agency.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Row,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from tenants.agencies import Agency
from tenants.identities import DirectoryEntry, Seat
from unisson.calendars.period import Month
from unisson.editorial.models import Content, ContentState
from unisson.editorial.visibility import SHOWN_TO_CLIENTS

EntryRow = Row[str, str, datetime | None, str, str, str, str | None, int]
"""id, brand id, when, state, title, channel kinds, live address, version."""

TRAY_LIMIT = 50
_LEAD_CHARACTERS = 120

_contents = Content.__table__.c
_brands = bindparam("brands", type_=ARRAY(Uuid))
_writable = bindparam("writable", type_=ARRAY(Uuid))
_shown = tuple(state.value for state in ContentState if state in SHOWN_TO_CLIENTS)

_dated = and_(
    _contents.brand_id == any_(_brands),
    _contents.scheduled_at >= bindparam("since"),
    _contents.scheduled_at < bindparam("until"),
    or_(_contents.brand_id == any_(_writable), _contents.state.in_([literal_column(f"'{s}'") for s in _shown])),
)
_undated = and_(
    _contents.brand_id == any_(_writable),
    _contents.scheduled_at.is_(None),
    _contents.state.in_([literal_column(f"'{s}'") for s in (ContentState.DRAFT, ContentState.CHANGES_REQUESTED)]),
)
_columns = (
    cast(_contents.id, Text).label("id"),
    cast(_contents.brand_id, Text).label("brand_id"),
    _contents.scheduled_at,
    _contents.state,
    case((_contents.title == "", func.left(_contents.body, _LEAD_CHARACTERS)), else_=_contents.title).label("title"),
    _contents.channel_kinds,
    _contents.live_url,
    _contents.version,
)
_tray = select(*_columns).where(_undated).order_by(_contents.id.desc()).limit(TRAY_LIMIT).subquery("tray")
_both = union_all(select(*_columns).where(_dated), select(*_tray.c)).subquery("entries")
_ENTRIES = select(_both).order_by(_both.c.scheduled_at, _both.c.id)

_digest = func.sum(func.uuid_hash_extended(_contents.id, cast(_contents.version, BigInteger)))
_in_grid = select(func.count().label("count"), _digest.label("digest")).where(_dated).subquery("in_grid")
_in_tray = select(func.count().label("count"), _digest.label("digest")).where(_undated).subquery("in_tray")
_seats = (
    select(
        func.json_agg(
            aggregate_order_by(func.json_build_array(DirectoryEntry.slug, DirectoryEntry.name), DirectoryEntry.name)
        )
    )
    .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
    .where(Seat.identity_id == bindparam("identity"))
    .scalar_subquery()
)
_agency = Agency.__table__.c
_SURROUNDINGS = (
    select(
        _agency.agency_id, _agency.slug, _agency.name, _agency.language, _agency.timezone, _seats.label("seats"),
        func.concat_ws(".", _in_grid.c.count, _in_grid.c.digest, _in_tray.c.count, _in_tray.c.digest).label("stamp"),
    )
    .select_from(Agency.__table__)
    .join(_in_grid, true())
    .join(_in_tray, true())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person looks at: a month of some brands, and of which they see drafts and undated contents."""

    month: Month
    brands: tuple[uuid.UUID, ...]
    writable: tuple[uuid.UUID, ...]

    def parameters(self) -> dict[str, object]:
        """Return the values of the statements' parameters."""
        since, until = self.month.reach()
        return {"brands": list(self.brands), "writable": list(self.writable), "since": since, "until": until}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The agency, the agencies of the person (slug and name), and a stamp that no change in the scope leaves alike."""

    agency: Agency
    seats: list[list[str]]
    stamp: str


def surroundings(session: Session, scope: Scope, identity_id: uuid.UUID) -> Surroundings:
    """Return everything but the entries, in one statement.

    The stamp is made of the contents' ids and versions, which grow with every write (a trigger sees to it).
    """
    row = session.connection().execute(_SURROUNDINGS, {**scope.parameters(), "identity": identity_id}).one()
    agency = Agency(agency_id=row.agency_id, slug=row.slug, name=row.name, language=row.language, timezone=row.timezone)
    return Surroundings(agency, row.seats or [], row.stamp)


def entries(session: Session, scope: Scope) -> Sequence[EntryRow]:
    """Return the scope's dated contents by time, then the newest undated drafts."""
    return session.connection().execute(_ENTRIES, scope.parameters()).all()
