"""Asking the domain name system. Only the configured server is spoken to, never what it names.

The library (2 MiB of a process) is loaded with the first question: hardly any process ever asks one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import dns.resolver

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
        found: Iterable[Any] = self._ask(name, "TXT") or ()
        return frozenset(
            b"".join(each.strings).decode("utf-8", "replace") for each in found if hasattr(each, "strings")
        )

    def leads_somewhere(self, name: str) -> bool:
        """Return whether `name` has an address, by a CNAME or by itself. Raises NamesAwayError."""
        return any(self._ask(name, kind) is not None for kind in ("A", "AAAA"))

    def _ask(self, name: str, kind: str) -> "dns.resolver.Answer | None":
        import dns.exception  # noqa: PLC0415 - as the module says
        import dns.name  # noqa: PLC0415
        import dns.resolver  # noqa: PLC0415

        try:
            return self._resolver().resolve(dns.name.from_text(name), kind, lifetime=LOOKUP_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise NamesAwayError(type(error).__name__) from error

    def _resolver(self) -> "dns.resolver.Resolver":
        import dns.resolver  # noqa: PLC0415 - as the module says

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
