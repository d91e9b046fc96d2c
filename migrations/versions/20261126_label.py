"""What clients see is the agency's: its name on mails, its brands' logos, its own web addresses."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_label"
down_revision = "20261126_portal"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(DOMAINS)
    op.execute(protect("agency_domains", worker="select, update"))
    op.execute(HOSTS)


def downgrade() -> None:
    """Links that were mailed with an agency's own address would lead nowhere."""
    raise RuntimeError("restore the backup that was taken before this release")


COLUMNS = """
alter table app.agencies add column sender_name text;
alter table app.agencies add column contact_email text;
alter table app.agencies add column white_label boolean not null default true;
alter table app.brands add column logo_digest text;
alter table app.brands add column logo_mime text;
alter table app.brands add column logo_width integer;
alter table app.brands add column logo_height integer;
alter table app.brands add constraint ck_brands_logo
  check (num_nonnulls(logo_digest, logo_mime, logo_width, logo_height) in (0, 4)
    and logo_mime in ('image/png', 'image/jpeg'));
"""

DOMAINS = """
create table app.agency_domains (
  agency_id uuid not null,
  id uuid not null,
  host text not null,
  token text not null,
  added_by uuid not null,
  verified_at timestamptz,
  lost_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_agency_domains primary key (agency_id, id),
  constraint uq_agency_domains_agency_id_host unique (agency_id, host),
  constraint fk_agency_domains_agency_id_added_by foreign key (agency_id, added_by)
    references app.memberships (agency_id, id),
  constraint ck_agency_domains_host check (host = lower(host) and length(host) <= 253)
);
"""

# Read across agencies by its nature: a request names a host before anybody knows whose it is. What may be written is
# held to the agency that is acted for.
HOSTS = """
create table app.trusted_hosts (
  host text not null,
  agency_id uuid not null,
  domain_id uuid not null,
  verified_at timestamptz not null default clock_timestamp(),
  checked_at timestamptz not null default clock_timestamp(),
  constraint pk_trusted_hosts primary key (host),
  constraint fk_trusted_hosts_agency_id foreign key (agency_id)
    references app.directory (agency_id) on delete cascade,
  constraint fk_trusted_hosts_agency_id_domain_id foreign key (agency_id, domain_id)
    references app.agency_domains (agency_id, id) on delete cascade,
  constraint ck_trusted_hosts_host check (host = lower(host) and length(host) <= 253)
);
create index ix_trusted_hosts_agency_id_domain_id on app.trusted_hosts (agency_id, domain_id);
alter table app.trusted_hosts enable row level security;
alter table app.trusted_hosts force row level security;
create policy everywhere on app.trusted_hosts as permissive for select to unisson_web, unisson_worker using (true);
create policy own on app.trusted_hosts as permissive for insert to unisson_web
  with check (agency_id = (select app.agency()));
create policy own_check on app.trusted_hosts as permissive for update to unisson_web, unisson_worker
  using (agency_id = (select app.agency())) with check (agency_id = (select app.agency()));
create policy own_removal on app.trusted_hosts as permissive for delete to unisson_web, unisson_worker
  using (agency_id = (select app.agency()));
grant select, insert, delete on app.trusted_hosts to unisson_web;
grant select, delete on app.trusted_hosts to unisson_worker;
grant update (checked_at) on app.trusted_hosts to unisson_web, unisson_worker;
grant select on app.trusted_hosts to unisson_backup;
"""
