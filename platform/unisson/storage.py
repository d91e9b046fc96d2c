"""Where bytes are kept: a folder of this machine or a bucket. Every key lies inside one agency.

Bytes are written before the row that names them, under the SHA-256 of themselves: a row never points at nothing, a
second write changes nothing, and bytes that no row names do no harm.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
import structlog
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, S3Store

from tenants.context import agency_key
from tenants.errors import RefusedError
from unisson.config import SettingError, Settings
from unisson.web.i18n import lazy

log = structlog.get_logger(__name__)

TRY_SECONDS = 10
PIECE, LARGE_PIECE = 1024 * 1024, 8 * 1024 * 1024
"""Bytes of a large file that are in memory at a time: on its way to somebody, and when all of it is read."""

AT_ONCE = 4
"""Parts of 5 MiB that are sent at a time. Each part and each piece has `TRY_SECONDS`, not the whole file."""

PROBE = "unisson-probe"
"""The object that is written and read back before a process starts: outside of every agency, always the same."""

NO_BUCKET = "<Code>NoSuchBucket</Code>"
"""How S3 tells a missing bucket from a missing object: both are a 404 (API reference, Error responses)."""

NOT_KEPT = lazy("The picture could not be kept. Your text is kept: try again in a few minutes.")
NOT_READ = lazy("The picture can't be read at this moment. Nothing was changed: try again in a few minutes.")


class StorageAwayError(RefusedError):
    """The store can't be written or read now: a full disk, or a bucket that does not answer."""

    status = 503


class Storage(Protocol):
    """Bytes by key. The keys given are relative to the agency being acted for."""

    def put(self, content: bytes | Path | IO[bytes], *parts: str) -> None:
        """Keep bytes or a file's, durably and whole. Raises StorageAwayError, with nothing half-written."""

    def get(self, *parts: str) -> bytes:
        """Return the bytes. Raises FileNotFoundError where there are none, StorageAwayError if nobody can tell."""

    def size(self, *parts: str) -> int:
        """Return how many bytes there are. Raises FileNotFoundError, StorageAwayError."""

    def part(self, start: int, length: int, *parts: str) -> bytes:
        """Return `length` bytes from `start` on, of those there are. Raises FileNotFoundError, StorageAwayError."""

    def fetch(self, into: Path, *parts: str) -> None:
        """Write the bytes to the file `into`, a piece at a time. Raises FileNotFoundError, StorageAwayError."""

    def delete(self, *parts: str) -> None:
        """Forget the bytes, which need not be there. Raises StorageAwayError."""

    def exists(self, *parts: str) -> bool:
        """Return whether there are bytes. Raises StorageAwayError if nobody can tell."""


class KeptBytes:
    """A store of files or objects. Nothing is opened or connected before the first use, hence after any fork."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: ObjectStore | None = None
        self._root: Path | None = None

    def put(self, content: bytes | Path | IO[bytes], *parts: str) -> None:
        """Keep bytes or a file's, durably and whole. Raises StorageAwayError, with nothing half-written."""
        key = agency_key(*parts)
        try:
            obstore.put(self._opened(), key, content, max_concurrency=AT_ONCE)
            if self._root is not None:
                _to_disk(self._root / key, self._root)
        except (BaseError, OSError) as error:
            raise _away("storage.not_kept", error, NOT_KEPT) from error

    def get(self, *parts: str) -> bytes:
        """Return the bytes. Raises FileNotFoundError where there are none, StorageAwayError if nobody can tell."""
        with _reading():
            return bytes(obstore.get(self._opened(), agency_key(*parts)).bytes())

    def size(self, *parts: str) -> int:
        """Return how many bytes there are. Raises FileNotFoundError, StorageAwayError."""
        with _reading():
            return int(obstore.head(self._opened(), agency_key(*parts))["size"])

    def part(self, start: int, length: int, *parts: str) -> bytes:
        """Return `length` bytes from `start` on, of those there are. Raises FileNotFoundError, StorageAwayError."""
        with _reading():
            return bytes(obstore.get_range(self._opened(), agency_key(*parts), start=start, length=length))

    def fetch(self, into: Path, *parts: str) -> None:
        """Write the bytes to the file `into`, a piece at a time. Raises FileNotFoundError, StorageAwayError."""
        with into.open("wb") as file:
            for start in range(0, self.size(*parts), LARGE_PIECE):
                file.write(self.part(start, LARGE_PIECE, *parts))

    def delete(self, *parts: str) -> None:
        """Forget the bytes, which need not be there. Raises StorageAwayError."""
        try:
            obstore.delete(self._opened(), agency_key(*parts))
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise _away("storage.not_kept", error, NOT_KEPT) from error

    def exists(self, *parts: str) -> bool:
        """Return whether there are bytes. Raises StorageAwayError if nobody can tell."""
        try:
            return self.size(*parts) >= 0
        except FileNotFoundError:
            return False

    def _opened(self) -> ObjectStore:
        if self._store is None:
            self._store = whole(self._url)
            if isinstance(self._store, LocalStore):
                self._root = Path(unquote(urlsplit(self._url).path))
        return self._store


