"""Topics: what a brand has to say, the word of each pole on it, and the contents that hang on it."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_topics"
down_revision = "20261126_threads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("topics", web="select, insert, update"))


def downgrade() -> None:
    """Topics have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.topics (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, title text not null,
  objective text not null default '', key_messages text not null default '', audience text not null default '',
  cm_lead_id uuid, rp_lead_id uuid, cm_word text not null default 'undecided',
  rp_word text not null default 'undecided', version integer not null default 1, created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_topics primary key (agency_id, id),
  constraint uq_topics_agency_id_brand_id_id unique (agency_id, brand_id, id),
  constraint fk_topics_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint fk_topics_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint fk_topics_agency_id_cm_lead_id foreign key (agency_id, cm_lead_id)
    references app.memberships (agency_id, id),
  constraint fk_topics_agency_id_rp_lead_id foreign key (agency_id, rp_lead_id)
    references app.memberships (agency_id, id),
  constraint ck_topics_cm_word check (cm_word in ('undecided', 'concerned', 'not_concerned', 'later')),
  constraint ck_topics_rp_word check (rp_word in ('undecided', 'concerned', 'not_concerned', 'later')));
create index ix_topics_agency_id_created_by on app.topics (agency_id, created_by);
create index ix_topics_agency_id_cm_lead_id on app.topics (agency_id, cm_lead_id);
create index ix_topics_agency_id_rp_lead_id on app.topics (agency_id, rp_lead_id);
alter table app.contents add column topic_id uuid;
alter table app.contents add constraint fk_contents_agency_id_brand_id_topic_id
  foreign key (agency_id, brand_id, topic_id) references app.topics (agency_id, brand_id, id);
create index ix_contents_agency_id_topic_id on app.contents (agency_id, topic_id) where topic_id is not null;
"""
