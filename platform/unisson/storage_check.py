"""Trying, before a process starts to serve, whether files can be kept where STORAGE_URL says.

What the store refuses for good (a wrong key, a bucket that is not there, a folder that can't be written) stops the
start with a sentence. A store that only does not answer does not: it may be back before anybody wants a file.

A bucket is tried in a process of its own (`unisson storage`): the threads of its client would not live through a fork
of this one, and nothing of it is loaded here.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from unisson.config import SettingError, Settings

NAME = "STORAGE_URL"
WITHIN = 60  # seconds


def refuse_unusable(settings: Settings) -> None:
    """Pass unless the store says no. Raises SettingError."""
    parts = urlsplit(settings.storage_url)
    if parts.scheme == "file":
        try_folder(Path(unquote(parts.path)))
        return
    command = [sys.executable, "-m", "unisson.cli", "storage"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=WITHIN, check=False)  # noqa: S603 - ours
    except subprocess.TimeoutExpired:
        return
    if ran.returncode == 2:
        raise SettingError(NAME, ran.stderr.strip().rpartition("\n")[2].removeprefix(f"{NAME} "))
    sys.stderr.write(ran.stderr)


def try_folder(place: Path) -> None:
    """Pass if a file can be written there. Raises SettingError."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"unisson")
    except OSError as error:
        raise SettingError(NAME, f"names the folder “{place}”, which can’t be written: {error.strerror}.") from None
