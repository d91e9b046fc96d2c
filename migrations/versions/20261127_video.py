"""Videos of a brand: among its media once they are ready, and apart while a worker prepares them."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_video"
down_revision = "20261127_slots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (MEDIA, INCOMING):
        op.execute(statement)
    op.execute(protect("incoming_videos", web="select, insert, delete", worker="select, update"))
    op.execute(DISPATCH)


def downgrade() -> None:
    """Videos have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


MEDIA = """
alter table app.media add column kind text not null default 'image', add column poster_digest text,
  add column duration_ms integer;
alter table app.media drop constraint ck_media_mime;
alter table app.media add constraint ck_media_mime
  check (mime in ('image/jpeg', 'image/png', 'image/webp', 'image/gif', 'video/mp4', 'video/webm'));
alter table app.media add constraint ck_media_kind check (kind in ('image', 'video'));
alter table app.media add constraint ck_media_video check (
  (kind = 'video') = (mime like 'video/%') and (kind = 'video') = (poster_digest is not null)
  and (kind = 'video') = (coalesce(duration_ms, 0) > 0));
"""

INCOMING = """
create table app.incoming_videos (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, uploaded_by uuid not null, filename text not null,
  size integer not null, shape text not null, state text not null default 'waiting', reason text not null default '',
  media_id uuid, created_at timestamptz not null default clock_timestamp(),
  constraint pk_incoming_videos primary key (agency_id, id),
  constraint fk_incoming_videos_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_incoming_videos_agency_id_uploaded_by foreign key (agency_id, uploaded_by)
    references app.memberships (agency_id, id),
  constraint fk_incoming_videos_agency_id_media_id foreign key (agency_id, media_id)
    references app.media (agency_id, id),
  constraint ck_incoming_videos_shape check (shape in ('mov', 'matroska')),
  constraint ck_incoming_videos_state check (state in ('waiting', 'refused', 'ready')),
  constraint ck_incoming_videos_ended check (
    (state = 'refused') = (reason <> '') and (state = 'ready') = (media_id is not null)),
  constraint ck_incoming_videos_size check (size > 0));
create index ix_incoming_videos_agency_id_brand_id on app.incoming_videos (agency_id, brand_id);
create index ix_incoming_videos_agency_id_uploaded_by on app.incoming_videos (agency_id, uploaded_by);
create index ix_incoming_videos_agency_id_media_id on app.incoming_videos (agency_id, media_id)
  where media_id is not null;
create index ix_incoming_videos_room on app.incoming_videos (agency_id) include (size) where state = 'waiting';
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind
  check (kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights', 'video'));
alter table app.dispatch add constraint ck_dispatch_queue
  check (queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights', 'videos'));
"""
