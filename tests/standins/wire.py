"""A small and quick HTTP/1.1 server: a thread a connection, nothing but what JSON calls and tests need."""

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `target` with its query, header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered. `cut` closes the connection with a reset instead of answering."""

    status: int = 200
    body: bytes = b""
    mime: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


class HttpServer:
    """Serves `answer` on loopback until closed. `port` 0 picks a free one."""

    def __init__(self, answer: Callable[[Call], Reply], port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._listener.getsockname()[1]
        self.connections = 0
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, name="stand-in", daemon=True).start()

    @property
    def url(self) -> str:
        """Return the address to call."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> str:
        """Return host:port, as an allow-list names it."""
        return f"127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and drop every connection."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.add(connection)
            threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._tls is not None:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                return
        with contextlib.suppress(OSError), connection:
            rest = b""
            while True:
                call, rest = _read(connection, rest)
                if call is None:
                    break
                reply = self._answer(call)
                if reply.cut:
                    cut(connection)
                    break
                connection.sendall(written(reply))
        self._open.discard(connection)


def cut(connection: socket.socket) -> None:
    """Close with a reset: the other side sees no orderly end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def written(reply: Reply) -> bytes:
    """Return the bytes of `reply`."""
    head = [f"HTTP/1.1 {reply.status} {REASONS.get(reply.status, 'Said')}", f"Content-Length: {len(reply.body)}"]
    head.append(f"Content-Type: {reply.mime}")
    head.extend(f"{name}: {value}" for name, value in reply.headers.items())
    return "\r\n".join([*head, "", ""]).encode() + reply.body


def _read(connection: socket.socket, rest: bytes) -> tuple[Call | None, bytes]:
    while b"\r\n\r\n" not in rest:
        more = connection.recv(65536)
        if not more:
            return None, b""
        rest += more
    head, _, rest = rest.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    while len(rest) < length:
        more = connection.recv(1 << 20)
        if not more:
            return None, b""
        rest += more
    method, target, _ = first.split(" ", 2)
    return Call(method, target, headers, rest[:length]), rest[length:]
