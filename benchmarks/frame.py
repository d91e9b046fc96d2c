"""What every measurement stands on: servers of its own, a web process, CPU time per request, and one table."""

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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from unisson import embedded
from unisson.config import Settings
from unisson.database import migrate

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 7
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `aim` is the most that `value` may be; None where it only informs."""

    name: str
    value: float
    unit: str = ""
    aim: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the aim is reached."""
        return self.aim is None or self.value <= self.aim


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL and a Valkey of this run alone. `admin` is a superuser's URL, which sees past row security."""

    folder: Path
    servers: embedded.Servers

    def settings(self, database: str = "unisson") -> Settings:
        """Return the settings of a product on `database`, which is created and migrated if need be."""
        url = embedded.ensure_database(self.servers.postgres.url("postgres"), database)
        made = Settings.from_environ(environ(self, url))
        migrate(made)
        return made

    def admin(self, database: str = "unisson") -> psycopg.Connection[tuple[object, ...]]:
        """Return a superuser's connection, each statement for itself."""
        return psycopg.connect(self.servers.postgres.url(database), autocommit=True)


def environ(cluster: Cluster, database_url: str) -> dict[str, str]:
    """Return the environment of the product on `database_url`."""
    return {
        "ENVIRONMENT": "test",
        "SECRET_KEY": "only-for-measurements-" + "0" * 32,
        "DATABASE_URL": database_url,
        "VALKEY_URL": cluster.servers.valkey,
        "DATA_DIR": str(cluster.folder),
        "BASE_URL": "http://localhost",
        "LOG_LEVEL": "WARNING",
    }


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Run both servers in a temporary folder for the length of a block."""
    folder = Path(tempfile.mkdtemp(prefix="unisson-bench-"))
    folder.chmod(0o755)
    try:
        with embedded.servers(folder) as servers:
            yield Cluster(folder, servers)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Web:
    """One web server under measurement: granian, one worker of four threads, one kept connection to it."""

    port: int
    process: subprocess.Popen[bytes]
    _kept: http.client.HTTPConnection | None = field(default=None, repr=False)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes, Mapping[str, str]]:
        """Return status, body and headers of one answer."""
        told = dict(headers or {}) | {"Host": "localhost"}
        for is_again in (False, True):
            if self._kept is None:
                self._kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                self._kept.request("GET", path, headers=told)
                answer = self._kept.getresponse()
                return answer.status, answer.read(), dict(answer.getheaders())
            except (http.client.RemoteDisconnected, ConnectionError):
                # While others were measured, the server closed what had been idle for long.
                self._kept.close()
                self._kept = None
                if is_again:
                    raise
        raise AssertionError("never reached")

    def processes(self) -> list[int]:
        """Return the ids of the server's processes, workers included."""
        mine = [self.process.pid]
        for pid in mine:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                mine.extend(int(child) for child in task.read_text().split())
        return mine


@contextmanager
def web(factory: str, environment: Mapping[str, str], *, interface: str = "wsgi") -> Iterator[Web]:
    """Serve `module:factory` under the product's own server for the length of a block."""
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", interface, "--factory", "--workers", "1",
        *(("--blocking-threads", "4") if interface == "wsgi" else ()),
        "--no-ws", "--no-access-log", "--log-level", "warning",
        "--host", "127.0.0.1", "--port", str(port), factory,
    ]  # fmt: skip
    with _running(command, environment, port) as server:
        yield server


@contextmanager
def deployed(environment: Mapping[str, str]) -> Iterator[Web]:
    """Serve the pages as a deployment does, with its two processes, for the length of a block."""
    port = _free_port()
    command = [sys.executable, "-m", "unisson.cli", "web"]
    with _running(command, {**environment, "PORT": str(port)}, port) as server:
        yield server


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[Web]:
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, start_new_session=True)
    try:
        _wait(port, process)
        yield Web(port, process)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("the web server under measurement does not start")


