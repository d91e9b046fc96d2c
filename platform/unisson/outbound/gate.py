"""From a host and a port to the addresses that we agree to connect to."""

import queue
import socket
import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from ipaddress import IPv6Address, ip_network

from unisson.outbound.clock import Deadline
from unisson.outbound.denied import Address, Network, is_denied, parsed
from unisson.outbound.failures import Forbidden, NothingSent

Resolve = Callable[[str, int], Sequence[str]]
"""From a host and a port to addresses in their standard spelling; raises OSError when the name has none."""

WEB_PORTS = frozenset({80, 443})


def system_addresses(host: str, port: int) -> list[str]:
    """Return the addresses that the operating system knows `host` by, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


class Gate:
    """What may be connected to.

    `allow` holds `host:port` pairs and networks let through although private; everything else needs a public
    address and one of `ports`. Where `only` holds hosts (`*.host` for all below one), no other is called but those and
    the pairs.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        resolve: Resolve = system_addresses,
        ports: Collection[int] = WEB_PORTS,
        only: Iterable[str] = (),
    ) -> None:
        self._only = frozenset(only)
        self._resolve = resolve
        self._ports = ports
        self._pairs: set[tuple[str, int]] = set()
        self._networks: list[Network] = []
        for entry in allow:
            self._admit(entry.strip())

    def _admit(self, entry: str) -> None:
        if "/" in entry:
            self._networks.append(ip_network(entry, strict=False))
            return
        host, colon, port = entry.rpartition(":")
        if not (colon and host and port.isdecimal()):
            raise ValueError(f"{entry!r} is neither host:port nor a network")
        self._pairs.add((host.strip("[]").lower(), int(port)))

    def lists(self, host: str, port: int) -> bool:
        """Return whether the operator named this very host and port."""
        return (host.strip("[]").lower(), port) in self._pairs

    def addresses(self, host: str, port: int, deadline: Deadline) -> list[str]:
        """Return the addresses to connect to: every one that `host` has, and every one of them allowed.

        One forbidden address among them refuses the whole name: else an attacker's second record would be
        tried when the first one does not answer. Raises `Forbidden`, or `NothingSent` for an unknown name.
        """
        if self._only and not (self.lists(host, port) or self._is_among(host)):
            raise Forbidden(f"{host} is not among the hosts that this server may call")
        found = [_standard(text) for text in self._resolved(host, port, deadline)]
        if not found:
            raise NothingSent(f"{host} has no address")
        if not self.lists(host, port):
            for address in found:
                self._check(address, host, port)
        return [str(address) for address in found]

    def _is_among(self, host: str) -> bool:
        name = host.strip("[]").lower().removesuffix(".")
        parents = name.split(".")[1:]
        below = (f"*.{'.'.join(parents[start:])}" for start in range(len(parents)))
        return name in self._only or any(each in self._only for each in below)

    def _check(self, address: Address, host: str, port: int) -> None:
        if any(address in network for network in self._networks if network.version == address.version):
            return
        if port not in self._ports:
            raise Forbidden(f"port {port} of {host} is not a web port")
        if is_denied(address):
            raise Forbidden(f"{host} leads to an address that is not public")

    def _resolved(self, host: str, port: int, deadline: Deadline) -> Sequence[str]:
        if parsed(host) is not None:
            return [host]
        answers: queue.SimpleQueue[Sequence[str] | OSError | UnicodeError] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answers.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        # The system's resolver takes no deadline, so it works aside and may answer to nobody.
        threading.Thread(target=ask, name="resolve", daemon=True).start()
        try:
            answer = answers.get(timeout=max(deadline.left(), 0.001))
        except queue.Empty:
            raise NothingSent(f"the name {host} was not resolved in time") from None
        if isinstance(answer, Exception):
            raise NothingSent(f"the name {host} is not known") from answer
        return answer


def _standard(text: str) -> Address:
    address = parsed(text)
    if address is None:
        raise Forbidden(f"{text} is not an address")
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address
