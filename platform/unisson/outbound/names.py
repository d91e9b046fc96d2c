"""Asking the domain name system. Only the configured server is spoken to, never what it names."""

import dns.exception
import dns.name
import dns.resolver
from dns.rdtypes.txtbase import TXTBase

LOOKUP_SECONDS = 4.0


class NamesAwayError(Exception):
    """Nobody could tell in time what stands in the DNS."""


def txt_records(name: str, server: str = "") -> frozenset[str]:
    """Return the texts that stand at `name`; none where the name or such records do not exist.

    `server` is `address` or `address:port`; the system's resolver for an empty one. Raises NamesAwayError.
    """
    try:
        resolver = _resolver(server)
        found = resolver.resolve(dns.name.from_text(name), "TXT", lifetime=LOOKUP_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    except (dns.exception.DNSException, OSError) as error:
        raise NamesAwayError(type(error).__name__) from error
    return frozenset(
        b"".join(record.strings).decode("utf-8", "replace") for record in found if isinstance(record, TXTBase)
    )


def _resolver(server: str) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not server)
    resolver.cache = None
    if server:
        address, port = split_server(server)
        resolver.nameservers, resolver.port = [address], port
    return resolver


def split_server(server: str) -> tuple[str, int]:
    """Return the address and the port of `address`, `address:port` or `[address]:port`."""
    if server.startswith("["):
        address, _bracket, rest = server[1:].partition("]")
        return address, int(rest[1:] or 53)
    if server.count(":") == 1:
        address, _colon, port = server.partition(":")
        return address, int(port)
    return server, 53
