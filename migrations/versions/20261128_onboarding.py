"""What a brand was said not to need of its onboarding."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_onboarding"
down_revision = "20261127_trail"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(protect("brand_skips", web="select, insert, delete", worker="select"))


def downgrade() -> None:
    """Only what was set aside is forgotten: the rest is read from what is there."""
    op.execute("drop table app.brand_skips")


TABLE = """
create table app.brand_skips (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, step text not null, skipped_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_brand_skips primary key (agency_id, id),
  constraint fk_brand_skips_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id) on delete cascade,
  constraint fk_brand_skips_agency_id_skipped_by foreign key (agency_id, skipped_by)
    references app.memberships (agency_id, id),
  constraint uq_brand_skips_agency_id_brand_id_step unique (agency_id, brand_id, step),
  constraint ck_brand_skips_step check (
    step in ('logo', 'chain', 'strategy', 'cm', 'rp', 'client', 'channel', 'plan', 'approval')));
"""
