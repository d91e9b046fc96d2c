"""What comes back, and what failure says about what had left."""

import gzip
import os
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from tests.standins.wire import Call, HttpServer, Reply
from unisson.outbound import AnswerLost, AnswerTooLarge, Deadline, Forbidden, NothingSent, Outbound


@pytest.fixture
def raw() -> Iterator[Callable[[Callable[[socket.socket], None]], int]]:
    """Start a server that does with each connection what it is told, and return its port."""
    listeners: list[socket.socket] = []

    def start(converse: Callable[[socket.socket], None]) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_quietly, args=(converse, connection), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _quietly(converse: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        with connection:
            converse(connection)
    except OSError:
        pass


def _outbound(port: int, **more: object) -> Outbound:
    return Outbound(allow=["127.0.0.0/8"], **more)  # type: ignore[arg-type]  # forwarded as given


def test_it_answers() -> None:
    def answer(call: Call) -> Reply:
        assert call.headers["accept-encoding"] == "gzip"
        return Reply(201, call.method.encode() + call.body, headers={"X-Seen": call.headers["host"]})

    with HttpServer(answer) as server:
        outbound = Outbound(allow=[server.place])
        said = outbound.request("POST", f"{server.url}/a?b=c", deadline=Deadline.after(30), content=b"!")
        assert (said.status, said.body, said.headers["x-seen"]) == (201, b"POST!", server.place)
        outbound.request("GET", server.url, deadline=Deadline.after(30))
        assert server.connections == 1


def test_a_rebound_name_is_connected_where_it_was_checked(raw: Callable[..., int]) -> None:
    """The second look-up, which nobody makes, would lead inside."""
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.9"] if len(looked_up) == 1 else ["127.0.0.1"]

    with HttpServer(lambda _call: Reply()) as server:
        outbound = Outbound(allow=["127.0.0.9/32"], resolve=resolve)
        # The server listens on 127.0.0.1 alone: reaching it would prove a second look-up.
        with pytest.raises(NothingSent):
            outbound.request("GET", f"http://flips.example:{server.port}/", deadline=Deadline.after(30))
        assert looked_up == ["flips.example"]
        with pytest.raises(Forbidden):
            outbound.request("GET", f"http://flips.example:{server.port}/", deadline=Deadline.after(30))
        assert server.connections == 0


@pytest.mark.parametrize(
    "where", ["http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://10.0.0.1/", "ftp://example.org/"]
)
def test_redirects_inside_are_not_followed(where: str) -> None:
    with HttpServer(lambda _call: Reply(302, headers={"Location": where})) as server:
        outbound = Outbound(allow=[server.place])
        assert outbound.request("GET", server.url, deadline=Deadline.after(30)).status == 302
        with pytest.raises(Forbidden):
            outbound.page(server.url, deadline=Deadline.after(30))


def test_redirects_end() -> None:
    with HttpServer(lambda _call: Reply(302, headers={"Location": "/again"})) as server:
        with pytest.raises(AnswerLost, match="too many"):
            Outbound(allow=[server.place]).page(server.url, deadline=Deadline.after(30), hops=2)
        assert server.connections == 1


def test_a_proxy_of_the_environment_is_not_asked() -> None:
    with HttpServer(lambda _call: Reply(500)) as proxy, HttpServer(lambda _call: Reply()) as server:
        before = {name: os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY")}
        os.environ.update(dict.fromkeys(before, proxy.url))
        try:
            said = Outbound(allow=[server.place]).request("GET", server.url, deadline=Deadline.after(30))
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        assert (said.status, proxy.connections) == (200, 0)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_a_dripping_server_costs_no_more_than_the_deadline(drip: bytes, raw: Callable[..., int]) -> None:
    def converse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(drip)
        for _ in range(1_500):
            connection.sendall(b"a")
            time.sleep(0.02)

    port = raw(converse)
    started = time.monotonic()
    with pytest.raises(AnswerLost):
        _outbound(port).request("GET", f"http://127.0.0.1:{port}/", deadline=Deadline.after(0.5))
    assert time.monotonic() - started < 15  # half of what the server takes


def test_a_server_that_does_not_read_costs_no_more_than_the_deadline(raw: Callable[..., int]) -> None:
    def converse(connection: socket.socket) -> None:
        for _ in range(1_500):
            connection.recv(10)
            time.sleep(0.02)

    port = raw(converse)
    started = time.monotonic()
    with pytest.raises(AnswerLost):
        _outbound(port).request(
            "POST", f"http://127.0.0.1:{port}/", deadline=Deadline.after(0.5), content=b"x" * 30_000_000
        )
    assert time.monotonic() - started < 15


def test_a_slow_resolver_costs_no_more_than_the_deadline() -> None:
    over = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        over.wait(30)
        return ["93.184.216.34"]

    started = time.monotonic()
    with pytest.raises(NothingSent, match="in time"):
        Outbound(resolve=resolve).request("GET", "http://slow.example/", deadline=Deadline.after(0.3))
    assert time.monotonic() - started < 15
    over.set()


def test_a_gzip_bomb_is_dropped_at_the_limit() -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(1_000_000)
    bomb = b"".join(packer.compress(zeros) for _ in range(500)) + packer.flush()
    with HttpServer(lambda _call: Reply(200, bomb, headers={"Content-Encoding": "gzip"})) as server:
        outbound = Outbound(allow=[server.place])
        with pytest.raises(AnswerTooLarge):
            outbound.request("GET", server.url, deadline=Deadline.after(30), max_bytes=1_000_000)


def test_packed_and_plain_bodies_at_the_limit_pass() -> None:
    body = os.urandom(50_000)
    for packed in (False, True):
        sent = gzip.compress(body) if packed else body
        headers = {"Content-Encoding": "gzip"} if packed else {}
        with HttpServer(lambda _call, sent=sent, headers=headers: Reply(200, sent, headers=headers)) as server:
            outbound = Outbound(allow=[server.place])
            said = outbound.request("GET", server.url, deadline=Deadline.after(30), max_bytes=50_000)
            assert said.body == body
            with pytest.raises(AnswerTooLarge):
                outbound.request("GET", server.url, deadline=Deadline.after(30), max_bytes=49_999)


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
def test_packing_that_was_not_asked_for_is_no_answer(encoding: str) -> None:
    with HttpServer(lambda _call: Reply(200, b"??", headers={"Content-Encoding": encoding})) as server:
        outbound = Outbound(allow=[server.place])
        with pytest.raises(AnswerLost):
            outbound.request("GET", server.url, deadline=Deadline.after(30))


def test_nothing_listening_means_nothing_sent() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    with pytest.raises(NothingSent):
        _outbound(port).request("POST", f"http://127.0.0.1:{port}/", deadline=Deadline.after(30), content=b"x")


def test_a_failed_handshake_means_nothing_sent() -> None:
    with HttpServer(lambda _call: Reply()) as server, pytest.raises(NothingSent):
        Outbound(allow=[server.place]).request(
            "POST", f"https://127.0.0.1:{server.port}/", deadline=Deadline.after(1), content=b"x"
        )


def test_an_unknown_name_means_nothing_sent() -> None:
    def resolve(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(NothingSent, match="not known"):
        Outbound(resolve=resolve).request("GET", "http://nowhere.example/", deadline=Deadline.after(30))


def test_a_full_pool_means_nothing_sent() -> None:
    asked, release = threading.Event(), threading.Event()

    def answer(_call: Call) -> Reply:
        asked.set()
        release.wait(60)
        return Reply()

    with HttpServer(answer) as server:
        outbound = Outbound(allow=[server.place], max_connections=1)
        first = threading.Thread(
            target=outbound.request, args=("GET", server.url), kwargs={"deadline": Deadline.after(60)}
        )
        first.start()
        assert asked.wait(60)
        with pytest.raises(NothingSent):
            outbound.request("POST", server.url, deadline=Deadline.after(0.3), content=b"x")
        release.set()
        first.join()


@pytest.mark.parametrize("bytes_read", [0, 10, 100_000])
def test_a_connection_cut_after_a_byte_means_unknown(bytes_read: int, raw: Callable[..., int]) -> None:
    def converse(connection: socket.socket) -> None:
        if bytes_read:
            connection.recv(bytes_read)

    port = raw(converse)
    with pytest.raises(AnswerLost):
        _outbound(port).request("POST", f"http://127.0.0.1:{port}/", deadline=Deadline.after(30), content=b"x" * 1000)


def test_nothing_is_sent_twice(raw: Callable[..., int]) -> None:
    seen: list[bytes] = []

    def converse(connection: socket.socket) -> None:
        seen.append(connection.recv(4096))

    port = raw(converse)
    for expected in (1, 2, 3):
        with pytest.raises(AnswerLost):
            _outbound(port).request("POST", f"http://127.0.0.1:{port}/", deadline=Deadline.after(30), content=b"x")
        assert len(seen) == expected


def test_no_time_left_means_nothing_sent() -> None:
    with pytest.raises(NothingSent):
        Outbound().request("GET", "https://example.org/", deadline=Deadline.after(-1))


def test_a_header_cannot_smuggle_a_line() -> None:
    with HttpServer(lambda _call: Reply()) as server, pytest.raises(NothingSent):
        Outbound(allow=[server.place]).request(
            "GET", server.url, deadline=Deadline.after(30), headers={"X-A": "b\r\nX-C: d"}
        )


def test_threads_share_it() -> None:
    with HttpServer(lambda call: Reply(200, call.target.encode())) as server:
        outbound = Outbound(allow=[server.place])
        wrong: list[str] = []

        def work(number: int) -> None:
            for turn in range(50):
                path = f"/{number}/{turn}"
                if outbound.request("GET", server.url + path, deadline=Deadline.after(30)).body != path.encode():
                    wrong.append(path)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert server.connections <= 8


def test_a_child_opens_its_own_connections() -> None:
    with HttpServer(lambda _call: Reply()) as server:
        outbound = Outbound(allow=[server.place])
        outbound.request("GET", server.url, deadline=Deadline.after(30))
        child = os.fork()
        if child == 0:
            said = outbound.request("GET", server.url, deadline=Deadline.after(30))
            os._exit(0 if said.status == 200 else 1)
        _, status = os.waitpid(child, 0)
        outbound.request("GET", server.url, deadline=Deadline.after(30))
        assert (status, server.connections) == (0, 2)
