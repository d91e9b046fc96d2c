"""An agency's own web addresses: said, shown to be its own in the DNS, and let go."""

import uuid
from collections.abc import Callable, Sequence

from sqlalchemy import delete, select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.domains import AgencyDomain, TrustedHost
from tenants.errors import RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.agency.claims import (
    NOT_AVAILABLE,
    NOT_THERE,
    asking_dns,
    hold,
    host_of,
    listed,
    put_on_list,
    record_name,
    record_text,
)
from unisson.outbound.names import Names
from unisson.vault import new_token
from unisson.web.i18n import lazy

ALREADY = lazy("This address is in your list already.")
TOO_MANY = lazy("An agency can have 10 addresses. Remove one first.")
LEADS_NOWHERE = lazy(
    "The TXT record is there, but the name itself leads nowhere yet. Write the CNAME record too: without it, links that"
    " begin with this name would not open."
)


def domains_of(session: TenantSession) -> Sequence[AgencyDomain]:
    """Return the agency's addresses, by name."""
    return session.scalars(select(AgencyDomain).order_by(AgencyDomain.host)).all()


def add_domain(session: TenantSession, actor: Actor, typed: str, is_ours: Callable[[str], bool]) -> AgencyDomain:
    """Return the address that the agency says is its own, with the token to show in its DNS.

    `is_ours` tells the product's own names. Raises RefusedError on `host`, ForbiddenError.
    """
    actor.require(Permission.AGENCY_DOMAINS)
    host = host_of(typed)
    if is_ours(host) or _is_anothers(session, host):
        raise RefusedError(NOT_AVAILABLE, field="host")
    domain = AgencyDomain(host=host, token=new_token(), added_by=actor.membership_id)
    put_on_list(
        session,
        domain,
        too_many=RefusedError(TOO_MANY, field="host"),
        already=RefusedError(ALREADY, field="host"),
    )
    record(session, actor, "domain.added", "agency", session.agency_id, host=host)
    return domain


def why_not(names: Names, host: str, text: str) -> object:
    """Return the sentence that says what the DNS lacks for `host`; None where it is all there.

    The name must lead somewhere, or the links that are mailed with it would not open. Raises NamesAwayError.
    """
    if text not in names.texts(record_name(host)):
        return NOT_THERE
    return None if names.leads_somewhere(host) else LEADS_NOWHERE


def verify_domain(session: TenantSession, actor: Actor, domain_id: uuid.UUID, names: Names) -> AgencyDomain:
    """Return the address, trusted from now on because its DNS shows the token.

    Raises NotFoundError, ForbiddenError, RefusedError: not shown, not to be told now, or another agency's meanwhile.
    """
    domain = _domain(session, actor, domain_id)
    with asking_dns():
        refusal = why_not(names, domain.host, record_text(domain))
    if refusal:
        raise RefusedError(refusal)
    if domain.verified_at is None:
        held = TrustedHost(host=domain.host, agency_id=session.agency_id, domain_id=domain.id)
        hold(session, held, taken=RefusedError(NOT_AVAILABLE))
        domain.verified_at, domain.lost_at = utcnow(), None
        record(session, actor, "domain.verified", "agency", session.agency_id, host=domain.host)
    return domain


def remove_domain(session: TenantSession, actor: Actor, domain_id: uuid.UUID) -> str:
    """Let go of an address, which answers nothing from the next request on; return its name."""
    domain = _domain(session, actor, domain_id)
    distrust(session, domain)
    session.delete(domain)
    record(session, actor, "domain.removed", "agency", session.agency_id, host=domain.host)
    return domain.host


def distrust(session: TenantSession, domain: AgencyDomain) -> None:
    """Answer no more by this name; it stays in the agency's list, to be verified again."""
    session.execute(
        delete(TrustedHost).where(TrustedHost.host == domain.host, TrustedHost.agency_id == session.agency_id)
    )
    domain.verified_at = None


def _domain(session: TenantSession, actor: Actor, domain_id: uuid.UUID) -> AgencyDomain:
    actor.require(Permission.AGENCY_DOMAINS)
    return listed(session, AgencyDomain, domain_id)


def _is_anothers(session: TenantSession, host: str) -> bool:
    return (
        session.scalar(
            select(TrustedHost.host).where(TrustedHost.host == host, TrustedHost.agency_id != session.agency_id)
        )
        is not None
    )
