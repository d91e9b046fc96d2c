import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.ports import free_port

from unisson import processes
from unisson.supervised import leftovers

STAND_IN = Path(__file__).with_name("stand_in.py")
STARTED = 120.0  # seconds: generous, for machines that do other things too


@dataclass
class Desk:
    """`unisson up` on small stand-ins of the web, the workers and the dispatcher, and on real servers."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    began: float

    def said(self) -> str:
        return self.log.read_text()

    def await_words(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + STARTED
        while self.said().count(words) < times:
            assert time.monotonic() < deadline, f"“{words}” never came: {self.said()}"
            time.sleep(0.05)

    def server_pids(self) -> list[int]:
        files = (self.data_dir / "postgres" / "postmaster.pid", self.data_dir / "valkey" / "valkey.pid")
        return [int(file.read_text().split()[0]) for file in files if file.exists()]

    def pid_of(self, *words: str) -> int:
        ending = "\0".join([str(STAND_IN), *words, ""])
        found = [pid for pid in self.pids() if Path(f"/proc/{pid}/cmdline").read_text().endswith(ending)]
        assert found, f"no {words} in {self.said()}"
        return found[0]

    def pids(self) -> list[int]:
        return leftovers(self.data_dir)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(sign)
        return self.process.wait(120)

    def everything(self) -> list[int]:
        return [pid for pid in (*self.pids(), *self.server_pids()) if processes.is_alive(pid)]

    def await_nothing(self) -> None:
        deadline = time.monotonic() + 60
        while self.everything():
            assert time.monotonic() < deadline, f"still alive: {self.everything()}"
            time.sleep(0.05)


class Desks:
    """Starts desks, and sees at the end that nothing of them is left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.all: list[Desk] = []

    def start(self, port: int, *, ready: bool = True, **environ: str) -> Desk:
        log = self.folder / f"up-{len(self.all)}.log"
        stated = {**os.environ, "DATA_DIR": str(self.folder / "data"), "PORT": str(port), **environ}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(STAND_IN)], env=stated, stdout=output, stderr=output, process_group=0
            )
        desk = Desk(Path(stated["DATA_DIR"]), port, process, log, time.monotonic())
        self.all.append(desk)
        if ready:
            desk.await_words("Unisson is ready")
            desk.await_words("working", times=2)
        return desk

    def end(self) -> None:
        for desk in self.all:
            desk.process.kill()
            desk.process.wait()
            for pid in desk.everything():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    made = Desks(tmp_path)
    yield made
    made.end()


@pytest.fixture
def port() -> int:
    return free_port()
