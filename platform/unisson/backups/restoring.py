"""`unisson restore`: a backup into an empty installation, which opens only once nothing can go out a second time.

What was to leave between the backup and now has left, or may have, and the database of the backup does not know it. All
of that becomes *unknown*, is read back on its channel, and goes to a person where the channel can't tell. The database
is filled and put right under another name and takes its own in one step: whatever stops us before, the door stays shut.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import obstore
import psycopg
from obstore.exceptions import BaseError
from psycopg import sql
from sqlalchemy import create_engine, make_url

from tenants.identities import GLOBAL_TABLES
from tenants.isolation import LOGIN_ROLES, catalog_faults, create_roles
from unisson.backups import database
from unisson.backups.erasures import ERASURES, Again, Erasures, erase_again
from unisson.backups.manifest import DUMP, FILES, BackupError, Manifest, check
from unisson.config import Settings, role_password
from unisson.database import migrate
from unisson.storage import whole

Say = Callable[[str], None]

_UNKNOWN = """
update app.publications set state = 'unknown', reason = 'restored'
 where state = 'scheduled' and due_at <= clock_timestamp() returning agency_id, id
"""
_LOOK_AT_ONCE = """
insert into app.dispatch (kind, agency_id, item_id, queue) values ('publication', %s, %s, 'publishing')
on conflict (kind, agency_id, item_id) do update
   set due_at = clock_timestamp(), lease_until = null, claimed_by = null, fence = app.dispatch.fence + 1
"""
_NO_CLAIMS = "update app.dispatch set lease_until = null, claimed_by = null, fence = fence + 1"
_SIGNED_OUT = "update app.sign_ins set revoked_at = clock_timestamp() where revoked_at is null"
_NOTED = "insert into app.restores (backup_at, restored_at) values (%s, clock_timestamp())"
_UNDECIDED = """
select count(*) from app.contents where scheduled_at between %s and clock_timestamp()
   and state in ('in_review', 'draft', 'changes_requested', 'on_hold')
"""


class Restored(NamedTuple):
    """What came back: rows, files, publications that are looked up, and contents that may have left undecided."""

    rows: int
    files: int
    unknown: int
    undecided: int
    again: Again = Again()


def bring_back(settings: Settings, place: Path, say: Say, erasures: Path | None = None) -> Restored:
    """Fill the installation of `settings`, which must be empty, from the backup in `place`; return what came back.

    Whoever was erased since goes again: by the list beside the backups, and by that of `erasures`.

    Raises BackupError, with the database as empty as it was.
    """
    manifest = Manifest.read(place, settings.secret_key)
    lists = _lists(settings, place.parent / ERASURES, erasures)
    say("Looking whether the backup is whole")
    check(place, manifest)
    target = unquote(urlsplit(settings.database_url).path.lstrip("/"))
    try:
        with psycopg.connect(settings.database_url) as connection:
            _refuse_unfit(connection, target, manifest)
        say("Bringing back the files")
        _put_files(place.parent / FILES, manifest, settings.storage_url)
        say("Bringing back the database")
        return _fill(settings, place, manifest, target, lists, say=say)
    except psycopg.Error as error:
        raise BackupError(f"The database refuses: {str(error).strip().splitlines()[0]}") from error
    except (OSError, BaseError) as error:
        raise BackupError(f"The files can't be brought back to {settings.storage_url}: {error}") from error


def _refuse_unfit(connection: database.Rows, target: str, manifest: Manifest) -> None:
    asked = "select to_regnamespace('app') is not null, current_setting('server_version_num')::int"
    told = connection.execute(asked).fetchone()
    assert told is not None  # noqa: S101 - a question about the server has a row
    is_filled, server = told
    if is_filled:
        raise BackupError(
            f"The database “{target}” is not empty: a backup comes back into a new one, "
            "named by DATABASE_URL, or of a new DATA_DIR."
        )
    if int(str(server)) // 10000 < manifest.server // 10000:
        raise BackupError(
            f"The backup was made by PostgreSQL {manifest.server // 10000}, which is newer than this one."
        )
    database.refuse_blind(connection)


def _put_files(kept: Path, manifest: Manifest, storage_url: str) -> None:
    store = whole(storage_url)
    for key in manifest.files:
        obstore.put(store, key, kept / key)


def _lists(settings: Settings, beside: Path, given: Path | None) -> list[Erasures]:
    keys = (settings.secret_key, *settings.vault_keys)
    files = [beside] if beside.exists() else []
    return [Erasures.read(file, keys) for file in (*files, *([given] if given else []))]


def _fill(
    settings: Settings, place: Path, manifest: Manifest, target: str, lists: list[Erasures], *, say: Say
) -> Restored:
    filling = f"{target}_restoring"
    with psycopg.connect(_at(settings.database_url, "postgres"), autocommit=True) as admin:
        drop = sql.SQL("drop database if exists {}").format(sql.Identifier(filling))
        admin.execute(drop)  # what an interrupted restore left
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(filling)))
        url = _at(settings.database_url, filling)
        try:
            _roles(url, settings.secret_key)
            database.load(place / DUMP, url)
            say("Comparing it with what was backed up")
            with psycopg.connect(url) as connection:
                _compare(connection, manifest)
            _refuse_open(url)
            migrate(dataclasses.replace(settings, database_url=url))
            with psycopg.connect(url) as connection:
                restored = _shut(connection, manifest)
            say("Erasing again who was erased since")
            restored = restored._replace(again=erase_again(settings, url, lists, manifest.made_at))
        except BaseException:
            admin.execute(drop)
            raise
        admin.execute(sql.SQL("drop database {}").format(sql.Identifier(target)))
        admin.execute(sql.SQL("alter database {} rename to {}").format(sql.Identifier(filling), sql.Identifier(target)))
    return restored


def _roles(url: str, secret_key: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            create_roles(connection, {role: role_password(secret_key, role) for role in LOGIN_ROLES})
    finally:
        engine.dispose()


def _compare(connection: database.Rows, manifest: Manifest) -> None:
    found = database.tables(connection)
    for name in sorted(found.keys() | manifest.tables.keys()):
        if found.get(name) != manifest.tables.get(name):
            raise BackupError(f"What came back is not what was backed up: the table {name} differs.")
    if database.policies(connection) != manifest.policies:
        raise BackupError("What came back is not what was backed up: policies, grants or triggers differ.")


def _refuse_open(url: str) -> None:
    """Raise BackupError unless one agency's rows are shut to another's."""
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    try:
        with engine.connect() as connection:
            faults = catalog_faults(connection, GLOBAL_TABLES | {"alembic_version"})
    finally:
        engine.dispose()
    if faults:
        raise BackupError(f"What came back does not keep agencies apart: {'; '.join(sorted(faults))}.")


def _shut(connection: database.Rows, manifest: Manifest) -> Restored:
    """Let nothing leave that may have left, and nobody in who may have been shut out since."""
    publications = connection.execute(_UNKNOWN).fetchall()
    connection.execute(_NO_CLAIMS)
    with connection.cursor() as cursor:
        cursor.executemany(_LOOK_AT_ONCE, publications)
    connection.execute(_SIGNED_OUT)
    connection.execute(_NOTED, [manifest.made_at])
    row = connection.execute(_UNDECIDED, [manifest.made_at]).fetchone()
    undecided = int(str(row[0])) if row else 0
    rows = sum(table.rows for table in manifest.tables.values())
    return Restored(rows, len(manifest.files), len(publications), undecided)


def _at(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
