"""A name of the DNS that an agency says is its own: put on its list, shown by a token, then held by it alone.

Several agencies may have a name on their lists; whoever shows the token holds it.
"""

import ipaddress
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import idna
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tenants.base import Base
from tenants.domains import AgencyDomain, ClaimedMailDomain, MailDomain, TrustedHost
from tenants.errors import NotFoundError, RefusedError
from tenants.session import TenantSession
from unisson.outbound.names import NamesAwayError
from unisson.web.i18n import lazy

MOST = 10
"""Names of a kind on one agency's list."""

RECORD_BEFORE = "_unisson"
"""Below the name, so that the record may stand beside a CNAME (RFC 1034 §3.6.2, RFC 8552)."""

NOT_PUBLIC = frozenset({"localhost", "local", "internal", "invalid", "onion", "arpa", "localdomain", "lan", "home"})
"""Names that the public DNS does not know (RFC 6761, RFC 6762, RFC 7686; .internal by ICANN)."""

_PASTED = re.compile(r"^https?://([^/?#]*)/?$", re.IGNORECASE)
"""A name as the address bar gives it: what stands around it is no part of it."""

UNFIT = lazy("Write the name alone, such as clients.agency.com: no https://, no port, no path, no IP address.")
NOT_AVAILABLE = lazy("This address can't be used here. Choose another one, or ask us why.")
NOT_THERE = lazy(
    "The TXT record is not there yet, or holds something else. A change in the DNS can take an hour to be seen:"
    " try again later."
)
CANT_TELL = lazy("The DNS did not answer. Nothing was changed: try again in a moment.")

Listed = TypeVar("Listed", AgencyDomain, MailDomain)


class CantTellError(RefusedError):
    """The DNS did not answer."""

    status = 503


def host_of(typed: str, field: str = "host") -> str:
    """Return a host name in lower-case ASCII (IDNA 2008, UTS 46). Raises RefusedError on `field`."""
    name = _PASTED.sub(r"\1", typed.strip()).rstrip(".")
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    else:
        raise RefusedError(UNFIT, field=field)
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise RefusedError(UNFIT, field=field) from None
    labels = host.split(".")
    # A name that ends in a number is read as an address by browsers (WHATWG URL, "ends in a number checker").
    if len(labels) < 2 or len(host) > 253 - len(RECORD_BEFORE) - 1 or labels[-1][:1].isdigit():
        raise RefusedError(UNFIT, field=field)
    if labels[-1] in NOT_PUBLIC:
        raise RefusedError(NOT_AVAILABLE, field=field)
    return host


def put_on_list(
    session: TenantSession, row: AgencyDomain | MailDomain, *, too_many: RefusedError, already: RefusedError
) -> None:
    """Put a name on the agency's list. Raises `too_many` where MOST stand there, and `already` where it does."""
    if (session.scalar(select(func.count()).select_from(type(row))) or 0) >= MOST:
        raise too_many
    _add(session, row, already)


def hold(session: TenantSession, row: TrustedHost | ClaimedMailDomain, *, taken: RefusedError) -> None:
    """Hold a name for the agency. Raises `taken` where another one does."""
    _add(session, row, taken)


def listed(session: TenantSession, kind: type[Listed], row_id: uuid.UUID) -> Listed:
    """Return a name on the agency's list, which nobody else changes meanwhile. Raises NotFoundError."""
    row = session.scalars(select(kind).where(kind.id == row_id).with_for_update()).first()
    if row is None:
        raise NotFoundError
    return row


def record_name(host: str) -> str:
    """Return where in the DNS the token of `host` is looked for."""
    return f"{RECORD_BEFORE}.{host}"


def record_text(row: AgencyDomain | MailDomain) -> str:
    """Return what must stand there."""
    return f"unisson={row.token}"


@contextmanager
def asking_dns() -> Iterator[None]:
    """Change nothing while the DNS does not answer: raises CantTellError."""
    try:
        yield
    except NamesAwayError:
        raise CantTellError(CANT_TELL) from None


def _add(session: TenantSession, row: Base, taken: RefusedError) -> None:
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise taken from None
