"""Where one HTTP message ends and the next begins, as the very server of a deployment sees it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.ports import free_port

SERVED = """
def application(environ, start):
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Type", "text/plain")])
    return [("<" + environ["REQUEST_METHOD"] + " " + environ["PATH_INFO"] + " " + str(len(body)) + ">").encode()]
"""
STARTED = """
import sys
from granian import Granian
from granian.constants import Interfaces
Granian("served:application", interface=Interfaces.WSGI, address="127.0.0.1", port=int(sys.argv[1]), workers=1,
        blocking_threads=1, log_access=False, log_enabled=False, websockets=False).serve()
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A port where the web's server answers, started as `unisson.web_server` starts it."""
    folder: Path = tmp_path_factory.mktemp("served")
    (folder / "served.py").write_text(SERVED)
    found = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(found)], cwd=folder, env={**os.environ, "PYTHONPATH": str(folder)}
    )
    try:
        for _ in range(1_200):
            try:
                socket.create_connection(("127.0.0.1", found), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait(60)


def answers(port: int, sent: bytes) -> bytes:
    """Return all that comes back for these bytes until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        line.sendall(sent)
        told = b""
        try:
            while piece := line.recv(65_536):
                told += piece
                line.settimeout(0.5)
        except TimeoutError:
            pass
        return told


HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 37\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
        b"X: y\r\n z\r\n\r\n",
    ],
    ids=["both", "both, the other first", "two lengths", "no coding", "a space", "a sign", "endless", "folded"],
)
def test_no_request_hides_in_another_s_body(port: int, head: bytes) -> None:
    """Whoever stands in front may take what follows for a body: it is never a body here and a request there."""
    told = answers(port, b"POST /front HTTP/1.1\r\nHost: x\r\n" + head + HIDDEN)
    assert b"<GET /hidden" not in told
    assert told.startswith(b"HTTP/1.1 400 ") or b"<POST /front 0>" in told
    if b"Content-Length" in head and b"Transfer-Encoding" in head:
        assert b"connection: close" in told  # RFC 9112 §6.3: the coding counts, and nothing after it
