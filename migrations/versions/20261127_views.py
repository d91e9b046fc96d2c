"""Views of the calendar that a person keeps by name, and the one that the calendar opens with."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_views"
down_revision = "20261127_topic_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("calendar_views", "calendar_openings"):
        op.execute(protect(table, web="select, insert, update, delete", worker="select"))


def downgrade() -> None:
    """Views that people keep have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.calendar_views (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, name text not null, view text not null,
  brands jsonb not null default '[]', asked jsonb not null default '[]', is_shared boolean not null default false,
  created_at timestamptz not null default clock_timestamp(), removed_at timestamptz,
  constraint pk_calendar_views primary key (agency_id, id),
  constraint fk_calendar_views_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint ck_calendar_views_view check (view in ('month', 'week', 'day', 'list', 'board', 'year')));
create index ix_calendar_views_agency_id_membership_id on app.calendar_views (agency_id, membership_id);
create index ix_calendar_views_shared on app.calendar_views (agency_id) where is_shared and removed_at is null;

create table app.calendar_openings (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, view_id uuid not null,
  constraint pk_calendar_openings primary key (agency_id, id),
  constraint uq_calendar_openings_agency_id_membership_id unique (agency_id, membership_id),
  constraint fk_calendar_openings_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint fk_calendar_openings_agency_id_view_id foreign key (agency_id, view_id)
    references app.calendar_views (agency_id, id) on delete cascade);
create index ix_calendar_openings_agency_id_view_id on app.calendar_openings (agency_id, view_id);
"""
