"""Files that hang on topics."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_topic_files"
down_revision = "20261127_endings"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("topic_files", web="select, insert, update", worker="select"))


def downgrade() -> None:
    """What people attached has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.topic_files (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, topic_id uuid not null, media_id uuid,
  digest text not null, filename text not null, mime text not null, size integer not null, added_by uuid not null,
  created_at timestamptz not null default clock_timestamp(), removed_at timestamptz,
  constraint pk_topic_files primary key (agency_id, id),
  constraint fk_topic_files_agency_id_brand_id_topic_id foreign key (agency_id, brand_id, topic_id)
    references app.topics (agency_id, brand_id, id),
  constraint fk_topic_files_agency_id_media_id foreign key (agency_id, media_id) references app.media (agency_id, id),
  constraint fk_topic_files_agency_id_added_by foreign key (agency_id, added_by)
    references app.memberships (agency_id, id),
  constraint ck_topic_files_digest check (digest ~ '^[0-9a-f]{64}$'),
  constraint ck_topic_files_size check (size > 0));
create unique index uq_topic_files_once on app.topic_files (agency_id, topic_id, digest) where removed_at is null;
create index ix_topic_files_agency_id_topic_id on app.topic_files (agency_id, topic_id);
create index ix_topic_files_agency_id_media_id on app.topic_files (agency_id, media_id);
create index ix_topic_files_agency_id_added_by on app.topic_files (agency_id, added_by);
create index ix_topic_files_room on app.topic_files (agency_id) include (size) where media_id is null;
"""
