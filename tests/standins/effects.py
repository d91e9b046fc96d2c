"""The truth of a stand-in: one JSON line an effect, in a file that is only ever appended to."""

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path


class Effects:
    """Appends effects to `path`; a line is one write, so that readers and restarts see whole lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()

    def append(self, effect: Mapping[str, object]) -> None:
        """Write `effect` with the time it took place at."""
        line = json.dumps({"at": time.time(), **effect}, ensure_ascii=False) + "\n"
        with self._lock:
            os.write(self._file, line.encode())

    def all(self) -> list[dict[str, object]]:
        """Return every effect so far, in order."""
        return [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
