"""Which names the product answers by: its own, and those that an agency verified, at which its clients' pages stand.

A request that names any other host is refused (400) before anything is looked up for it. Whose a verified name is, is
read anew for each request that names one: a name that was removed stops with the next request. The product's own
names, at which everybody works, cost no look-up.
"""

import re
import uuid
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from flask import Flask, g, request
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.routing import MapAdapter, RequestRedirect
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Request

from tenants.domains import TrustedHost
from tenants.errors import NotFoundError
from tenants.identities import DirectoryEntry
from unisson.runtime import Runtime
from unisson.web.cookies import WITHOUT_COOKIE

log = structlog.get_logger(__name__)

_KEY = "unisson.own_domain"

_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*")
"""What a verified name looks like; an IPv4 address does not, nor anything the database could choke on."""

CLIENT_RULES = ("/<agency>/approve/", "/<agency>/connect/", "/newsroom/<agency>/", "/logos/<agency>/")
"""How the paths begin that an agency's own name serves: what its clients and the public read, and nothing else."""


class OwnDomain(NamedTuple):
    """A verified name, and the agency that it is of."""

    host: str
    slug: str
    agency_id: uuid.UUID


def own_domain() -> OwnDomain | None:
    """Return the agency's own name that this request came by; None at the product's."""
    found = request.environ.get(_KEY)
    return found if isinstance(found, OwnDomain) else None


def is_product_host(runtime: Runtime, host: str) -> bool:
    """Return whether `host` is a name of the product itself, or lies below one."""
    return any(host == own or host.endswith(f".{own}") for own in runtime.settings.trusted_hosts if own)


def find_domain(runtime: Runtime, host: str) -> OwnDomain | None:
    """Return whose verified name `host` is. Raises OperationalError when nobody can tell."""
    if not _may_be_a_name(host):
        return None
    with runtime.database.everywhere() as session:
        row = session.execute(_WHOSE.where(TrustedHost.host == host)).first()
    return OwnDomain(*row) if row else None


_WHOSE = select(TrustedHost.host, DirectoryEntry.slug, TrustedHost.agency_id).join(
    DirectoryEntry, DirectoryEntry.agency_id == TrustedHost.agency_id
)


class HostAwareFlask(Flask):
    """Flask, whose trusted hosts are those of the settings and the one verified name that a request comes by.

    `TRUSTED_HOSTS` stays unset: Flask would put it in the place of what is decided for each request
    (`Flask.create_url_adapter`; Werkzeug checks the name and raises SecurityError, a 400).
    """

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what matches the request's path, once its host is trusted. Raises SecurityError."""
        if request is not None:
            request.trusted_hosts = self._trusted_by(request)
        return super().create_url_adapter(request)  # type: ignore[arg-type]  # Flask's own request, which is this

    def _trusted_by(self, request: Request) -> list[str]:
        runtime: Runtime = self.extensions["unisson"]
        names = list(runtime.settings.trusted_hosts)
        asked = request.environ.get("HTTP_HOST", "")
        if not asked or host_is_trusted(asked, names):
            return names
        try:
            domain = find_domain(runtime, asked.partition(":")[0].lower())
        except (OperationalError, PoolTimeoutError) as error:
            log.warning("database.away", why=type(error).__name__)
            raise ServiceUnavailable from error
        if domain is None:
            return names
        request.environ[_KEY] = domain
        # As it was written: the check that follows compares letter by letter.
        return [asked.partition(":")[0]]


def product_host(runtime: Runtime) -> str:
    """Return the name that an agency's own one is to lead to."""
    return urlsplit(runtime.settings.base_url).hostname or ""


def _may_be_a_name(host: str) -> bool:
    """Spare the database what can't be a verified name: it comes from strangers at any rate they like."""
    return len(host) <= 253 and _NAME.fullmatch(host) is not None


def _serves(domain: OwnDomain) -> bool:
    rule = request.url_rule
    if rule is None:
        # A newsroom's address without its last slash leads on to the one with it; the rest is not here.
        is_redirect = isinstance(request.routing_exception, RequestRedirect)
        return is_redirect and request.path.startswith(f"/newsroom/{domain.slug}/")
    if request.endpoint == "static" or rule.rule.startswith(WITHOUT_COOKIE):
        return True  # the second says itself whose it is, and refuses another agency's
    return rule.rule.startswith(CLIENT_RULES) and g.get("agency_slug") == domain.slug


def init_app(app: Flask) -> None:
    """Serve an agency's clients' pages at its own name, and nothing else. Registered before any other guard."""

    @app.before_request
    def keep_to_clients_pages() -> None:
        domain = own_domain()
        if domain is not None and not _serves(domain):
            raise NotFoundError
