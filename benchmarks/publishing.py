"""Five hundred deliveries due at one instant, by the real processes, beside a bare pooled client and the same server.

When something left is read from the server's own file, against the due instant by the database's clock.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil
import psycopg

from benchmarks.frame import ROOT, Cluster, Result, environ, resident
from tests.standins.pds import PASSWORD
from tests.support.campaign import approve_many, connect_bluesky
from tests.support.world import World, build_world
from unisson.config import Settings
from unisson.runtime import Runtime, web_runtime

DATABASE = "publishing"
HANDLE = "bench.test"
DELIVERIES = 500
ROUNDS = 5
WORKERS = 2
AHEAD = 12.0
"""Seconds between the approval and the due instant: what is planned meanwhile is not what is measured."""
PATIENCE = 60.0

_WAITING = (
    "select count(*) from app.dispatch where kind = 'publication'",
    "select count(*) from app.dispatch where queue = 'publishing'",
)


@dataclass(frozen=True, slots=True)
class Burst:
    """One round. Seconds after the instant for the first and the last; CPU milliseconds a delivery."""

    first: float
    last: float
    workers: float = 0.0
    postgres: float = 0.0

    @property
    def rate(self) -> float:
        """Return deliveries a second, from the instant to the last."""
        return DELIVERIES / self.last


class Stage:
    """The product's processes and the stand-in, on one database."""

    def __init__(self, cluster: Cluster, runtime: Runtime, admin: psycopg.Connection[tuple[object, ...]]) -> None:
        self.cluster, self.runtime, self.admin = cluster, runtime, admin
        self.effects = cluster.folder / "effects.jsonl"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.port = self._stand_in()
        self.environment = {
            **environ(cluster, runtime.settings.database_url),
            "OUTBOUND_ALLOW": f"127.0.0.1:{self.port}",
        }
        self.world: World = build_world(runtime)
        self.channel_id: uuid.UUID = connect_bluesky(runtime, self.world, self.url, HANDLE, PASSWORD)

    @property
    def url(self) -> str:
        """Return the stand-in's address."""
        return f"http://127.0.0.1:{self.port}"

    def spawn(self, *words: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a module of this checkout."""
        made = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE
        )
        self.processes.append(made)
        return made

    def _stand_in(self) -> int:
        return int(_line(self.spawn("tests.standins.pds", "--effects", str(self.effects))).split()[1])

    def close(self) -> None:
        """End every process, orderly."""
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()

    def times(self) -> list[float]:
        """Return when each effect so far took place."""
        lines = self.effects.read_bytes().splitlines()
        return sorted(float(json.loads(line)["at"]) for line in lines)

    def count(self, question: str) -> int:
        """Return the one number that `question` asks the database for."""
        row = self.admin.execute(question).fetchone()
        return int(str(row[0])) if row else 0


def measure(cluster: Cluster) -> list[Result]:
    """Return how late the first and the last of a burst leave, at what cost, against the floor of the same run."""
    settings = cluster.settings(DATABASE)
    with _stage(cluster, settings) as stage:
        workers = [
            stage.spawn("unisson.cli", "worker", "publishing", environment=stage.environment) for _ in range(WORKERS)
        ]
        dispatcher = stage.spawn("unisson.cli", "dispatcher", environment=stage.environment)
        until(lambda: stage.runtime.valkey.scard("rq:workers") == WORKERS, "the workers do not start")
        _burst(stage, workers)
        bursts, floors, ratios = [], [], []
        for _number in range(ROUNDS):
            bursts.append(_burst(stage, workers))
            floors.append(_floor(stage, settings.publish_threads))
            ratios.append(bursts[-1].last / floors[-1].last)
        sizes = [_weights(process.pid) for process in (*workers, dispatcher)]
    return [*_lines(bursts, floors, ratios), *_sizes(sizes)]


@contextmanager
def _stage(cluster: Cluster, settings: Settings) -> Iterator[Stage]:
    runtime = web_runtime(settings)
    with cluster.admin(DATABASE) as admin:
        stage = Stage(cluster, runtime, admin)
        try:
            yield stage
        finally:
            stage.close()
            runtime.database.engine.dispose()


def _burst(stage: Stage, workers: Sequence[subprocess.Popen[bytes]]) -> Burst:
    before = len(stage.times()) if stage.effects.exists() else 0
    approved = approve_many(stage.runtime, stage.world, [stage.channel_id], DELIVERIES, due_in=AHEAD)
    until(lambda: stage.count(_WAITING[0]) == DELIVERIES, "the contents are not planned")
    due = approved[0].due_at.timestamp()
    time.sleep(max(0.0, due - 1.0 - time.time()))
    postgres = stage.cluster.servers.postgres.pid()
    assert postgres is not None
    spent = [_tree_time(process.pid) for process in workers], _tree_time(postgres)
    until(lambda: stage.count(_WAITING[1]) == 0, "the burst does not end")
    cost = sum(_tree_time(process.pid) for process in workers) - sum(spent[0]), _tree_time(postgres) - spent[1]
    times = stage.times()[before:]
    assert len(times) == DELIVERIES, f"{len(times)} effects of {DELIVERIES} deliveries"
    return Burst(times[0] - due, times[-1] - due, *(1000 * seconds / DELIVERIES for seconds in cost))


def _floor(stage: Stage, threads: int) -> Burst:
    before = len(stage.times())
    clients = [
        stage.spawn("benchmarks.bare_client", stage.url, HANDLE, str(threads), str(DELIVERIES // WORKERS))
        for _number in range(WORKERS)
    ]
    for client in clients:
        _line(client)
    start = time.time()
    for client in clients:
        client.send_signal(signal.SIGUSR1)
    for client in clients:
        client.wait(PATIENCE)
        stage.processes.remove(client)
    times = stage.times()[before:]
    assert len(times) == DELIVERIES, f"{len(times)} effects of {DELIVERIES} bare requests"
    return Burst(times[0] - start, times[-1] - start)


def _lines(bursts: Sequence[Burst], floors: Sequence[Burst], ratios: Sequence[float]) -> list[Result]:
    last = [burst.last for burst in bursts]
    workers, postgres = (
        statistics.median(getattr(burst, part) for burst in bursts) for part in ("workers", "postgres")
    )
    rate, bare = (statistics.median(burst.rate for burst in each) for each in (bursts, floors))
    spread = f"{min(last):.2f} to {max(last):.2f} s in {len(last)} rounds"
    first = statistics.median(burst.first for burst in bursts)
    return [
        Result(f"publishing: {DELIVERIES} due at once, first out", first, "s", 0.5),
        Result(f"publishing: {DELIVERIES} due at once, all out", statistics.median(last), "s", 2.0, spread),
        Result("publishing: deliveries a second", rate, "/s", note=f"the bare client {bare:.0f}/s"),
        Result("publishing: time against the bare client", statistics.median(ratios), "×", 2.0),
        Result(
            "publishing: CPU a delivery", workers + postgres, "ms",
            note=f"{workers:.2f} ms workers + {postgres:.2f} ms PostgreSQL, settling included",
        ),
    ]  # fmt: skip


def _sizes(sizes: Sequence[tuple[float, float]]) -> list[Result]:
    *workers, dispatcher = sizes
    proportional, whole = max(workers)
    return [
        Result("memory: publishing worker", proportional, "MiB", 120, f"{whole:.0f} MiB resident"),
        Result("memory: dispatcher", dispatcher[0], "MiB", 120, f"{dispatcher[1]:.0f} MiB resident"),
    ]


def _weights(pid: int) -> tuple[float, float]:
    """Return the proportional and the resident set of a process and its children, in MiB."""
    tree = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    return sum(resident(each) for each in tree), sum(psutil.Process(each).memory_info().rss for each in tree) / 2**20


def _tree_time(pid: int) -> float:
    """Return the CPU seconds of a process, of its living descendants and of those that it has buried."""
    root = psutil.Process(pid)
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def until(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until something holds. Raises RuntimeError saying `otherwise` when it does not within a minute."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise RuntimeError(otherwise)
        time.sleep(0.05)


def _line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode()
