"""Documents that come with the messages of threads."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_files"
down_revision = "20261126_topics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("thread_files", web="select, insert"))
    # Images come by mail too, which the worker reads.
    op.execute("grant insert on app.media to unisson_worker")


def downgrade() -> None:
    """What people attached has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.thread_files (
  agency_id uuid not null, id uuid not null, message_id uuid not null, digest text not null, filename text not null,
  mime text not null, size integer not null, position integer not null,
  constraint pk_thread_files primary key (agency_id, id),
  constraint uq_thread_files_agency_id_message_id_position unique (agency_id, message_id, position),
  constraint fk_thread_files_agency_id_message_id foreign key (agency_id, message_id)
    references app.thread_messages (agency_id, id) on delete cascade,
  constraint ck_thread_files_digest check (digest ~ '^[0-9a-f]{64}$'),
  constraint ck_thread_files_size check (size > 0));
"""
