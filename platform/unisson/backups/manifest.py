"""What a backup says of itself, sealed with the secret key of the installation that made it.

A backup lies in a folder of its own, named by its moment; the files of all backups of one place are kept once, beside
them, for they never change.
"""

import dataclasses
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files"
PIECE = 1024 * 1024


class BackupError(Exception):
    """Why nothing was backed up or brought back: one sentence for whoever reads the terminal."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file: how many bytes it has, and their SHA-256."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Table:
    """What a table held: how many rows, and a sum over the digests of all, whatever their order."""

    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup: when it was made by the database's clock, at which migration, and what is in it."""

    made_at: datetime
    revision: str
    server: int
    dump: Kept
    tables: dict[str, Table]
    files: dict[str, Kept]
    policies: str
    """A digest of all policies, grants and triggers."""

    def write(self, place: Path, secret_key: str) -> None:
        """Write the manifest into the backup's folder."""
        told = {"product": "unisson", "format": FORMAT, "key": mark(secret_key), **self._told()}
        told["seal"] = seal(told, secret_key)
        (place / MANIFEST).write_text(json.dumps(told, indent=1, sort_keys=True) + "\n")

    @classmethod
    def read(cls, place: Path, secret_key: str) -> Self:
        """Return the manifest of the backup in `place`. Raises BackupError for a foreign or altered one."""
        try:
            told = json.loads((place / MANIFEST).read_text())
        except FileNotFoundError:
            raise BackupError(f"{place} is not a backup: it has no {MANIFEST}.") from None
        except (OSError, ValueError) as error:
            raise BackupError(f"{place / MANIFEST} can't be read: {error}.") from error
        if not isinstance(told, dict) or told.get("product") != "unisson":
            raise BackupError(f"{place} is a backup of another product.")
        if told.get("format") != FORMAT:
            raise BackupError(f"{place} was made by another release, in a format that this one does not read.")
        if told.get("key") != mark(secret_key):
            raise BackupError(
                f"{place} was made with another SECRET_KEY, without which its channels can't be used: "
                "set SECRET_KEY to the one of the installation that made it."
            )
        sealed = str(told.pop("seal", ""))
        if not hmac.compare_digest(sealed, seal(told, secret_key)):
            raise BackupError(f"{place / MANIFEST} was changed since the backup was made.")
        return cls(
            made_at=datetime.fromisoformat(told["made_at"]),
            revision=told["revision"],
            server=told["server"],
            dump=Kept(**told["dump"]),
            tables={name: Table(**table) for name, table in told["tables"].items()},
            files={key: Kept(**kept) for key, kept in told["files"].items()},
            policies=told["policies"],
        )

    def _told(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "made_at": self.made_at.isoformat()}


def digest_of(file: Path) -> Kept:
    """Return the size and the SHA-256 of a file, read a piece at a time. Raises OSError."""
    found, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            found.update(piece)
            size += len(piece)
    return Kept(size, found.hexdigest())


def check(place: Path, manifest: Manifest) -> None:
    """Pass if the dump and every file of the backup are there and whole. Raises BackupError naming the first."""
    wanted = {place / DUMP: manifest.dump}
    wanted |= {place.parent / FILES / key: kept for key, kept in manifest.files.items()}
    for file, kept in wanted.items():
        if not file.is_file():
            raise BackupError(f"The backup is not whole: {file} is missing.")
        if digest_of(file) != kept:
            raise BackupError(f"The backup is not whole: {file} is cut short or damaged.")


def mark(secret_key: str) -> str:
    """Return by what a key is known again, and not found out."""
    return hmac.new(secret_key.encode(), b"unisson.backup.key", hashlib.sha256).hexdigest()[:16]


def seal(told: dict[str, Any], secret_key: str) -> str:
    """Return what shows that nothing of `told` was changed by somebody without the key."""
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hmac.new(secret_key.encode(), b"unisson.backup.seal" + text.encode(), hashlib.sha256).hexdigest()
