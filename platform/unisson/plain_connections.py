"""Servers that would be called in the clear over a network: refused at the start, unless the operator says so.

Sockets and the loopback interface of this machine leave it by no wire.
"""

import ipaddress
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from unisson.settings_rules import SettingError

KINDS = ("database", "valkey", "mail", "files", "clamd")
"""What PLAIN_CONNECTIONS may name."""

ENCRYPTING = frozenset({"require", "verify-ca", "verify-full"})
"""Values of `sslmode` under which libpq never falls back to plain text (PostgreSQL 18, §32.19)."""

DATABASES = ("database_url", "backup_database_url", "database_web_url", "database_worker_url", "database_dispatch_url")


class Stated(Protocol):
    """The settings that name servers."""

    @property
    def plain_connections(self) -> tuple[str, ...]:
        """What may be called in the clear."""

    @property
    def valkey_url(self) -> str:
        """Where Valkey is."""

    @property
    def storage_url(self) -> str:
        """Where files are."""

    @property
    def clamd_address(self) -> str:
        """Where files are looked at."""


def refuse_plain(stated: Stated, environ: Mapping[str, str]) -> None:
    """Pass if nothing leaves this machine unencrypted that was not said to. Raises SettingError for the first.

    Mail is not looked at here: its server is asked for STARTTLS, and without it nothing is handed over.
    """
    for name in DATABASES:
        if "database" not in stated.plain_connections and _database_is_plain(getattr(stated, name), environ):
            why = "add ?sslmode=verify-full (or require, which does not look at who answers)"
            raise SettingError(name.upper(), _sentence("PostgreSQL", why, "database"))
    if "valkey" not in stated.plain_connections and _is_plain(stated.valkey_url, "redis"):
        raise SettingError("VALKEY_URL", _sentence("Valkey", "begin it with rediss://", "valkey"))
    asked = parse_qs(urlsplit(stated.storage_url).query).get("endpoint", [""])[-1]
    if "files" not in stated.plain_connections and _is_plain(asked, "http"):
        raise SettingError("STORAGE_URL", _sentence("the store of files", "begin its endpoint with https://", "files"))
    place = "" if stated.clamd_address.startswith("unix:") else _host(stated.clamd_address)
    if "clamd" not in stated.plain_connections and not is_here(place):
        raise SettingError("CLAMD_ADDRESS", _sentence("ClamAV", "use its socket, or an encrypting relay here", "clamd"))


def is_here(host: str) -> bool:
    """Return whether `host` is a socket, the loopback interface, or nothing, which means a socket."""
    if not host or host.startswith(("/", "@")) or host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _sentence(what: str, better: str, kind: str) -> str:
    return (
        f"would speak with {what} over the network in the clear: {better}, or say PLAIN_CONNECTIONS={kind} where the"
        " network itself is private to these machines."
    )


def _is_plain(url: str, scheme: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == scheme and not is_here(parts.hostname or "")


def _database_is_plain(url: str, environ: Mapping[str, str]) -> bool:
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    places = [*asked.get("host", []), *asked.get("hostaddr", []), *asked.get("service", [])]
    named = parts.netloc.rpartition("@")[2]
    hosts = [host for place in places for host in place.split(",")] + [_host(each) for each in named.split(",")]
    mode = asked.get("sslmode", [environ.get("PGSSLMODE", "")])[-1]
    return not all(is_here(host) for host in hosts) and mode not in ENCRYPTING


def _host(place: str) -> str:
    """Return the host of `host:port` or `[address]:port`."""
    if place.startswith("["):
        return place[1:].partition("]")[0]
    return place.partition(":")[0]
