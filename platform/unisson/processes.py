"""What the operating system knows about processes: who dies with whom, who listens where, what is left over."""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG = 1  # prctl(2)
PR_SET_CHILD_SUBREAPER = 36
IS_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True)


def dying_with_parent(sign: signal.Signals) -> Callable[[], None] | None:
    """Return what a child runs before its program so that it receives `sign` when this process dies.

    The kernel ties it to the *thread* that forks, so only the main thread may ask for it; elsewhere, and on systems
    without prctl, the answer is None and left-over processes are found at the next start instead.
    """
    if not IS_LINUX or threading.current_thread() is not threading.main_thread():
        return None
    parent = os.getpid()

    def before_program() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(sign))
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return before_program


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, so that none is lost from sight."""
    if IS_LINUX:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def is_alive(pid: int) -> bool:
    """Return whether `pid` is a process that still runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid) != "Z"


def ended(pid: int, seconds: float) -> bool:
    """Wait up to `seconds` for `pid` to end; return whether it did."""
    deadline = time.monotonic() + seconds
    while is_alive(pid):
        reap(pid)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def reap(pid: int) -> None:
    """Let the system forget `pid` if it is a child of ours that has ended; a zombie still looks alive to others."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def stop(pid: int, *signs: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn and wait its number of seconds, until the process has ended; last of all SIGKILL."""
    for sign, seconds in (*signs, (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        if ended(pid, seconds):
            return


def working_folder(pid: int) -> Path | None:
    """Return the folder a process works in, or None where the system does not say."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def marked(variable: str, value: str) -> list[int]:
    """Return the processes, this one apart, whose environment was started with `variable` set to `value`."""
    wanted = f"{variable}={value}".encode()
    return [pid for pid in _pids() if pid != os.getpid() and wanted in _environment(pid) and is_alive(pid)]


def children() -> list[int]:
    """Return the processes whose parent is this one, those taken over by `adopt_orphans` included."""
    return [pid for pid in _pids() if _stat(pid)[1:2] == [str(os.getpid())]]


def is_port_free(host: str, port: int) -> bool:
    """Return whether a server could listen on `host` and `port` now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(host: str) -> int:
    """Return a port of `host` on which nobody listens now."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        return int(probe.getsockname()[1])


def _pids() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _state(pid: int) -> str:
    return "".join(_stat(pid)[:1])


def _stat(pid: int) -> list[str]:
    """Return the fields of proc(5) `stat` from the state on: state, parent, group, session..."""
    try:
        # The name before them may itself hold spaces and parentheses.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
