"""What every place that keeps bytes must do with a file, whatever keeps it."""

import os
import uuid
from pathlib import Path

import pytest

from tenants.context import acting_for
from unisson.storage import KeptBytes


def keeps_a_file(store: KeptBytes, folder: Path, megabytes: int) -> None:
    """A file comes in, is read in parts and whole, and is forgotten, twice as well as once."""
    large, back = folder / "large", folder / "back"
    large.write_bytes(os.urandom(megabytes * 1024 * 1024))
    with acting_for(uuid.uuid4()):
        assert not store.exists("videos", "one")
        store.put(large, "videos", "one")
        assert store.size("videos", "one") == large.stat().st_size
        assert store.part(5_000_000, 7, "videos", "one") == large.read_bytes()[5_000_000:5_000_007]
        store.fetch(back, "videos", "one")
        assert back.read_bytes() == large.read_bytes()
        store.delete("videos", "one")
        store.delete("videos", "one")
        for read in (store.get, store.size):
            with pytest.raises(FileNotFoundError):
                read("videos", "one")
