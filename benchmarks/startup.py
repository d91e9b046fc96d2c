"""How long `unisson up` takes on a machine where it has run before, demonstration included, and how long to stop."""

import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from benchmarks.frame import ROOT, Cluster, Result

STARTS = 4
PATIENCE = 180.0


def measure(_cluster: Cluster) -> list[Result]:
    """Return the seconds of the first start, of the later ones (their median), and of a stop."""
    folder = Path(tempfile.mkdtemp(prefix="unisson-bench-up-"))
    folder.chmod(0o755)
    try:
        (first, _), *later = (_cycle(folder) for _number in range(STARTS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    starts, stops = ([pair[which] for pair in later] for which in (0, 1))
    return [
        Result("startup: first, the demonstration is built", first, "s"),
        Result(
            "startup: again", statistics.median(starts), "s", 10.0,
            f"{min(starts):.1f} to {max(starts):.1f} s until /health answers",
        ),
        Result("startup: stop", statistics.median(stops), "s", note=f"at most {max(stops):.1f} s"),
    ]  # fmt: skip


def _cycle(folder: Path) -> tuple[float, float]:
    """Start, wait for /health, stop; return the seconds of both."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    mine = {"DATA_DIR": str(folder), "PORT": str(port), "ENVIRONMENT": "development", "LOG_LEVEL": "WARNING"}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "unisson.cli", "up"], cwd=ROOT, env=_environment(mine), stdout=subprocess.DEVNULL
    )
    try:
        while not _is_well(port):
            if process.poll() is not None or time.monotonic() - began > PATIENCE:
                raise RuntimeError("`unisson up` does not come to answer")
            time.sleep(0.05)
        started = time.monotonic() - began
        began = time.monotonic()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    return started, time.monotonic() - began


def _environment(mine: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what would point to other servers than the embedded ones."""
    elsewhere = {"DATABASE_URL", "VALKEY_URL", "STORAGE_URL", "SECRET_KEY", "BASE_URL"}
    return {name: value for name, value in os.environ.items() if name not in elsewhere} | dict(mine)


def _is_well(port: int) -> bool:
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    return False
