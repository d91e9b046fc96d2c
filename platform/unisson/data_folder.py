"""Whose a data folder is, and whether there is room in it."""

import json
import os
import shutil
from pathlib import Path

from unisson.embedded_account import EmbeddedError

POSTGRES_MAJOR = 18
LAYOUT = {"product": "unisson", "postgresql": POSTGRES_MAJOR}
MARKER = "owner.json"
# What other parts of the product may have put there before the servers first start.
KNOWN_NAMES = {"secret_key", "push_key", "media", "mail", "mailbox", "devmail", "peers", "servers.lock", "up.lock"}
KNOWN_BEGINNINGS = (".secret_key.", ".push_key.", ".owner.")
FIRST_ROOM, ROOM = 300_000_000, 30_000_000
"""Bytes that must be free: for the servers' first files with the demonstration, and for what a start writes later."""


def claim(data_dir: Path) -> None:
    """Write on the folder whose it is.

    Raises:
        EmbeddedError: it is somebody else's, cannot be written to, or is full.
    """
    marker = data_dir / MARKER
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if marker.exists():
            _recognise(marker)
        else:
            foreign = foreign_name(data_dir)
            if foreign:
                raise EmbeddedError(f"{data_dir} {is_foreign(foreign)}: set DATA_DIR elsewhere.")
        refuse_full(data_dir, ROOM if (data_dir / "postgres").exists() else FIRST_ROOM)
        if not marker.exists():
            temporary = data_dir / f".owner.{os.getpid()}"
            temporary.write_text(json.dumps(LAYOUT) + "\n")
            temporary.replace(marker)
    except OSError as error:
        raise EmbeddedError(f"The data folder {data_dir} cannot be used: {error.strerror}.") from error


def foreign_name(data_dir: Path) -> str:
    """Return the name of a file that is not the product's in a folder that nobody claimed yet; empty for none."""
    if not data_dir.is_dir() or (data_dir / MARKER).exists():
        return ""
    names = sorted(entry.name for entry in data_dir.iterdir())
    return next((name for name in names if name not in KNOWN_NAMES and not name.startswith(KNOWN_BEGINNINGS)), "")


def is_foreign(name: str) -> str:
    """Return what is wrong with a folder that holds such a file, as the rest of a sentence."""
    return f"holds files that are not Unisson's ({name})"


def refuse_full(data_dir: Path, needed: int) -> None:
    """Pass if so many bytes are free there. Raises EmbeddedError."""
    free = shutil.disk_usage(data_dir).free
    if free < needed:
        raise EmbeddedError(
            f"The disk of {data_dir} has {free // 1_000_000} MB free and Unisson needs {needed // 1_000_000} MB: "
            "make room, or set DATA_DIR elsewhere."
        )


def _recognise(marker: Path) -> None:
    try:
        found = json.loads(marker.read_text())
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.get("product") != LAYOUT["product"]:
        raise EmbeddedError(f"{marker.parent} belongs to another product: set DATA_DIR elsewhere.")
    if found.get("postgresql") != POSTGRES_MAJOR:
        raise EmbeddedError(
            f"{marker.parent} was made by PostgreSQL {found.get('postgresql')} and this is {POSTGRES_MAJOR}: "
            "restore a dump into a new DATA_DIR (docs/operations.md says how)."
        )
