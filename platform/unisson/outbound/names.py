"""Asking the domain name system. Only the configured server is spoken to, never what it names."""

from dataclasses import dataclass

import dns.exception
import dns.name
import dns.resolver
from dns.rdtypes.txtbase import TXTBase

LOOKUP_SECONDS = 4.0
"""How long one question may take, all tries together."""


class NamesAwayError(Exception):
    """Nobody could tell in time what stands in the DNS."""


@dataclass(frozen=True, slots=True)
class Names:
    """The DNS as one server tells it: `address`, `address:port` or `[address]:port`; the system's for an empty one."""

    server: str = ""

    def texts(self, name: str) -> frozenset[str]:
        """Return the texts that stand at `name`; none where there is no such name. Raises NamesAwayError."""
        found = self._ask(name, "TXT") or ()
        return frozenset(
            b"".join(each.strings).decode("utf-8", "replace") for each in found if isinstance(each, TXTBase)
        )

    def leads_somewhere(self, name: str) -> bool:
        """Return whether `name` has an address, by a CNAME or by itself. Raises NamesAwayError."""
        return any(self._ask(name, kind) is not None for kind in ("A", "AAAA"))

    def _ask(self, name: str, kind: str) -> dns.resolver.Answer | None:
        try:
            return self._resolver().resolve(dns.name.from_text(name), kind, lifetime=LOOKUP_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise NamesAwayError(type(error).__name__) from error

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self.server)
        if self.server:
            address, resolver.port = _split(self.server)
            resolver.nameservers = [address]
        return resolver


def _split(server: str) -> tuple[str, int]:
    if server.startswith("["):
        address, _bracket, rest = server[1:].partition("]")
        return address, int(rest.removeprefix(":") or 53)
    if server.count(":") == 1:
        address, _colon, port = server.partition(":")
        return address, int(port)
    return server, 53