def get(server: Web, path: str, headers: dict[str, str] | None = None) -> Callable[[], bytes]:
    """Return what asks for a page of the server, and wants it to be there."""

    def ask() -> bytes:
        status, body, _headers = server.get(path, headers)
        assert status == 200, (status, body[:300])
        return body

    return ask


@dataclass(frozen=True, slots=True)
class Cost:
    """What one request costs: CPU milliseconds in the web server and in PostgreSQL's backends, wall milliseconds."""

    web: float
    postgres: float
    wall: float

    @property
    def cpu(self) -> float:
        """Return the CPU time of both, in milliseconds."""
        return self.web + self.postgres


@dataclass(slots=True)
class Runner:
    """One thing to measure: `ask` makes one request to `server`; costs are gathered round by round."""

    name: str
    server: Web
    ask: Callable[[], object]
    requests: int
    costs: list[Cost] = field(default_factory=list)

    def round(self, admin: psycopg.Connection[tuple[object, ...]]) -> None:
        """Ask `requests` times and keep what one request cost."""
        web_before, database_before = self._web_time(), backend_time(admin)
        walls = []
        for _number in range(self.requests):
            began = time.perf_counter()
            self.ask()
            walls.append(time.perf_counter() - began)
        web_spent, database_spent = self._web_time() - web_before, backend_time(admin) - database_before
        self.costs.append(
            Cost(web_spent / self.requests, database_spent / self.requests, statistics.median(walls) * 1000)
        )

    def median(self) -> Cost:
        """Return the median of the rounds, each figure for itself."""
        return Cost(
            statistics.median(cost.web for cost in self.costs),
            statistics.median(cost.postgres for cost in self.costs),
            statistics.median(cost.wall for cost in self.costs),
        )

    def _web_time(self) -> float:
        return sum(cpu_time(pid) for pid in self.server.processes())


def interleave(
    runners: Sequence[Runner], admin: psycopg.Connection[tuple[object, ...]], *, rounds: int = ROUNDS
) -> dict[str, Cost]:
    """Return each runner's median cost of `rounds` rounds, run in turn so that a busy moment strikes all alike."""
    for runner in runners:
        for _number in range(max(3, runner.requests // 4)):
            runner.ask()
    for number in range(rounds):
        for runner in runners if number % 2 == 0 else reversed(runners):
            runner.round(admin)
    return {runner.name: runner.median() for runner in runners}


def said(cost: Cost) -> str:
    """Return how a cost divides, in words."""
    return f"{cost.web:.2f} ms web + {cost.postgres:.2f} ms PostgreSQL"


def ratio(above: Runner, below: Runner) -> float:
    """Return the median over the rounds of what one costs in CPU against the other in the same round."""
    return statistics.median(a.cpu / b.cpu for a, b in zip(above.costs, below.costs, strict=True))


def cpu_time(pid: int) -> float:
    """Return the CPU milliseconds that a process's living threads have had (`/proc/…/schedstat`, nanoseconds)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with suppress(OSError):
            total += int(task.read_text().split()[0])
    return total / 1e6


def backend_time(admin: psycopg.Connection[tuple[object, ...]]) -> float:
    """Return the CPU milliseconds of all of PostgreSQL's client backends but the asking one."""
    rows = admin.execute(
        "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
    ).fetchall()
    return sum(cpu_time(int(str(row[0]))) for row in rows)


def resident(pid: int) -> float:
    """Return the proportional set size of a process in MiB (`/proc/…/smaps_rollup`)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("the kernel does not tell the proportional set size")


def print_table(results: Sequence[Result]) -> None:
    """Print one line a result, with its aim and whether it is met."""
    width = max(len(result.name) for result in results)
    for result in results:
        aim = "" if result.aim is None else f"aim ≤ {result.aim:g} {'met' if result.is_met else 'MISSED'}"
        print(f"{result.name:<{width}}  {result.value:>9.2f} {result.unit:<5} {aim:<18} {result.note}".rstrip())
