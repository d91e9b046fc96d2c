"""Strategies of brands, black-outs, and the pillar that a content speaks of."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_strategy"
down_revision = "20261127_embargo"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("strategies", web="select, insert, update", worker="select"))
    op.execute(protect("black_outs", web="select, insert, delete", worker="select"))


def downgrade() -> None:
    """Strategies have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.strategies (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, title text not null, starts_on date not null,
  ends_on date not null, objectives text not null default '', messages text not null default '',
  tone text not null default '', spokespersons text not null default '', links text not null default '',
  pillars jsonb not null default '[]', banned jsonb not null default '[]', mentions jsonb not null default '{}',
  weights jsonb not null default '{}', archived_at timestamptz, version integer not null default 1,
  created_by uuid not null, created_at timestamptz not null default clock_timestamp(),
  constraint pk_strategies primary key (agency_id, id),
  constraint fk_strategies_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_strategies_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint ck_strategies_period check (ends_on >= starts_on));
create index ix_strategies_agency_id_brand_id_starts_on on app.strategies (agency_id, brand_id, starts_on);
create index ix_strategies_agency_id_created_by on app.strategies (agency_id, created_by);
create table app.black_outs (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, starts_on date not null, ends_on date not null,
  reason text not null, stops boolean not null default true,
  constraint pk_black_outs primary key (agency_id, id),
  constraint fk_black_outs_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint ck_black_outs_period check (ends_on >= starts_on));
create index ix_black_outs_agency_id_brand_id_starts_on on app.black_outs (agency_id, brand_id, starts_on);
alter table app.contents add column pillar text not null default '';
"""
