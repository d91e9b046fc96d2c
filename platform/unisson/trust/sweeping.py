"""Deleting, at night, what the list of kinds says is over."""

import structlog
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.orm import Session

from tenants.session import TenantSession
from unisson.runtime import Runtime
from unisson.trust.kinds import KINDS, Kind

log = structlog.get_logger(__name__)

AT_ONCE = 20_000
"""Rows of a kind that one night deletes for an agency; the rest goes in the next ones."""
_SWEPT = "unisson:swept"
_NIGHT_SECONDS = 20 * 3600


def sweep(session: TenantSession) -> None:
    """Delete what is over of the agency's kinds: for the night."""
    for kind in KINDS:
        if kind.over and kind.belongs_to_agency:
            _delete(session, kind)


def sweep_accounts(runtime: Runtime) -> None:
    """Delete what is over of the kinds that belong to no agency, once a night however many workers there are."""
    try:
        if not runtime.valkey.set(_SWEPT, "1", nx=True, ex=_NIGHT_SECONDS):
            return
    except (RedisError, OSError):
        return  # another night does it
    with runtime.database.everywhere() as session:
        for kind in KINDS:
            if kind.over and not kind.belongs_to_agency:
                _delete(session, kind)


def _delete(session: Session, kind: Kind) -> None:
    # Tables and conditions are constants of `kinds`.
    some = f"select id from app.{kind.table} k where {kind.over} limit {AT_ONCE}"  # noqa: S608 - constants
    gone = f"with gone as (delete from app.{kind.table} where id in ({some}) returning 1) select count(*) from gone"  # noqa: S608 - the same
    if rows := session.execute(text(gone)).scalar():
        log.info("kept.swept", kind=kind.table, rows=rows)
