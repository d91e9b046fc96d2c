"""One request out, one answer back, or the reason why not."""

import functools
import os
import ssl
import threading
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import httpcore2
import httpx2

from unisson.outbound.clock import Deadline
from unisson.outbound.failures import AnswerLost, AnswerTooLarge, Forbidden, NothingSent
from unisson.outbound.gate import WEB_PORTS, Gate, Resolve, system_addresses
from unisson.outbound.wire import Call, GuardedBackend, current_call

KEEPALIVE_SECONDS = 4.0
"""Less than the 5 s after which Node.js drops an idle connection: a reused one that dies leaves an unknown outcome."""
MAX_BYTES = 1_000_000
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: any status; header names in lower case; `body` decompressed; `url` where it came from."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    url: str = ""


@functools.lru_cache(maxsize=512)
def _url(text: str) -> httpcore2.URL:
    """Return `text` taken apart. Raises `Forbidden` for anything but a plain web address."""
    try:
        url = httpx2.URL(text)
    except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
        raise Forbidden("that is not a web address") from error
    if url.scheme not in {"http", "https"} or not url.host or url.userinfo:
        raise Forbidden("only plain http and https addresses are fetched")
    return httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


class Outbound:
    """A client for the whole process: share it between threads; after a fork the child opens its own connections.

    It takes no proxy from the environment, follows no redirect, repeats nothing.
    """

    def __init__(
        self,
        allow: Iterable[str] = (),
        *,
        resolve: Resolve = system_addresses,
        ports: Collection[int] = WEB_PORTS,
        only: Iterable[str] = (),
        max_connections: int = 100,
        agent: str = "Unisson",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._gate = Gate(allow, resolve, ports, only)
        self._max_connections = max_connections
        self._agent = agent
        self._tls = tls or httpx2.create_ssl_context(trust_env=False)
        self._lock = threading.Lock()
        self._pool: httpcore2.ConnectionPool | None = None
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        # The parent may hold this lock while it forks, and its connections must not be written to by two.
        self._lock = threading.Lock()
        self._pool = None

    def _connections(self) -> httpcore2.ConnectionPool:
        with self._lock:
            if self._pool is None:
                self._pool = httpcore2.ConnectionPool(
                    ssl_context=self._tls,
                    max_connections=self._max_connections,
                    keepalive_expiry=KEEPALIVE_SECONDS,
                    retries=0,
                    network_backend=GuardedBackend(self._gate),
                )
            return self._pool

    def close(self) -> None:
        """Close every idle connection; the next request opens new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def is_private_by_choice(self, url: str) -> bool:
        """Return whether the operator listed the host and port of `url`: plain http is then good enough."""
        origin = _url(url).origin
        return self._gate.lists(origin.host.decode(), origin.port)

    def look(self, url: str, *, deadline: Deadline) -> None:
        """Pass if `url` may be connected to now. Raises `Forbidden`, or `NothingSent` for a name without address."""
        origin = _url(url).origin
        self._gate.addresses(origin.host.decode(), origin.port, deadline)

    def request(
        self,
        method: str,
        url: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        max_bytes: int = MAX_BYTES,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        Raises `NothingSent` (also `Forbidden`) when no byte left, `AnswerLost` (also `AnswerTooLarge`) when one did.
        """
        call = Call(deadline)
        token = current_call.set(call)
        try:
            if deadline.left() <= 0:
                raise NothingSent("no time was left to begin")
            return self._exchange(self._request(method, url, headers or {}, content, deadline), url, max_bytes)
        except (httpcore2.TimeoutException, httpcore2.NetworkError, httpcore2.ProtocolError) as error:
            reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise (AnswerLost if call.sent else NothingSent)(reason) from error
        finally:
            current_call.reset(token)

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, deadline: Deadline
    ) -> httpcore2.Request:
        target = _url(url)
        named = {
            "Host": _host_line(target),
            "User-Agent": self._agent,
            "Accept-Encoding": "gzip",
            **headers,
        }
        if content or method in {"POST", "PUT", "PATCH"}:
            named["Content-Length"] = str(len(content))
        try:
            lines = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named.items()]
        except UnicodeError as error:
            raise NothingSent("a header holds a character that HTTP has no place for") from error
        return httpcore2.Request(
            method=method,
            url=target,
            headers=lines,
            content=content,
            extensions={"timeout": {"pool": deadline.left()}},
        )

    def _exchange(self, request: httpcore2.Request, url: str, max_bytes: int) -> Answer:
        response = self._connections().handle_request(request)
        try:
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            body = _unpacked(response.iter_stream(), headers.get("content-encoding", ""), max_bytes)
        finally:
            response.close()
        return Answer(response.status, headers, body, url)

    def page(self, url: str, *, deadline: Deadline, max_bytes: int = MAX_BYTES, hops: int = 3) -> Answer:
        """GET `url` and follow at most `hops` redirects; every hop passes the gate anew. Raises as `request`."""
        for _ in range(hops + 1):
            answer = self.request("GET", url, deadline=deadline, max_bytes=max_bytes)
            where = answer.headers.get("location")
            if answer.status not in REDIRECTS or not where:
                return answer
            url = self.joined(url, where)
        raise AnswerLost("too many redirects")

    @staticmethod
    def joined(url: str, where: str) -> str:
        """Return the address that `where`, found in the page at `url`, points to. Raises `Forbidden`."""
        try:
            return str(httpx2.URL(url).join(where))
        except (httpx2.InvalidURL, UnicodeError, ValueError) as error:
            raise Forbidden("the link is not a web address") from error


def _host_line(url: httpcore2.URL) -> str:
    host = url.host.decode("ascii")
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if url.port is None else f"{bracketed}:{url.port}"


def _unpacked(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """Return the body; never holds more than `max_bytes` and one chunk, however small the packed form is."""
    if encoding.lower() not in {"", "identity", "gzip", "x-gzip"}:
        raise AnswerLost(f"the answer is packed as {encoding}, which was not asked for")
    unpack = zlib.decompressobj(wbits=31) if encoding.lower().endswith("gzip") else None
    body = bytearray()
    for chunk in chunks:
        try:
            body += unpack.decompress(chunk, max_bytes + 1 - len(body)) if unpack else chunk
        except zlib.error as error:
            raise AnswerLost("the answer is not the gzip that it says it is") from error
        if len(body) > max_bytes:
            raise AnswerTooLarge(f"the answer is larger than {max_bytes} bytes")
    return bytes(body)
