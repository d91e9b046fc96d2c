"""Looking again, once a day, whether agencies' own web addresses still show their token in the DNS.

A name can pass into other hands. Personal links must not be mailed with it then, so that this is done before mails
leave, a few names at a time. A DNS that does not answer takes nothing away; one that says no does, at once.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import func, select, update

from tenants.base import utcnow
from tenants.domains import AgencyDomain, TrustedHost
from unisson.activity.trail import record
from unisson.agency.claims import record_text
from unisson.agency.domains import distrust, why_not
from unisson.outbound.names import Names, NamesAwayError
from unisson.runtime import Runtime

log = structlog.get_logger(__name__)

EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""When a DNS that did not answer is asked again."""
AT_ONCE = 3
"""Names looked at before mails leave: each may take LOOKUP_SECONDS."""


class _Due(NamedTuple):
    host: str
    agency_id: UUID
    domain_id: UUID
    checked_at: datetime


def watch_domains(runtime: Runtime, names: Names | None = None) -> int:
    """Look at the names that are due; return how many were lost."""
    asking = names or Names(runtime.settings.dns_server)
    with runtime.database.everywhere() as session:
        rows = session.execute(
            select(TrustedHost.host, TrustedHost.agency_id, TrustedHost.domain_id, TrustedHost.checked_at)
            .where(TrustedHost.checked_at < func.clock_timestamp() - EVERY)
            .order_by(TrustedHost.checked_at)
            .limit(AT_ONCE)
        )
        due = [_Due(*row) for row in rows]
    return sum(_is_lost(runtime, each, asking) for each in due)


def _is_lost(runtime: Runtime, due: _Due, names: Names) -> bool:
    """Look at one name, unless another worker was quicker."""
    text = _claimed(runtime, due)
    if text is None:
        return False
    try:
        lacks = why_not(names, due.host, text)
    except NamesAwayError as error:
        log.warning("domain.unknown", host=due.host, why=str(error))
        _put_off(runtime, due)
        return False
    return bool(lacks) and _let_go(runtime, due)


def _let_go(runtime: Runtime, due: _Due) -> bool:
    with runtime.database.agency(due.agency_id) as session:
        domain = session.get(AgencyDomain, (due.agency_id, due.domain_id), with_for_update=True)
        if domain is None or domain.verified_at is None:
            return False
        distrust(session, domain)
        domain.lost_at = utcnow()
        record(session, None, "domain.lost", "agency", due.agency_id, host=due.host)
    log.warning("domain.lost", agency=str(due.agency_id), host=due.host)
    return True


def _claimed(runtime: Runtime, due: _Due) -> str | None:
    with runtime.database.agency(due.agency_id) as session:
        ours = session.execute(
            update(TrustedHost)
            .where(TrustedHost.host == due.host, TrustedHost.checked_at == due.checked_at)
            .values(checked_at=func.clock_timestamp())
            .returning(TrustedHost.host)
            .execution_options(synchronize_session=False)
        ).first()
        domain = session.get(AgencyDomain, (due.agency_id, due.domain_id)) if ours else None
        return record_text(domain) if domain else None


def _put_off(runtime: Runtime, due: _Due) -> None:
    with runtime.database.agency(due.agency_id) as session:
        session.execute(
            update(TrustedHost)
            .where(TrustedHost.host == due.host)
            .values(checked_at=func.clock_timestamp() - EVERY + AGAIN)
            .execution_options(synchronize_session=False)
        )
