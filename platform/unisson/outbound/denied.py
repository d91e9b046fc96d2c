"""The addresses that we never connect to.

The table is our own because `ipaddress.is_global` changes between Python versions and says yes to addresses that only
wrap another one. Sources: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890), RFC 6052 (NAT64), RFC 3056
(6to4), RFC 4380 (Teredo), RFC 5214 (ISATAP), RFC 2765 (SIIT).
"""

import ipaddress
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

DENIED_V4: tuple[IPv4Network, ...] = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this host on this network: Linux connects it to itself
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by carriers; some clouds keep their metadata there
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # the host of every virtual machine in Azure
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)

DENIED_V6: tuple[IPv6Network, ...] = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments (Teredo is judged by what it wraps before this)
        "2001:db8::/32",  # documentation
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)

UNICAST = IPv6Network("2000::/3")
"""Where every public IPv6 address lies: outside it, only wrappers of IPv4 are looked at."""

_TEREDO = IPv6Network("2001::/32")
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
_LAST_32_BITS = (
    IPv6Network("::ffff:0:0/96"),  # mapped
    IPv6Network("::ffff:0:0:0/96"),  # SIIT
    IPv6Network("::/96"),  # compatible; holds :: and ::1 too
    _NAT64,
)
_ISATAP = (0x00005EFE, 0x02005EFE)


def is_denied(address: Address) -> bool:
    """Return whether `address`, or any address wrapped in it, is one that we never connect to."""
    if isinstance(address, IPv4Address):
        return any(address in network for network in DENIED_V4)
    plain = IPv6Address(int(address))  # a zone such as %eth0 does not change what it is
    wrapped = tuple(_wrapped(plain))
    if any(is_denied(inner) for inner in wrapped):
        return True
    if wrapped and (plain in _TEREDO or plain not in UNICAST):
        return False
    return plain not in UNICAST or any(plain in network for network in DENIED_V6)


def _wrapped(address: IPv6Address) -> Iterator[IPv4Address]:
    """Yield the IPv4 addresses that packets to `address` may end at."""
    bits = int(address)
    low = IPv4Address(bits & 0xFFFFFFFF)
    if any(address in network for network in _LAST_32_BITS):
        yield low
    elif address in _SIX_TO_FOUR:
        yield IPv4Address(bits >> 80 & 0xFFFFFFFF)
    elif address in _TEREDO:
        yield IPv4Address(bits >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~bits & 0xFFFFFFFF)
    if (bits >> 32 & 0xFFFFFFFF) in _ISATAP:
        yield low


def parsed(text: str) -> Address | None:
    """Return the address that `text` spells in the standard form, or None when it is a name or a historic spelling."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
