"""`unisson up`: everything on one machine, started in order, watched, and stopped without a trace.

One thread, so that each process can be told to die with it (`processes.dying_with_parent`).
"""

import contextlib
import fcntl
import http.client
import json
import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from unisson import embedded, processes
from unisson.config import Settings
from unisson.server_check import refuse_silent_valkey
from unisson.storage_check import refuse_unusable
from unisson.supervised import MARK, Child, clear_leftovers, leftovers

PROCESSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("web", ("web",)),
    ("live", ("live",)),
    ("worker", ("worker", "publishing")),
    ("mailer", ("worker", "mail")),
    ("dispatcher", ("dispatcher",)),
)
"""The processes of the Procfile; a test holds the two equal."""
PROGRAM = (sys.executable, "-m", "unisson.cli")
STOP_ORDER = (
    ("web", "live", "dispatcher"),
    ("worker", "mailer"),
)  # nothing new comes in, then the rest is finished
STOP_SECONDS = 5.0  # for each of the two, before they are told again; then they are killed
HURRY_SECONDS = 2.0
TICK = 0.2  # seconds
READY_SECONDS = 60.0
REFUSED = 2  # status of a command that said in one sentence what is wrong (cli.main)

Say = Callable[[str], None]


class StartRefusedError(Exception):
    """Why nothing was started: one sentence."""


class Stopped(BaseException):
    """A person or the system asked to stop; raised by the signal itself, wherever the start has got to."""


