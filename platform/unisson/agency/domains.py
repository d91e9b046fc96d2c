"""An agency's own web addresses: said, shown to be its own in the DNS, and let go."""

import ipaddress
import uuid
from collections.abc import Callable, Sequence

import idna
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from tenants.access import Actor
from tenants.base import utcnow
from tenants.domains import AgencyDomain, TrustedHost
from tenants.errors import NotFoundError, RefusedError
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.outbound.names import Names, NamesAwayError
from unisson.vault import new_token
from unisson.web.i18n import lazy

MOST = 10
"""Addresses of one agency."""

RECORD_BEFORE = "_unisson"
"""Below the host, so that the record may stand beside a CNAME (RFC 1034 §3.6.2, RFC 8552)."""

NOT_PUBLIC = frozenset({"localhost", "local", "internal", "invalid", "onion", "arpa", "localdomain", "lan", "home"})
"""Names that the public DNS does not know (RFC 6761, RFC 6762, RFC 7686; .internal by ICANN)."""

UNFIT = lazy("Write the name alone, such as clients.agency.com: no https://, no port, no path, no IP address.")
NOT_AVAILABLE = lazy("This address can't be used here. Choose another one, or ask us why.")
ALREADY = lazy("This address is in your list already.")
TOO_MANY = lazy("An agency can have 10 addresses. Remove one first.")
NOT_THERE = lazy(
    "The TXT record is not there yet, or holds something else. A change in the DNS can take an hour to be seen:"
    " try again later."
)
LEADS_NOWHERE = lazy(
    "The TXT record is there, but the name itself leads nowhere yet. Write the CNAME record too: without it, links that"
    " begin with this name would not open."
)
CANT_TELL = lazy("The DNS did not answer. Nothing was changed: try again in a moment.")


class CantTellError(RefusedError):
    """The DNS did not answer."""

    status = 503


def host_of(typed: str) -> str:
    """Return a host name in lower-case ASCII (IDNA 2008, UTS 46). Raises RefusedError on `host`."""
    name = typed.strip().rstrip(".")
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    else:
        raise RefusedError(UNFIT, field="host")
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise RefusedError(UNFIT, field="host") from None
    labels = host.split(".")
    # A name that ends in a number is read as an address by browsers (WHATWG URL, "ends in a number checker").
    if len(labels) < 2 or len(host) > 253 - len(RECORD_BEFORE) - 1 or labels[-1][:1].isdigit():
        raise RefusedError(UNFIT, field="host")
    if labels[-1] in NOT_PUBLIC:
        raise RefusedError(NOT_AVAILABLE, field="host")
    return host


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
    if (session.scalar(select(func.count()).select_from(AgencyDomain)) or 0) >= MOST:
        raise RefusedError(TOO_MANY, field="host")
    domain = AgencyDomain(host=host, token=new_token(), added_by=actor.membership_id)
    try:
        with session.begin_nested():
            session.add(domain)
    except IntegrityError:
        raise RefusedError(ALREADY, field="host") from None
    record(session, actor, "domain.added", "agency", session.agency_id, host=host)
    return domain


def record_name(host: str) -> str:
    """Return where in the DNS the token of `host` is looked for."""
    return f"{RECORD_BEFORE}.{host}"


def record_text(domain: AgencyDomain) -> str:
    """Return what must stand there."""
    return f"unisson={domain.token}"


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
    try:
        refusal = why_not(names, domain.host, record_text(domain))
    except NamesAwayError:
        raise CantTellError(CANT_TELL) from None
    if refusal:
        raise RefusedError(refusal)
    if domain.verified_at is None:
        _trust(session, domain)
        record(session, actor, "domain.verified", "agency", session.agency_id, host=domain.host)
    return domain


def _trust(session: TenantSession, domain: AgencyDomain) -> None:
    try:
        with session.begin_nested():
            session.add(TrustedHost(host=domain.host, agency_id=session.agency_id, domain_id=domain.id))
    except IntegrityError:
        raise RefusedError(NOT_AVAILABLE) from None
    domain.verified_at, domain.lost_at = utcnow(), None


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
    domain = session.scalars(select(AgencyDomain).where(AgencyDomain.id == domain_id).with_for_update()).first()
    if domain is None:
        raise NotFoundError
    return domain


def _is_anothers(session: TenantSession, host: str) -> bool:
    return (
        session.scalar(
            select(TrustedHost.host).where(TrustedHost.host == host, TrustedHost.agency_id != session.agency_id)
        )
        is not None
    )
