"""`unisson backup`: the database as it is at one moment, then the files that it names, while everything goes on.

Bytes are written before the row that names them and never change, so that files copied after the dump are all that it
names; what was deleted in between is named when the backup is looked at, and missing from nothing else.
"""

import json
import os
import shutil
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import obstore
import psycopg
from obstore.exceptions import BaseError

from unisson.backups import database
from unisson.backups.erasures import ERASURES, Erasures
from unisson.backups.manifest import DUMP, FILES, MANIFEST, BackupError, Kept, Manifest, digest_of
from unisson.config import Settings
from unisson.storage import LARGE_PIECE, PROBE, whole

UNFINISHED = ".unfinished"
_NOW = "select clock_timestamp(), current_setting('server_version_num')::int, pg_export_snapshot()"


def take(settings: Settings, folder: Path) -> Path:
    """Return where the new backup lies, below `folder`. Raises BackupError, with nothing that looks like one."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with psycopg.connect(settings.backup_database_url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            return _take(settings, folder, connection)
    except psycopg.Error as error:
        raise BackupError(f"The database can't be read: {str(error).strip().splitlines()[0]}") from error
    except (OSError, BaseError) as error:
        raise BackupError(f"The backup can't be written to {folder}: {error}") from error


def prune(folder: Path, keep: int) -> int:
    """Delete all but the newest `keep` backups of `folder`, and the files that none of those has; return how many.

    Raises BackupError.
    """
    made = sorted(each.parent for each in folder.glob(f"*/{MANIFEST}"))
    old, left = made[:-keep], made[-keep:]
    try:
        for each in old:
            shutil.rmtree(each)
        named = {key for each in left for key in _files_of(each)}
        for file in sorted((folder / FILES).rglob("*")):
            if file.is_file() and str(file.relative_to(folder / FILES)) not in named:
                file.unlink()
    except OSError as error:
        raise BackupError(f"Old backups can't be deleted: {error}") from error
    return len(old)


def _take(settings: Settings, folder: Path, connection: database.Rows) -> Path:
    database.refuse_blind(connection)
    row = connection.execute(_NOW).fetchone()
    assert row is not None  # noqa: S101 - a question about the server has a row
    made_at, server, snapshot = row
    assert isinstance(made_at, datetime)  # noqa: S101 - as PostgreSQL says
    revision = connection.execute("select version_num from app.alembic_version").fetchone()
    name = made_at.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%S-%fZ")
    place, making = folder / name, folder / f"{name}{UNFINISHED}"
    making.mkdir(mode=0o700)
    database.dump(settings.backup_database_url, str(snapshot), making / DUMP)
    manifest = Manifest(
        made_at=made_at.astimezone(UTC),
        revision=str(revision[0]) if revision else "",
        server=int(str(server)),
        dump=digest_of(making / DUMP),
        tables=database.tables(connection),
        files=_copy_files(settings.storage_url, folder),
        policies=database.policies(connection),
    )
    manifest.write(making, settings.secret_key)
    Erasures.gather(connection, made_at).write(folder / ERASURES, settings.secret_key)
    _to_disk(making / DUMP, making / MANIFEST, making)
    making.rename(place)
    _to_disk(folder)
    return place


def _copy_files(storage_url: str, folder: Path) -> dict[str, Kept]:
    """Copy what is not there yet; return all that there is."""
    store, into = whole(storage_url), folder / FILES
    into.mkdir(exist_ok=True, mode=0o700)
    known = {key: kept for each in sorted(folder.glob(f"*/{MANIFEST}")) for key, kept in _files_of(each.parent).items()}
    found: dict[str, Kept] = {}
    for listed in obstore.list(store):
        for each in listed:
            key, size = str(each["path"]), int(each["size"])
            if key == PROBE:
                continue
            target = into / key
            if key not in known or known[key].size != size or not target.is_file():
                with suppress(FileNotFoundError):  # it was deleted while we copied
                    known[key] = _copy(store, key, target)
            if key in known:
                found[key] = known[key]
    return found


def _copy(store: obstore.store.ObjectStore, key: str, target: Path) -> Kept:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}{UNFINISHED}")
    with fresh.open("wb") as file:
        for piece in obstore.get(store, key).stream(min_chunk_size=LARGE_PIECE):
            file.write(bytes(piece))
        file.flush()
        os.fsync(file.fileno())
    kept = digest_of(fresh)
    fresh.replace(target)
    return kept


def _files_of(place: Path) -> dict[str, Kept]:
    """Return the files that a backup names, whoever sealed it: only to know what need not be copied or kept."""
    told = json.loads((place / MANIFEST).read_text())
    return {key: Kept(**kept) for key, kept in told.get("files", {}).items()}


def _to_disk(*places: Path) -> None:
    for place in places:
        handle = os.open(place, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
