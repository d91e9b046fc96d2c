"""The release step: roles, schema and migrations, run as the database's owner."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url, text

from tenants.isolation import LOGIN_ROLES, OWNER, create_roles
from unisson.config import Settings, role_password
from unisson.resources import resource

MINIMUM_SERVER = 150018
"""PostgreSQL 15.18: earlier minors leak rows through statistics under row-level security (CVE-2025-8713)."""


def migrate(settings: Settings) -> None:
    """Bring the database to the newest migration: roles first, then the schema, each in one transaction."""
    engine = create_engine(make_url(settings.database_url).set(drivername="postgresql+psycopg"))
    try:
        with engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext('unisson.migrate'))"))
            _prepare(connection, {role: role_password(settings.secret_key, role) for role in LOGIN_ROLES})
        with engine.connect() as connection:
            upgrade(connection)
            connection.commit()
    finally:
        engine.dispose()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to `revision` on a connection of the owner."""
    config = Config()
    config.set_main_option("script_location", str(resource("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _prepare(connection: Connection, passwords: dict[str, str]) -> None:
    version = connection.execute(text("select current_setting('server_version_num')::int")).scalar_one()
    if version < MINIMUM_SERVER:
        raise RuntimeError(f"PostgreSQL {version} is too old: 15.18 or newer is needed")
    create_roles(connection, passwords)
    connection.exec_driver_sql(f"create schema if not exists app authorization {OWNER}")
    name = connection.execute(text("select quote_ident(current_database())")).scalar_one()
    connection.exec_driver_sql(f"grant connect on database {name} to {', '.join(LOGIN_ROLES)}")
