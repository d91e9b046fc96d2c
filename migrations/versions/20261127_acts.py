"""What somebody did to many contents at once, so that it can be taken back."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_acts"
down_revision = "20261127_imports"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("calendar_acts", web="select, insert, update", worker="select"))


def downgrade() -> None:
    """Acts have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.calendar_acts (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, act text not null, told jsonb not null,
  created_at timestamptz not null default clock_timestamp(), undone_at timestamptz,
  constraint pk_calendar_acts primary key (agency_id, id),
  constraint fk_calendar_acts_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade);
create index ix_calendar_acts_agency_id_membership_id on app.calendar_acts (agency_id, membership_id);
"""
