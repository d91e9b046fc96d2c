"""Marks: what was changed since somebody looked, asked of the database by one look into an index.

Triggers write, in the transaction that changes something, of which brand and which content it was. Whoever keeps what
they made of rows keeps the `Moment` with it: the database's snapshot from before they read. What a transaction marked
that this snapshot did not see is what they may not have read. `docs/decisions/marks.md` says why that misses nothing.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    DateTime,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from tenants.asking import Asked, Asks
from tenants.base import Base
from tenants.session import TenantSession
from tenants.wire import Question, Reminder, Value

NOBODY = uuid.UUID(int=0)
"""Of a mark's brand: whatever brand. Of its content: anything of the brand."""

KEPT_HOURS = 6
"""How long marks are kept at least."""

_GOOD_FOR = "interval '1 hour'"
"""How long a moment may be asked about: well below `KEPT_HOURS`."""

_AT_ONCE = 50_000
"""Marks that one night deletes of an agency; the rest goes in the next ones."""


class _Xid8(UserDefinedType[str]):
    """The number of a transaction, which never comes again."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "xid8"


ischema_names.setdefault("xid8", _Xid8)  # so that the schema can be compared with what stands here


class _Snapshot(UserDefinedType[str]):
    """Which transactions were over."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        return "pg_snapshot"


class Mark(Base):
    """That a transaction changed something of a brand, or of a content. Only triggers write here.

    It has no index but its key: of two that begin with the agency, the planner takes whichever it holds for
    shorter of an average agency, and reads all marks of a busy one.
    """

    __tablename__ = "marks"

    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    of_brand: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    xact: Mapped[str] = mapped_column(_Xid8, primary_key=True, server_default=text("pg_current_xact_id()"))
    of_content: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    horizon: Mapped[str] = mapped_column(_Xid8, server_default=text("pg_snapshot_xmin(pg_current_snapshot())"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())


class Moment(NamedTuple):
    """When something was read: in which run of which database, which transactions it saw, and the database's clock."""

    era: str
    snapshot: str
    at: str


_era = func.concat(func.date_part("epoch", func.pg_postmaster_start_time()), literal_column("'/'"),
                   literal_column("'app.marks'::regclass::oid"))  # fmt: skip
"""A server that was started anew, and a table that was restored, know nothing of what was before."""

_now = (_era, cast(func.pg_current_snapshot(), Text), cast(func.clock_timestamp(), Text))
NOW = func.json_build_array(*_now)
"""The moment at which a statement reads, as a column of it."""

_snapshot = cast(bindparam("snapshot", type_=Text), _Snapshot)
_news = (
    select(func.array_agg(Mark.of_content).label("news"))
    .where(
        Mark.of_brand == any_(bindparam("brands", type_=ARRAY(Uuid))),
        Mark.xact >= func.pg_snapshot_xmin(_snapshot),
        ~func.pg_visible_in_snapshot(Mark.xact, _snapshot),
    )
    .subquery("since")
)
_is_known = (_era == bindparam("era", type_=Text)) & (
    cast(bindparam("at", type_=Text), DateTime(timezone=True)) > func.clock_timestamp() - literal_column(_GOOD_FOR)
)
_nothing = _is_known & _news.c.news.is_(None)
_NOTHING = b"[true]"
_SINCE = Question(
    select(
        case(
            (_nothing, literal_column(f"'{_NOTHING.decode()}'")),
            else_=cast(func.json_build_array(_is_known, _news.c.news, *_now), Text),
        )
    ),
    keeps_plan=True,
)


_NOW = Question(select(NOW))


def now(asks: Asks) -> Moment:
    """Return the moment that it is, for what is read after it. Raises as `ask` does."""
    return Moment(*asks.ask(_NOW, {}))


class Since(NamedTuple):
    """The ids of the contents that were changed since a moment, and the moment that it is; None where there are none.

    A content of another brand may be among them.
    """

    contents: Sequence[str]
    moment: Moment | None


def changed_since(asks: Asks, moment: Moment, brands: Sequence[uuid.UUID]) -> Since | None:
    """Return what contents of `brands` were changed since; None if it may be anything of them. Raises as `ask` does."""
    return _since(*asks.ask(*since_question(moment, brands)))


def since_question(moment: Moment, brands: Sequence[uuid.UUID]) -> Asked:
    """Return what `changed_since` asks."""
    return _SINCE, _said(moment, brands)


def contents_alone(answer: bytes | None) -> Moment | None:
    """Return the moment of an answer to `nothing_since`, if it says that contents were changed and nothing else."""
    since = _since(*json.loads(answer or b"[false]"))
    return since.moment if since else None


def _since(is_known: bool, news: Sequence[str] | None = None, *moment: str) -> Since | None:
    contents = set(news or ())
    if not is_known or str(NOBODY) in contents:
        return None
    return Since(sorted(contents), Moment(*moment) if moment else None)


def nothing_since(moment: Moment, brands: Sequence[uuid.UUID]) -> Reminder:
    """Return the question whether all of `brands` and of the agency stands as it stood then, for `ask_again`."""
    return Reminder.that_answers(_SINCE, _said(moment, brands), _NOTHING)


def _said(moment: Moment, brands: Sequence[uuid.UUID]) -> dict[str, Value]:
    return {**moment._asdict(), "brands": (NOBODY, *brands)}


def prune(session: TenantSession) -> None:
    """Delete marks that nobody asks about any more: of transactions that were over `KEPT_HOURS` ago.

    Not by when they were written: a transaction may be committed long after its marks were.
    """
    over: Any = select(func.max(Mark.horizon)).where(
        Mark.at < func.clock_timestamp() - literal_column(f"interval '{KEPT_HOURS} hours'")
    )
    some: Any = (
        select(literal_column("ctid")).select_from(Mark).where(Mark.xact < over.scalar_subquery()).limit(_AT_ONCE)
    )
    session.execute(delete(Mark).where(literal_column("ctid").in_(some)))
