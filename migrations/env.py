"""Alembic's environment: migrations run as the owner, in one transaction, and wait for locks only briefly."""

from alembic import context
from sqlalchemy import Connection, text

from unisson.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table_schema="app",
    include_schemas=True,
    include_name=lambda name, kind, _parents: kind != "schema" or name == "app",
    compare_server_default=False,
)
with context.begin_transaction():
    connection.execute(text("set local lock_timeout = '5s'"))
    connection.execute(text("set local role unisson_owner"))
    context.run_migrations()
