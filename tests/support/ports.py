"""Ports of the loopback that nobody is given meanwhile."""

import os
import secrets
import socket
from contextlib import suppress

_PORTS = 3_000
_given: set[int] = set()


def free_port() -> int:
    """Return a port to listen on: below those that the system gives out, of this test process alone, never given before.

    One that the system picks is free again until a server binds it, a second later: another process may get it then.
    """
    first = 20_000 + _PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = first + secrets.randbelow(_PORTS)
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            _given.add(port)
            return port
