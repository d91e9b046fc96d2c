"""Who was erased, and which recovery codes are good: kept beside the backups, for a restore of one from before.

A backup from before an erasure brings the person back, and makes recovery codes good again that were used since. So
each backup leaves a list of both in its place, the newest alone; it holds identifiers, which lead to nobody any more,
and the pseudonyms. `unisson erasures` writes one of its own.
"""

import hmac
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString, NamedTuple, Self

import psycopg
from sqlalchemy import make_url

from tenants.base import utcnow
from tenants.engines import make_engine
from tenants.identities import Identity
from tenants.members import Membership
from tenants.session import Database, TenantSession
from unisson.backups import database
from unisson.backups.manifest import BackupError, mark, seal
from unisson.config import Settings, role_url
from unisson.runtime import Runtime, worker_runtime
from unisson.trust import accounts, erasing
from unisson.trust.models import Erasure

ERASURES = "erasures.json"

_PEOPLE = """
select agency_id::text, membership_id::text, pseudonym from app.erasures
 where done_at is not null order by begun_at, id
"""
_ACCOUNTS = "select identity_id::text from app.gone_accounts order by gone_at, identity_id"
_SPARES = "select id::text from app.recovery_codes where used_at is null order by id"
_ASKED_OF: dict[str, LiteralString] = {
    "app.erasures": _PEOPLE, "app.gone_accounts": _ACCOUNTS, "app.recovery_codes": _SPARES,
}  # fmt: skip
_SPENT = """
update app.recovery_codes set used_at = clock_timestamp() where used_at is null and id <> all(%s::uuid[])
"""
_ASKED = """
insert into app.account_erasures (identity_id, due_at)
select id, clock_timestamp() from app.identities where id = any(%s::uuid[]) on conflict do nothing
"""


class Again(NamedTuple):
    """How many people and accounts were erased again, how many could not be yet, how many codes ended."""

    erased: int = 0
    waiting: int = 0
    codes: int = 0


@dataclass(frozen=True, slots=True)
class Erasures:
    """The list. `people` are agency, membership and pseudonym in the order in which they were erased."""

    made_at: datetime
    people: Sequence[Sequence[str]]
    accounts: Sequence[str]
    spares: Sequence[str]
    """Recovery codes that were good at that moment."""

    @classmethod
    def gather(cls, connection: database.Rows, made_at: datetime) -> Self:
        """Return the list as the connection sees the database."""
        people, gone, spares = (_rows(connection, *each) for each in _ASKED_OF.items())
        return cls(made_at.astimezone(UTC), people, [number for (number,) in gone], [number for (number,) in spares])

    def write(self, file: Path, secret_key: str) -> None:
        """Write the list in place of what is there, whole or not at all. Raises OSError."""
        told = {"product": "unisson", "key": mark(secret_key), **asdict(self), "made_at": self.made_at.isoformat()}
        told["seal"] = seal(told, secret_key)
        fresh = file.with_name(f"{file.name}.{os.getpid()}.unfinished")
        fresh.touch(mode=0o600)
        with fresh.open("w") as opened:
            opened.write(json.dumps(told, sort_keys=True) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)

    @classmethod
    def read(cls, file: Path, keys: Sequence[str]) -> Self:
        """Return the list, sealed by one of `keys`. Raises BackupError for a foreign, cut or altered one."""
        try:
            told = json.loads(file.read_text())
            sealed = str(told.pop("seal"))
            key = next((each for each in keys if told["key"] == mark(each)), None)
            made = cls(datetime.fromisoformat(told["made_at"]), told["people"], told["accounts"], told["spares"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackupError(f"{file} is no list of erasures that can be read: {error}.") from error
        if key is None:
            raise BackupError(f"{file} was made with another SECRET_KEY: list that one in VAULT_KEYS for the restore.")
        if not hmac.compare_digest(sealed, seal(told, key)):
            raise BackupError(f"{file} was changed since it was written.")
        return made


def _rows(connection: database.Rows, table: str, query: LiteralString) -> list[list[str]]:
    """Return a table's part of the list: nothing where a release from before there was the table has not migrated."""
    known = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
    if known is None or not known[0]:
        return []
    return [[str(each) for each in row] for row in connection.execute(query).fetchall()]


def export(settings: Settings, file: Path) -> Erasures:
    """Write the list of a database that can still be read to `file`, and return it. Raises BackupError."""
    try:
        with psycopg.connect(settings.backup_database_url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            database.refuse_blind(connection)
            made = Erasures.gather(connection, utcnow())
        made.write(file, settings.secret_key)
    except psycopg.Error as error:
        raise BackupError(f"The database can't be read: {str(error).strip().splitlines()[0]}") from error
    except OSError as error:
        raise BackupError(f"The list can't be written to {file}: {error}") from error
    return made


def erase_again(settings: Settings, url: str, lists: Sequence[Erasures], since: datetime) -> Again:
    """Erase in the database at `url`, filled from a backup made at `since`, all that the lists name.

    Nobody is written to: they were told. Who can't be erased yet, as an agency's only owner, is tried again each night.
    """
    codes = 0
    with psycopg.connect(url) as connection:
        for each in lists:
            connection.execute(_ASKED, [list(each.accounts)])
            if each.made_at >= since:
                codes += connection.execute(_SPENT, [list(each.spares)]).rowcount
    quiet = _quiet_runtime(settings, url)
    try:
        done = [_erase_person(quiet.database, *person) for each in lists for person in each.people]
        done += [_erase_account(quiet, uuid.UUID(account)) for each in lists for account in each.accounts]
    finally:
        quiet.database.engine.dispose()
        quiet.valkey.close()
    return Again(done.count(True), done.count(False), codes)


def _quiet_runtime(settings: Settings, url: str) -> Runtime:
    """Return a worker's runtime on the database at `url` that rings for nobody and writes to nobody."""
    held = worker_runtime(settings)
    engine = make_engine(make_url(role_url(url, "unisson_worker", settings.secret_key)), application="unisson restore")
    return replace(held, database=Database(engine, {"is_billed": settings.is_billed}))


def _erase_person(held: Database, agency: str, membership: str, pseudonym: str) -> bool | None:
    """Return whether somebody was erased again; None where they are not there, or are erased."""
    with held.agency(uuid.UUID(agency)) as session:
        person = session.get(Membership, (session.agency_id, uuid.UUID(membership)))
        if person is None or erasing.is_erased(person):
            return None
        return erasing.erase(session, _asked(session, person, pseudonym), quietly=True)


def _asked(session: TenantSession, person: Membership, pseudonym: str) -> Erasure:
    asked = erasing.pending(session, person.id, lock=True) or Erasure(membership_id=person.id, due_at=utcnow())
    asked.pseudonym, asked.due_at = pseudonym, utcnow()
    session.add(asked)
    session.flush()
    return asked


def _erase_account(held: Runtime, identity_id: uuid.UUID) -> bool | None:
    with held.database.everywhere() as session:
        if session.get(Identity, identity_id) is None:
            return None
    return accounts.erase(held, identity_id, quietly=True)
