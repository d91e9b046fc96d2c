"""Notes and events on the days of a brand's calendar."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_notes"
down_revision = "20261127_video"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(protect("calendar_notes", web="select, insert, update", worker="select"))


def downgrade() -> None:
    """What was noted has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLE = """
create table app.calendar_notes (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, kind text not null, title text not null,
  details text not null default '', starts_on date not null, ends_on date not null, created_by uuid not null,
  archived_at timestamptz, version integer not null default 1,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_calendar_notes primary key (agency_id, id),
  constraint fk_calendar_notes_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_calendar_notes_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint ck_calendar_notes_kind check (kind in ('note', 'event')),
  constraint ck_calendar_notes_period check (ends_on >= starts_on));
create index ix_calendar_notes_agency_id_brand_id_starts_on on app.calendar_notes (agency_id, brand_id, starts_on);
create index ix_calendar_notes_agency_id_created_by on app.calendar_notes (agency_id, created_by);
"""
