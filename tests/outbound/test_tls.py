"""The address is pinned, the name is kept: for SNI, for the certificate and for Host."""

import ssl
from pathlib import Path

import pytest

from tests.standins.certificates import certificate_for
from tests.standins.wire import Call, HttpServer, Reply
from unisson.outbound import Deadline, NothingSent, Outbound


def test_the_name_is_kept_over_a_pinned_address(tmp_path: Path) -> None:
    certificate = certificate_for("pds.test", tmp_path)
    asked: list[str | None] = []

    def note(_socket: ssl.SSLObject, name: str | None, _context: ssl.SSLContext) -> None:
        asked.append(name)

    certificate.server.sni_callback = note  # type: ignore[assignment]  # its type wants the base class of what it gives

    def answer(call: Call) -> Reply:
        return Reply(200, call.headers["host"].encode())

    with HttpServer(answer, tls=certificate.server) as server:
        outbound = Outbound(["127.0.0.0/8"], resolve=lambda _host, _port: ["127.0.0.1"], tls=certificate.trusting())
        said = outbound.request("GET", f"https://pds.test:{server.port}/", deadline=Deadline.after(30))
        assert said.body == f"pds.test:{server.port}".encode()
        assert asked == ["pds.test"]


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_of_another_name_or_authority_stops_it_before_a_byte(trusted: bool, tmp_path: Path) -> None:
    certificate = certificate_for("other.test" if trusted else "pds.test", tmp_path)
    calls: list[Call] = []

    def answer(call: Call) -> Reply:
        calls.append(call)
        return Reply()

    with HttpServer(answer, tls=certificate.server) as server:
        tls = certificate.trusting() if trusted else None
        outbound = Outbound(["127.0.0.0/8"], resolve=lambda _host, _port: ["127.0.0.1"], tls=tls)
        with pytest.raises(NothingSent, match="CERTIFICATE_VERIFY_FAILED"):
            outbound.request("POST", f"https://pds.test:{server.port}/", deadline=Deadline.after(30), content=b"x")
        assert calls == []
