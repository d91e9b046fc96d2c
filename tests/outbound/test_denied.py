"""No spelling of an inside address opens a connection."""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from unisson.outbound import AnswerLost, Deadline, Forbidden, NothingSent, Outbound
from unisson.outbound.gate import Gate
from unisson.resources import CHECKOUT

FORBIDDEN_HOSTS = (
    # loopback, in every spelling that some resolver takes
    "127.0.0.1", "127.0.0.2", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "017700000001", "0177.0x0.1", "127.255.255.254", "localhost", "localhost.", "LOCALHOST", "[::1]",
    "[0:0:0:0:0:0:0:1]", "[0000::0001]",
    # this host
    "0", "0.0.0.0", "0.1.2.3", "[::]", "[::0]",  # noqa: S104 - to be refused, not bound to
    # IPv4 wrapped in IPv6
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]", "[::127.0.0.1]",
    "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]", "[2002:c0a8:0101::]", "[2001:0:7f00:1::]", "[2001:0:808:808::80ff:fffe]",
    "[2001:0:7f00:1:0:0:f7f7:f7f7]", "[::ffff:169.254.169.254]", "[2a00:1450::5efe:127.0.0.1]",
    "[fe80::5efe:10.0.0.1]", "[2a00:1450::200:5efe:10.0.0.1]",
    # private, shared, link-local, metadata
    "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.1.254", "100.64.0.1",
    "100.100.100.200", "169.254.169.254", "169.254.0.1", "2852039166", "0xa9fea9fe", "168.63.129.16", "192.0.0.1",
    "192.0.0.192", "[fe80::1]", "[fe80::1%25lo]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]", "[fd12:3456::1]",
    # documentation, benchmarks, multicast, reserved
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255", "[2001:db8::1]", "[3fff::1]", "[2001:20::1]", "[100::1]", "[ff02::1]", "[5f00::1]",
    "[4000::1]",
)  # fmt: skip


class Spy:
    """A listener that counts who connects, on IPv4 and, where the machine has it, on IPv6."""

    def __init__(self) -> None:
        self.listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port: int = self.listeners[0].getsockname()[1]
        if socket.has_dualstack_ipv6():
            self.listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for listener in self.listeners:
            listener.setblocking(False)

    def connects(self) -> int:
        count = 0
        for listener in self.listeners:
            while True:
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    break
                count += 1
        return count


@pytest.fixture
def spy() -> Iterator[Spy]:
    watching = Spy()
    yield watching
    for listener in watching.listeners:
        listener.close()


def test_there_are_enough_forms() -> None:
    assert len(set(FORBIDDEN_HOSTS)) >= 60


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS)
def test_inside_addresses_get_no_connection(host: str, spy: Spy) -> None:
    # The spy's port counts as a web port here, so that only the address can be what refuses.
    outbound = Outbound(ports={spy.port})
    with pytest.raises(NothingSent) as refusal:
        outbound.request("GET", f"http://{host}:{spy.port}/", deadline=Deadline.after(2))
    assert isinstance(refusal.value, Forbidden) or "is not known" in str(refusal.value)
    assert spy.connects() == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433"])
def test_without_the_table_the_spy_would_see_them(host: str, spy: Spy) -> None:
    """What the matrix above proves: the same spellings do connect once the operator lists them."""
    outbound = Outbound(allow=["127.0.0.0/8", "::1/128"])
    with pytest.raises(AnswerLost):
        outbound.request("GET", f"http://{host}:{spy.port}/", deadline=Deadline.after(0.2))
    assert spy.connects() == 1


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "file:///etc/passwd",
        "http://me:pw@example.org/",
        "gopher://x/",
        "http:///x",
        "//example.org",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
def test_only_plain_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(Forbidden):
        Outbound().request("GET", url, deadline=Deadline.after(1))


@pytest.mark.parametrize("port", [22, 25, 6379, 8080])
def test_other_ports_are_refused_on_public_addresses(port: int) -> None:
    outbound = Outbound(resolve=lambda _host, _port: ["93.184.216.34"])
    with pytest.raises(Forbidden, match="not a web port"):
        outbound.request("GET", f"http://example.org:{port}/", deadline=Deadline.after(1))


@pytest.mark.parametrize("answers", [["93.184.216.34", "127.0.0.1"], ["2606:4700::1", "::1"], ["127.0.0.1"]])
def test_one_inside_address_refuses_the_whole_name(answers: list[str]) -> None:
    outbound = Outbound(resolve=lambda _host, _port: answers)
    with pytest.raises(Forbidden, match="not public"):
        outbound.request("GET", "http://two-faced.example/", deadline=Deadline.after(1))


@pytest.mark.parametrize(
    ("host", "is_called"),
    [
        ("bsky.social", True),
        ("BSKY.social.", True),
        ("pds.example.org", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("evilexample.org", False),
        ("bsky.social.evil.test", False),
        ("93.184.216.34", False),
        ("relay.inside", True),
    ],
)
def test_where_an_operator_lists_hosts_no_other_is_looked_up_or_called(host: str, is_called: bool) -> None:
    asked: list[str] = []

    def resolve(name: str, _port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"]

    gate = Gate(["relay.inside:443"], resolve, only=("bsky.social", "*.example.org"))
    with (
        pytest.raises(Forbidden, match=r"not public" if is_called else r"not among")
        if host != "relay.inside"
        else (contextlib.nullcontext())
    ):
        gate.addresses(host, 443, Deadline.after(1))
    assert bool(asked) is is_called


def test_every_way_out_that_an_agency_s_people_lead_keeps_to_the_list() -> None:
    for file in (CHECKOUT / "platform").rglob("*.py"):
        for line in file.read_text().splitlines():
            if "Outbound(" in line and "outbound_allow" in line and "stand_in" not in line:
                assert "only=" in line, f"{file}: {line.strip()}"


@pytest.mark.parametrize("entry", ["127.0.0.1", "localhost:", ":80", "10.0.0.0/99", "host:port"])
def test_an_allow_list_that_says_nothing_clear_is_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outbound(allow=[entry])
