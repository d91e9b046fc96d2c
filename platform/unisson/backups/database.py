"""The database's side of a backup: PostgreSQL's own programs, and what is counted to compare by."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from unisson.backups.manifest import BackupError, Table
from unisson.embedded_parts import postgres_programs

Rows = psycopg.Connection[tuple[object, ...]]

_TABLES = """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'app' and c.relkind in ('r', 'p') order by 1
"""
_COUNTED = "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0)::text from {} t"
_POLICIES = """
select md5(string_agg(line, chr(10) order by line collate "C")) from (
  select concat_ws(' ', 'policy', tablename, policyname, permissive, roles::text, cmd, qual, with_check) as line
    from pg_policies where schemaname = 'app'
  union all
  select concat_ws(' ', 'forced', relname, relrowsecurity, relforcerowsecurity)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'app' and c.relkind in ('r', 'p')
  union all
  select concat_ws(' ', 'grant', c.relname, a.grantee::regrole, a.privilege_type) from pg_class c
    join pg_namespace n on n.oid = c.relnamespace cross join lateral aclexplode(c.relacl) a where n.nspname = 'app'
  union all
  select concat_ws(' ', 'trigger', c.relname, pg_get_triggerdef(t.oid)) from pg_trigger t
    join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'app' and not t.tgisinternal
  union all
  select concat_ws(' ', 'function', p.proname, pg_get_functiondef(p.oid)) from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'app' and p.prokind = 'f'
) as told
"""
_SEES_ALL = "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"


def refuse_blind(connection: Rows) -> None:
    """Pass if the role sees every agency. Raises BackupError: a backup of a part would look like one of the whole."""
    row = connection.execute(_SEES_ALL).fetchone()
    if row is None or not row[0]:
        raise BackupError(
            "This role sees one agency at a time: set BACKUP_DATABASE_URL to unisson_backup, or to a superuser."
        )


def tables(connection: Rows) -> dict[str, Table]:
    """Return what each table of the product holds."""
    connection.execute("set local timezone = 'UTC'")
    found = {}
    for (name,) in connection.execute(_TABLES).fetchall():
        counted = connection.execute(sql.SQL(_COUNTED).format(sql.Identifier("app", str(name)))).fetchone()
        assert counted is not None  # noqa: S101 - an aggregate has a row
        found[str(name)] = Table(int(str(counted[0])), str(counted[1]))
    return found


def policies(connection: Rows) -> str:
    """Return a digest of the policies, grants, triggers and functions, by which two databases are told apart."""
    row = connection.execute(_POLICIES).fetchone()
    return str(row[0]) if row else ""


def run(program: str, arguments: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs: the embedded server's, else the system's. Raises BackupError."""
    own = postgres_programs() / program
    found = str(own) if own.is_file() else shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed: it comes with PostgreSQL's client programs.")
    ran = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - PostgreSQL's
    if ran.returncode:
        raise BackupError(f"{program} failed: {ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else ''}")


def dump(url: str, snapshot: str, into: Path) -> None:
    """Write the whole database as it is in `snapshot`. Raises BackupError."""
    run("pg_dump", ["--format=custom", f"--snapshot={snapshot}", f"--file={into}", f"--dbname={url}"])


def load(file: Path, url: str) -> None:
    """Fill the empty database of `url` in one transaction. Raises BackupError, with nothing filled."""
    run("pg_restore", ["--single-transaction", "--exit-on-error", f"--dbname={url}", str(file)])
