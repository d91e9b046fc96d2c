"""Private feeds of the calendar, each read by whoever holds its address."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_feeds"
down_revision = "20261127_strategy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("calendar_feeds", web="select, insert, update", worker="select"))


def downgrade() -> None:
    """Feeds have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.calendar_feeds (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, brand_id uuid, name text not null,
  token_hash bytea not null, created_at timestamptz not null default clock_timestamp(), read_at timestamptz,
  revoked_at timestamptz,
  constraint pk_calendar_feeds primary key (agency_id, id),
  constraint uq_calendar_feeds_agency_id_token_hash unique (agency_id, token_hash),
  constraint fk_calendar_feeds_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint fk_calendar_feeds_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id));
create index ix_calendar_feeds_agency_id_membership_id on app.calendar_feeds (agency_id, membership_id);
create index ix_calendar_feeds_agency_id_brand_id on app.calendar_feeds (agency_id, brand_id);
"""
