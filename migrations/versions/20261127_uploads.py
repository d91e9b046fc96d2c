"""Files on their way into a library, received in parts and made anew by a worker."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_uploads"
down_revision = "20261127_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("uploads", web="select, insert, update, delete", worker="select, update, delete"))
    op.execute(protect("upload_parts", web="select, insert", worker="select, delete"))
    op.execute(DISPATCH)


def downgrade() -> None:
    """What is being received has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


# Pictures are compressed already: to try again costs time and gains nothing.
TABLES = """
create table app.uploads (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, membership_id uuid not null,
  filename text not null, size integer not null, received integer not null default 0,
  state text not null default 'receiving', problem text not null default '', media_id uuid,
  tries integer not null default 0, created_at timestamptz not null default clock_timestamp(),
  constraint pk_uploads primary key (agency_id, id),
  constraint fk_uploads_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint fk_uploads_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id),
  constraint fk_uploads_agency_id_media_id foreign key (agency_id, media_id) references app.media (agency_id, id),
  constraint ck_uploads_state check (state in ('receiving', 'preparing', 'added', 'known', 'refused')),
  constraint ck_uploads_received check (received between 0 and size));
create index ix_uploads_agency_id_brand_id_membership_id_created_at
  on app.uploads (agency_id, brand_id, membership_id, created_at);
create index ix_uploads_agency_id_membership_id on app.uploads (agency_id, membership_id);
create index ix_uploads_agency_id_media_id on app.uploads (agency_id, media_id);
create table app.upload_parts (
  agency_id uuid not null, id uuid not null, upload_id uuid not null, position integer not null,
  content bytea not null,
  constraint pk_upload_parts primary key (agency_id, id),
  constraint uq_upload_parts_agency_id_upload_id_position unique (agency_id, upload_id, position),
  constraint fk_upload_parts_agency_id_upload_id foreign key (agency_id, upload_id)
    references app.uploads (agency_id, id) on delete cascade);
alter table app.upload_parts alter column content set storage external;
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind
  check (kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload'));
alter table app.dispatch add constraint ck_dispatch_queue
  check (queue in ('publishing', 'mail', 'approvals', 'imports', 'media'));
"""
