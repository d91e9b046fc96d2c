"""Under whose name PostgreSQL runs, since it refuses to run as root."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

USER = "pgserver"


class EmbeddedError(Exception):
    """An embedded server that cannot be used; the text is one sentence for whoever reads the terminal."""


class Identity(TypedDict, total=False):
    """The arguments of subprocess that change who runs a program."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """A way to run a program: as this process (no prefix, no uid), through `prefix`, or as the user `uid`."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None
    gid: int | None = None

    def command(self, command: list[str]) -> list[str]:
        """Return the command as this account runs it."""
        return [*self.prefix, *command]

    def identity(self) -> Identity:
        """Return the arguments that make subprocess change users; none if it stays the same."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, its output kept as text."""
        return subprocess.run(
            self.command(command), check=False, capture_output=True, text=True, cwd="/", **self.identity()
        )

    def own(self, folder: Path) -> None:
        """Give `folder` and all in it to this account: only root ever has to, and only when the account changed."""
        if os.geteuid() != 0:
            return
        uid, gid = self.uid or 0, self.gid or 0
        if folder.stat().st_uid == uid:
            return
        for place, folders, files in os.walk(folder, topdown=False):
            for name in (*folders, *files):
                os.chown(Path(place) / name, uid, gid, follow_symlinks=False)
        os.chown(folder, uid, gid)  # last: an interrupted change starts over


def database_account(folder: Path, programs: Path) -> Account:
    """Return the account that runs PostgreSQL on `folder` with the programs of `programs`.

    Anyone but root runs it as themselves. Root runs it in a user namespace, where the same files belong to an
    ordinary user; where the system forbids those (most containers), as the system user `pgserver`.

    Raises:
        EmbeddedError: for root, if that user cannot reach one of the folders.
    """
    if os.geteuid() != 0:
        return Account()
    prefix = _namespace()
    if prefix:
        return Account(prefix=prefix)
    for place in (folder, programs):
        closed = _closed_parent(place)
        if closed is not None:
            raise EmbeddedError(
                f"PostgreSQL does not run as root and its own user cannot enter {closed}: put the project in a "
                "folder open to other users, or run it as an ordinary user."
            )
    entry = _system_user()
    return Account(uid=entry.pw_uid, gid=entry.pw_gid)


def _namespace() -> tuple[str, ...]:
    program = shutil.which("unshare")
    # initdb wants a name for its user id: take one that the system lists.
    ordinary = next((entry for entry in pwd.getpwall() if entry.pw_uid != 0), None)
    if program is None or ordinary is None:
        return ()
    prefix = (program, "--user", f"--map-user={ordinary.pw_uid}", f"--map-group={ordinary.pw_gid}")
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
    return prefix if tried.returncode == 0 else ()


def _closed_parent(place: Path) -> Path | None:
    return next((parent for parent in place.parents if not parent.stat().st_mode & stat.S_IXOTH), None)


def _system_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        made = subprocess.run(["useradd", "--system", USER], check=False, capture_output=True, text=True)
    if made.returncode:
        raise EmbeddedError(f"PostgreSQL does not run as root, and its user cannot be made: {made.stderr.strip()}")
    return pwd.getpwnam(USER)
