"""Row-level security as SQL, for migrations, and the questions to the catalog that show it holds.

The design and its pitfalls: one RESTRICTIVE policy a table holds rows to `app.agency()` (permissive policies are
OR-ed and would leak beside each other), one permissive policy lets the application's roles in, FORCE binds the owner
too, and no role that the application signs in with may bypass any of it.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

OWNER = "unisson_owner"
WEB = "unisson_web"
WORKER = "unisson_worker"
DISPATCH = "unisson_dispatch"
BACKUP = "unisson_backup"
ERASER = "unisson_eraser"
"""Deletes what no other role may. Nobody signs in as it: a worker takes it on for a brand whose time is over."""
LOGIN_ROLES = (WEB, WORKER, DISPATCH)

SCHEMA_SQL = """
create function app.agency() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.agency_id', true), '')::uuid $$;
grant usage on schema app to unisson_web, unisson_worker, unisson_dispatch, unisson_backup;
"""

DEFINER_FUNCTIONS: frozenset[str] = frozenset()
"""SECURITY DEFINER functions that may exist. None is needed so far."""


def protect(table: str, *, web: str = "select, insert, update, delete", worker: str | None = None) -> str:
    """Return the SQL that holds `table` to one agency and grants the two application roles what is named.

    The eraser may delete from it: rows go with their brand (`unisson.closing.deleting`).
    """
    return f"""
alter table app.{table} enable row level security;
alter table app.{table} force row level security;
create policy tenant on app.{table} as restrictive for all
  using (agency_id = (select app.agency())) with check (agency_id = (select app.agency()));
create policy application on app.{table} as permissive for all to {WEB}, {WORKER}, {ERASER}
  using (true) with check (true);
grant {web} on app.{table} to {WEB};
grant {worker or web} on app.{table} to {WORKER};
grant select on app.{table} to {BACKUP};
grant select, delete on app.{table} to {ERASER};
"""


def create_roles(connection: Connection, passwords: dict[str, str]) -> None:
    """Create the product's roles where they are missing, and set the passwords of those that sign in.

    Needs a superuser or a CREATEROLE role. The backup role's BYPASSRLS needs a superuser; without one the role is
    left out and `pg_dump` runs as whatever the operator has.
    """
    for role, attributes in _roles():
        exists = connection.execute(text("select 1 from pg_roles where rolname = :r"), {"r": role}).scalar()
        if not exists:
            with connection.begin_nested():
                connection.exec_driver_sql(f"create role {role} {attributes}")
    for role, password in passwords.items():
        literal = connection.execute(text("select quote_literal(:p)"), {"p": password}).scalar_one()
        connection.exec_driver_sql(f"alter role {role} password {literal}")
    connection.exec_driver_sql(f"grant {OWNER} to current_user")
    connection.exec_driver_sql(f"grant {ERASER} to {WORKER}")


def _roles() -> Iterable[tuple[str, str]]:
    plain = "nosuperuser nobypassrls nocreatedb nocreaterole noinherit"
    yield OWNER, f"nologin {plain}"
    yield ERASER, f"nologin {plain}"
    yield from ((role, f"login {plain}") for role in LOGIN_ROLES)
    yield BACKUP, "login nosuperuser bypassrls nocreatedb nocreaterole noinherit"


_TENANT_TABLES = """
tenant_tables as (
  select c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'app' and c.relkind in ('r', 'p') and c.relname <> all(:global_tables)
)
"""

CATALOG_CHECKS: dict[str, str] = {
    "tables without row-level security enabled and forced": f"""
with {_TENANT_TABLES} select relname from tenant_tables where not (relrowsecurity and relforcerowsecurity)""",
    "tables whose primary key is not led by a mandatory agency_id": f"""
with {_TENANT_TABLES} select relname from tenant_tables t where not exists (
  select from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
  where i.indrelid = t.oid and i.indisprimary and a.attname = 'agency_id' and a.attnotnull)""",
    "tables without exactly one restrictive tenant policy with both halves": f"""
