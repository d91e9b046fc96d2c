"""The weekly rhythm of a brand: at what time of which weekday something goes out on a channel."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_slots"
down_revision = "20261127_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("brand_slots", web="select, insert, delete", worker="select"))


def downgrade() -> None:
    """A rhythm has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.brand_slots (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, channel_id uuid not null,
  weekday integer not null, wall_clock time not null,
  constraint pk_brand_slots primary key (agency_id, id),
  constraint fk_brand_slots_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_brand_slots_agency_id_channel_id foreign key (agency_id, channel_id)
    references app.channels (agency_id, id),
  constraint uq_brand_slots_agency_id_brand_id_channel_id_weekday_wall_clock
    unique (agency_id, brand_id, channel_id, weekday, wall_clock),
  constraint ck_brand_slots_weekday check (weekday between 0 and 6));
create index ix_brand_slots_agency_id_channel_id on app.brand_slots (agency_id, channel_id);
"""
