"""Ports of the loopback that nobody is given meanwhile."""

import os
import secrets
import socket
from contextlib import ExitStack, suppress

_PORTS = 3_000
_given: set[int] = set()


def free_port(together: int = 1) -> int:
    """Return a port to listen on, the first of so many `together`.

    They lie below those that the system gives out, are of this test process alone, and were never given before: one
    that the system picks is free again until a server binds it, a second later, and another process may get it then.
    """
    first = 20_000 + _PORTS * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        port = first + secrets.randbelow(_PORTS - together)
        wanted = range(port, port + together)
        if _given.intersection(wanted):
            continue
        with ExitStack() as probes, suppress(OSError):
            for each in wanted:
                probes.enter_context(socket.socket()).bind(("127.0.0.1", each))
            _given.update(wanted)
            return port
