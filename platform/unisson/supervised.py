"""One process of the Procfile under watch: how it starts, speaks, dies and is stopped."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from unisson import processes
from unisson.resources import CHECKOUT

MARK = "UNISSON_SUPERVISED"
"""Environment variable that tells which data folder a process works for, so that left-overs are found again."""
STEADY = 30.0  # seconds of life after which a process counts as having started well
LONGEST_PAUSE = 10.0  # seconds between two starts of a process that keeps dying

Say = Callable[[str], None]


class Child:
    """A process of ours, in a group of its own, that is started again whenever it dies."""

    def __init__(self, name: str, command: Sequence[str], say: Say) -> None:
        self.name = name
        self.say = say
        self.failures = 0
        self.due = 0.0  # monotonic moment of the next start
        self.process: subprocess.Popen[bytes] | None = None
        self._command = list(command)
        self._began = 0.0
        self._rest = b""

    @property
    def pid(self) -> int | None:
        """Return its process, or None while it does not run."""
        return self.process.pid if self.process else None

    def start(self, environ: Mapping[str, str], selector: selectors.BaseSelector) -> None:
        """Start it with `environ`; what it says is read by `selector`."""
        self._began = time.monotonic()
        self._rest = b""
        self.process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=_folder(),
            process_group=0,
            preexec_fn=processes.dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - forked from the main thread only
        )
        if self.process.stdout:
            os.set_blocking(self.process.stdout.fileno(), False)
            selector.register(self.process.stdout, selectors.EVENT_READ, self)

    def read(self, selector: selectors.BaseSelector) -> None:
        """Say the lines that have come; forget the pipe once it is closed."""
        if self.process is None or self.process.stdout is None or self.process.stdout.closed:
            return
        with contextlib.suppress(BlockingIOError):
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                self._forget_pipe(selector)
            *lines, self._rest = (self._rest + piece).split(b"\n")
            for line in lines:
                self.say(f"{self.name:<10} | {line.decode(errors='replace').rstrip()}")

    def has_ended(self) -> bool:
        """Return whether it was started and has ended since."""
        return self.process is not None and self.process.poll() is not None

    def bury(self, selector: selectors.BaseSelector) -> str:
        """Take away what is left of it and set the moment of the next start; return how it ended, in words."""
        if self.process is None:
            return "was not running"
        status, group = self.process.returncode, self.process.pid
        self.read(selector)
        self._forget_pipe(selector)
        self.signal(signal.SIGKILL, group)
        self.process = None
        self.failures = 0 if time.monotonic() - self._began > STEADY else self.failures + 1
        pause = min(LONGEST_PAUSE, 0.25 * 2**self.failures)
        self.due = time.monotonic() + pause
        how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
        return f"{how}; it starts again in {pause:.1f} s"

    def signal(self, sign: signal.Signals, group: int | None = None) -> None:
        """Send `sign` to the process, or to all of `group`."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if group is not None:
                os.killpg(group, sign)
            elif self.process is not None and self.process.poll() is None:
                self.process.send_signal(sign)

    def _forget_pipe(self, selector: selectors.BaseSelector) -> None:
        if self.process and self.process.stdout and not self.process.stdout.closed:
            with contextlib.suppress(KeyError):
                selector.unregister(self.process.stdout)
            self.process.stdout.close()


def leftovers(data_dir: Path) -> list[int]:
    """Return the processes of ours that still work for `data_dir`, except this one."""
    return processes.marked(MARK, str(data_dir))


def clear_leftovers(data_dir: Path) -> int:
    """Stop the processes that a killed supervisor left behind; return how many there were."""
    found = leftovers(data_dir)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for pid in found:
        processes.stop(pid, (signal.SIGTERM, 3.0))
    return len(found)


def _folder() -> Path:
    """Return where the processes work: the checkout, or where the product was started if it is installed."""
    return CHECKOUT if (CHECKOUT / "Procfile").exists() else Path.cwd()