with {_TENANT_TABLES} select relname from tenant_tables t where 1 <> (
  select count(*) from pg_policy p where p.polrelid = t.oid and not p.polpermissive and p.polname = 'tenant'
  and p.polcmd = '*' and pg_get_expr(p.polqual, p.polrelid) like '%app.agency()%'
  and pg_get_expr(p.polwithcheck, p.polrelid) like '%app.agency()%')""",
    "permissive policies other than the application's": f"""
with {_TENANT_TABLES} select t.relname || '.' || p.polname from tenant_tables t
join pg_policy p on p.polrelid = t.oid where p.polpermissive and p.polname <> 'application'
and (t.relname, p.polname, p.polcmd) <> ('marks', 'owner', 'a')""",  # what a foreign key deletes, the owner marks
    "foreign keys between tenant tables that may leave the agency": f"""
with {_TENANT_TABLES} select k.conname from pg_constraint k
join tenant_tables a on a.oid = k.conrelid join tenant_tables b on b.oid = k.confrelid
join pg_attribute f on f.attrelid = k.conrelid and f.attnum = k.conkey[1]
join pg_attribute g on g.attrelid = k.confrelid and g.attnum = k.confkey[1]
where k.contype = 'f' and not (f.attname = 'agency_id' and g.attname = 'agency_id')""",
    "unique indexes not led by agency_id": f"""
with {_TENANT_TABLES} select i.indexrelid::regclass::text from pg_index i
join tenant_tables t on t.oid = i.indrelid
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indisunique and a.attname <> 'agency_id'""",
    "views that run with their owner's eyes": """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'app' and c.relkind = 'v'
and not coalesce(c.reloptions @> array['security_invoker=true'], false)""",
    "materialized views": """
select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'app' and c.relkind = 'm'""",
    "security definer functions that are not on the list": """
select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = 'app' and p.prosecdef and (p.proname <> all(:definers)
  or not exists (select from unnest(p.proconfig) s where s like 'search_path=%'))""",
    "application roles that may bypass": """
select rolname from pg_roles where rolname = any(:login_roles)
and (rolsuper or rolbypassrls or rolcreaterole or pg_has_role(oid, 'unisson_owner', 'member'))""",
    "grants of truncate, references or trigger to application roles": """
select grantee || ' ' || privilege_type || ' ' || table_name from information_schema.role_table_grants
where table_schema = 'app' and grantee = any(:login_roles)
and privilege_type in ('TRUNCATE', 'REFERENCES', 'TRIGGER')""",
    "objects owned by an application role": """
select c.relname from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = any(:login_roles)""",
    "enum columns (their equality is not leakproof)": f"""
with {_TENANT_TABLES} select t.relname || '.' || a.attname from tenant_tables t
join pg_attribute a on a.attrelid = t.oid join pg_type y on y.oid = a.atttypid where y.typtype = 'e'""",
    "tables that anybody else may touch": """
select table_name || ' ' || grantee from information_schema.role_table_grants
where table_schema = 'app' and grantee = 'PUBLIC'""",
}
"""Each question is to be answered with no rows."""


def catalog_faults(connection: Connection, global_tables: Iterable[str]) -> dict[str, list[str]]:
    """Return what breaks the rules of isolation in the database as it stands: rule → names. Empty when all hold."""
    values = {
        "global_tables": list(global_tables),
        "definers": list(DEFINER_FUNCTIONS),
        "login_roles": list(LOGIN_ROLES),
    }
    faults: dict[str, list[str]] = {}
    for rule, question in CATALOG_CHECKS.items():
        wanted = {name: value for name, value in values.items() if f":{name}" in question}
        names = connection.execute(text(question), wanted).scalars().all()
        if names:
            faults[rule] = [str(name) for name in names]
    return faults