def whole(url: str) -> ObjectStore:
    """Return the store of all agencies at `url`, for what an operator does with it as a whole."""
    if urlsplit(url).scheme != "file":
        return bucket(url)
    root = Path(unquote(urlsplit(url).path))
    root.mkdir(parents=True, exist_ok=True)
    return LocalStore(prefix=root)


@contextmanager
def _reading() -> Iterator[None]:
    """Tell apart what is not there from what can't be read: a bucket that is gone says nothing of what it held."""
    try:
        yield
    except FileNotFoundError as error:
        if NO_BUCKET in str(error):
            raise _away("storage.not_read", error, NOT_READ) from error
        raise
    except (BaseError, OSError) as error:
        raise _away("storage.not_read", error, NOT_READ) from error


def bucket(url: str) -> S3Store:
    """Return the bucket of `s3://[key:secret@]bucket[/prefix]?endpoint=…&region=…`.

    Without a key in the URL, the ordinary sources of the platform are asked (variables, instance role). The bucket is
    named in the path, which every server of the protocol understands.
    """
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    given: dict[str, str] = {}
    if parts.username and parts.password:
        given = {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password)}
    if "endpoint" in asked:
        given["endpoint"] = asked["endpoint"]
    return S3Store(
        bucket=parts.netloc.rpartition("@")[2],
        prefix=parts.path.strip("/") or None,
        region=asked.get("region", "us-east-1"),
        client_options={
            "timeout": timedelta(seconds=TRY_SECONDS),
            "connect_timeout": timedelta(seconds=3),
            "allow_http": asked.get("endpoint", "").startswith("http://"),
        },
        retry_config={"max_retries": 1, "retry_timeout": timedelta(seconds=TRY_SECONDS)},
        **given,  # type: ignore[arg-type]  # the stub wants a TypedDict of the same keys
    )


def try_bucket(url: str) -> bool:
    """Return whether a probe was written to the bucket and read back; False where nobody answers.

    Raises SettingError where it says no.
    """
    name = urlsplit(url).netloc.rpartition("@")[2]
    try:
        store = bucket(url)
        obstore.put(store, PROBE, b"unisson")
        obstore.get(store, PROBE).bytes()
    except FileNotFoundError:
        raise SettingError("STORAGE_URL", f"names the bucket “{name}”, which is not there.") from None
    except (PermissionDeniedError, UnauthenticatedError):
        refusal = f"names the bucket “{name}”, which refuses the key: it must be right, and may put, get and delete."
        raise SettingError("STORAGE_URL", refusal) from None
    except BaseError as error:
        _away("storage.no_answer", error, NOT_READ)
        return False
    return True


def _to_disk(path: Path, root: Path) -> None:
    """Wait until the file and its name are on the disk: the row that points to it is about to be committed."""
    for place in (path, *(folder for folder in path.parents if folder.is_relative_to(root))):
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _away(event: str, error: Exception, sentence: object) -> StorageAwayError:
    log.error(event, kind=type(error).__name__, why=str(error).splitlines()[0][:300] if str(error) else "")
    return StorageAwayError(sentence)


@lru_cache(maxsize=8)
def _kept_at(url: str) -> KeptBytes:
    return KeptBytes(url)


def storage_of(settings: Settings) -> Storage:
    """Return where this installation keeps its bytes: one store a process."""
    return _kept_at(settings.storage_url)
