"""The sockets under a request: each wait is bounded by the deadline of the whole, and the first byte is noted."""

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import httpcore2

from unisson.outbound.clock import Deadline
from unisson.outbound.failures import NothingSent
from unisson.outbound.gate import Gate


@dataclass(slots=True)
class Call:
    """One request on its way: until when, and whether a byte of it has left."""

    deadline: Deadline
    sent: bool = False


current_call: ContextVar[Call] = ContextVar("current_call")


def _seconds_left(late: type[httpcore2.TimeoutException]) -> float:
    left = current_call.get().deadline.left()
    if left <= 0:
        raise late("the deadline of the whole request has passed")
    return left


@contextmanager
def _named(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    """Turn the errors of a socket into those that the connection pool expects."""
    try:
        yield
    except TimeoutError as error:
        raise late(str(error)) from error
    except OSError as error:
        raise broken(str(error)) from error


class BoundedStream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline of the request being served, so that dripping is no use."""

    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner
        self._socket: socket.socket = inner.get_extra_info("socket")

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - the deadline rules
        """Return at most `max_bytes`."""
        with _named(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._socket.settimeout(_seconds_left(httpcore2.ReadTimeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - the deadline rules
        """Send all of `buffer`, noting first that a byte may leave."""
        view = memoryview(buffer)
        while view:
            left = _seconds_left(httpcore2.WriteTimeout)
            current_call.get().sent = True
            with _named(httpcore2.WriteTimeout, httpcore2.WriteError):
                self._socket.settimeout(left)
                view = view[self._socket.send(view) :]

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the deadline rules
    ) -> httpcore2.NetworkStream:
        """Return the encrypted connection; Python bounds a whole handshake by one timeout."""
        left = _seconds_left(httpcore2.ConnectTimeout)
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> object:
        """Return what the connection underneath says."""
        return self._inner.get_extra_info(info)


class GuardedBackend(httpcore2.SyncBackend):
    """Connects to checked addresses only. The pool keeps the name for SNI, the certificate and `Host`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline rules
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Return a connection to the first of the checked addresses of `host` that accepts one."""
        addresses = self._gate.addresses(host, port, current_call.get().deadline)
        failure: Exception = NothingSent(f"{host} has no address")
        for tried, address in enumerate(addresses):
            share = _seconds_left(httpcore2.ConnectTimeout) / (len(addresses) - tried)
            try:
                return BoundedStream(super().connect_tcp(address, port, share, local_address, socket_options))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002 - never connected
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002 - never connected
    ) -> httpcore2.NetworkStream:
        """Raise: a path on this machine is never outside."""
        raise NothingSent(f"{path} is not outside")
