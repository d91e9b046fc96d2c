"""What stands beside a text: the card of its first link, how links are tagged, the posts that continue it; and templates."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_links"
down_revision = "20261127_press"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(BESIDE)
    op.execute(TAGGINGS)
    op.execute(RIGHTS)
    op.execute(TEMPLATES)
    op.execute(protect("content_templates", web="select, insert, update", worker="select"))
    op.execute(protect("link_taggings", web="select, insert, update", worker="select"))


def downgrade() -> None:
    """What was written beside texts has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


BESIDE = """
alter table app.contents add column card jsonb, add column tagged boolean,
  add column thread jsonb not null default '[]';
"""

TAGGINGS = """
create table app.link_taggings (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, is_on boolean not null default false,
  sources jsonb not null default '{}', medium text not null default '', campaign text not null default '',
  version integer not null default 1,
  constraint pk_link_taggings primary key (agency_id, id),
  constraint fk_link_taggings_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint uq_link_taggings_agency_id_brand_id unique (agency_id, brand_id));
"""

TEMPLATES = """
create table app.content_templates (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, name text not null, draft jsonb not null,
  archived_at timestamptz, version integer not null default 1, created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_content_templates primary key (agency_id, id),
  constraint fk_content_templates_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_content_templates_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id));
create index ix_content_templates_agency_id_brand_id on app.content_templates (agency_id, brand_id);
create index ix_content_templates_agency_id_created_by on app.content_templates (agency_id, created_by);
"""

RIGHTS = """
create or replace function app.rights_have_ended(agency uuid, revision uuid) returns boolean language sql as $$
  select exists (
    select from app.revisions r
      join app.contents c on c.agency_id = r.agency_id and c.id = r.content_id
      join app.brands b on b.agency_id = c.agency_id and b.id = c.brand_id
     cross join lateral jsonb_array_elements(
       coalesce(r.payload -> 'pictures', '[]')
       || case when jsonb_typeof(r.payload -> 'card' -> 'image') = 'object'
               then jsonb_build_array(r.payload -> 'card' -> 'image') else '[]' end) picture
      join app.media m on m.agency_id = r.agency_id and m.id = (picture ->> 'id')::uuid
     where r.agency_id = agency and r.id = revision
       and m.rights_until < (clock_timestamp() at time zone b.timezone)::date) $$;
"""