class Supervisor:
    """What runs for one data folder, from the first check to the last process."""

    def __init__(self, settings: Settings, say: Say, program: tuple[str, ...] = PROGRAM) -> None:
        self.settings = settings
        self.say = say
        self.servers: embedded.Servers | None = None
        self.program = program
        self.children = [Child(name, (*program, *arguments), say) for name, arguments in PROCESSES]
        self.stopping = False
        self.hurry = False
        self._selector = selectors.DefaultSelector()
        self._environ: dict[str, str] = {}
        self._lock: IO[str] | None = None

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Stop; asked again, stop at once."""
        if self.stopping:
            self.hurry = True
            return
        self.stopping = True
        raise Stopped

    def start(self) -> None:
        """Check, then start everything in order.

        Raises:
            StartRefusedError: before anything is started, or when a release step fails.
            SettingError: what a setting names does not do.
            EmbeddedError: when one of the servers does not start.
        """
        embedded.claim(self.settings.data_dir)
        self._lock = _only_one(self.settings.data_dir)
        count = clear_leftovers(self.settings.data_dir)
        if count:
            self.say(f"Stopped {count} processes left over from a killed start")
        self._check_port()
        refuse_unusable(self.settings)
        self._start_servers()
        refuse_silent_valkey(self.settings.valkey_url)
        self._environ = self._child_environ()
        self.say("Bringing the database up to date")
        self._release("migrate")
        people = self._demo_people()
        self.say(f"Starting {', '.join(child.name for child in self.children)}")
        for child in self.children:
            child.start(self._environ, self._selector)
        self._await_web()
        self._announce(people)

    def watch(self) -> NoReturn:
        """Keep everything running until a signal raises `Stopped`."""
        asked = time.monotonic()
        while True:
            self.pump(TICK)
            self.revive_children()
            if time.monotonic() - asked > 1:
                asked = time.monotonic()
                self.revive_servers()
                self._reap()

    def pump(self, seconds: float) -> None:
        """Say what the processes say, for at most `seconds`."""
        for key, _ in self._selector.select(seconds):
            key.data.read(self._selector)

    def revive_children(self) -> None:
        """Start again each process that has died, after its pause."""
        for child in self.children:
            if child.has_ended():
                self.say(f"{child.name} {child.bury(self._selector)}")
                self._kill_orphans()
            elif child.process is None and time.monotonic() >= child.due:
                child.start(self._environ, self._selector)

    def revive_servers(self) -> None:
        """Start again an embedded server that has died; a refusal is said, and tried again a second later."""
        dead = self.servers.dead() if self.servers else []
        if self.servers and dead:
            self.say(f"{' and '.join(dead)} died; starting again")
            try:
                self.servers.revive(self.say)
            except embedded.EmbeddedError as error:
                self.say(str(error))
            else:
                self.say(f"{' and '.join(dead)} runs again")

    def stop(self) -> None:
        """Stop the processes in order, then the servers, and leave nothing behind."""
        self.stopping = True
        if any(child.process for child in self.children):
            self.say("Stopping")
        for names in STOP_ORDER:
            self._stop_group([child for child in self.children if child.name in names])
        for pid in leftovers(self.settings.data_dir) if self._lock else []:
            processes.stop(pid)
        if self.servers:
            self.servers.stop()
        if self._lock:
            self._lock.close()

    def _stop_group(self, group: list[Child]) -> None:
        for seconds in (STOP_SECONDS, HURRY_SECONDS):
            for child in group:
                child.signal(signal.SIGTERM)
            self._await_end(group, seconds)
        for child in group:
            child.signal(signal.SIGKILL, child.pid)
        self._await_end(group, HURRY_SECONDS)

    def _await_end(self, group: list[Child], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self.hurry and time.monotonic() < deadline:
            if all(child.process is None or child.has_ended() for child in group):
                return
            self.pump(0.05)

    def _check_port(self) -> None:
        host, port, live = self.settings.host, self.settings.port, self.settings.live_port
        if not processes.is_port_free(host, port):
            raise StartRefusedError(
                f"Port {port} of {host} is taken: stop what listens there, or choose another, "
                f"for example PORT={port + 10 if port < 65000 else 8000} make run."
            )
        if not processes.is_port_free(host, live):
            self.settings = self.settings.with_live_port(processes.free_port(host))
            self.say(f"Port {live} of {host} is taken: live changes go by {self.settings.live_port}")

    def _start_servers(self) -> None:
        if self.settings.is_embedded:
            self.say("Starting PostgreSQL and Valkey")
            self.servers = embedded.start(self.settings.data_dir, self.say)
            self.settings = self.settings.with_servers(self.servers.database, self.servers.valkey)

    def _child_environ(self) -> dict[str, str]:
        found = self.settings
        return {
            **os.environ,
            "DATABASE_URL": found.database_url,
            "VALKEY_URL": found.valkey_url,
            "DATA_DIR": str(found.data_dir),
            "LIVE_PORT": str(found.live_port),
            "LIVE_URL": found.live_url,
            "PYTHONUNBUFFERED": "1",
            MARK: str(found.data_dir),
        }

    def _release(self, *arguments: str) -> list[str]:
        """Run one command to its end and return the lines it printed, which are said too if it fails."""
        lines: list[str] = []
        child = Child(arguments[0], (*self.program, *arguments), lines.append)
        child.start(self._environ, self._selector)
        while not child.has_ended():
            self.pump(TICK)
        self.pump(0)
        status = child.process.returncode if child.process else 1
        child.bury(self._selector)
        said = [line.partition("| ")[2] for line in lines]
        if status == REFUSED and said:
            raise StartRefusedError(said[-1])
        if status:
            for line in lines:
                self.say(line)
            raise StartRefusedError(f"`unisson {' '.join(arguments)}` ended with status {status}; see above.")
        return said

    def _demo_people(self) -> list[list[str]]:
        """Fill an empty development database; return who can sign in, each as name, e-mail, password, role."""
        if self.settings.environment != "development":
            return []
        self.say("Looking at the demonstration agency")
        for line in reversed(self._release("demo", "--json")):
            with contextlib.suppress(ValueError):
                found = json.loads(line)
                if isinstance(found, list):
                    return found
        return []

    def _await_web(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            self.pump(TICK)
            self.revive_children()
            if _answers(self.settings.host, self.settings.port):
                return
        self.say(f"The web server has not answered within {READY_SECONDS:.0f} s; still trying")

    def _announce(self, people: list[list[str]]) -> None:
        self.say("")
        self.say(f"Unisson is ready: {self.settings.base_url}")
        for name, email, password, role in people:
            self.say(f"  {email}  {password}  {name}: {role}")
        self.say("Ctrl-C stops everything.")
        self.say("")

    def _kill_orphans(self) -> None:
        """Kill what a dead process left behind; it has become a child of this one."""
        known = {child.pid for child in self.children}
        mine = set(processes.children()) - known
        for pid in mine.intersection(leftovers(self.settings.data_dir)):
            processes.stop(pid)

    def _reap(self) -> None:
        known = {child.pid for child in self.children}
        for pid in set(processes.children()) - known:
            processes.reap(pid)


def run(settings: Settings, program: tuple[str, ...] = PROGRAM) -> int:
    """Run everything until told to stop; return the exit status: 0 if asked to, 1 if it could not start.

    `program` is what is started with the words of the Procfile after `unisson`.
    """
    supervisor = Supervisor(settings, _printer(time.monotonic()), program)
    processes.adopt_orphans()
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, supervisor.on_signal)
    try:
        supervisor.start()
        supervisor.watch()
    except Stopped:
        return 0
    except (StartRefusedError, embedded.EmbeddedError) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    finally:
        supervisor.stop()


def _printer(began: float) -> Say:
    def say(line: str) -> None:
        # A closed terminal must not stop what runs.
        with contextlib.suppress(OSError):
            stamp = "" if " | " in line or not line else f"[{time.monotonic() - began:5.1f} s] "
            print(f"{stamp}{line}", flush=True)

    return say


def _only_one(data_dir: Path) -> IO[str]:
    """Return the lock that a supervisor holds for as long as it lives."""
    handle = (data_dir / "up.lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        pid = handle.read().strip()
        handle.close()
        raise StartRefusedError(f"Unisson already runs from {data_dir} (process {pid}).") from None
    handle.truncate(0)
    handle.write(f"{os.getpid()}\n")
    handle.flush()
    return handle


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
