"""Signing in by an agency's own identity provider: the providers, who is linked to whom, whose a mail domain is."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_oidc"
down_revision = "20261128_passkeys"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(PROVIDERS)
    op.execute(protect("identity_providers", worker="select"))
    op.execute(LINKS)
    op.execute(MAIL_DOMAINS)
    op.execute(protect("mail_domains", worker="select, update"))
    op.execute(CLAIMED)
    op.execute(LETTERS)


def downgrade() -> None:
    """Whoever comes in by a provider alone would stand before a closed door."""
    raise RuntimeError("restore the backup that was taken before this release")


COLUMNS = """
alter table app.sign_ins add column by_password boolean not null default true;
alter table app.sign_ins add column sso_agency_ids uuid[] not null default '{}';
alter table app.agencies add column sign_on_from timestamptz;
alter table app.memberships add column breaks_glass boolean not null default false;
"""

PROVIDERS = """
create table app.identity_providers (
  agency_id uuid not null, id uuid not null, kind text not null, name text not null, issuer text not null,
  client_id text not null, secret bytea not null,
  authorization_endpoint text not null, token_endpoint text not null, jwks_uri text not null, userinfo_endpoint text,
  auth_method text not null, names_issuer boolean not null,
  joining boolean not null default false, joining_role text not null default 'member',
  joining_brand_id uuid, joining_brand_role text,
  added_by uuid not null,
  checked_at timestamptz not null default clock_timestamp(), off_since timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_identity_providers primary key (agency_id, id),
  constraint uq_identity_providers_agency_id_issuer unique (agency_id, issuer),
  constraint fk_identity_providers_agency_id_added_by foreign key (agency_id, added_by)
    references app.memberships (agency_id, id),
  constraint fk_identity_providers_agency_id_joining_brand_id foreign key (agency_id, joining_brand_id)
    references app.brands (agency_id, id),
  constraint ck_identity_providers_kind check (kind in ('google', 'microsoft', 'other')),
  constraint ck_identity_providers_auth_method check (auth_method in ('client_secret_basic', 'client_secret_post')),
  constraint ck_identity_providers_joining_role check (joining_role in ('member', 'account_manager')),
  constraint ck_identity_providers_joining_brand_role check (joining_brand_role in
    ('cm', 'rp', 'client_approver', 'client_contact', 'legal', 'spokesperson', 'expert')),
  constraint ck_identity_providers_joining_brand check (num_nonnulls(joining_brand_id, joining_brand_role) in (0, 2)));
"""

LINKS = """
create table app.identity_links (
  id uuid not null, issuer text not null, subject text not null, identity_id uuid not null, email text,
  linked_at timestamptz not null default clock_timestamp(), last_used_at timestamptz,
  constraint pk_identity_links primary key (id),
  constraint uq_identity_links_issuer_subject unique (issuer, subject),
  constraint fk_identity_links_identity_id foreign key (identity_id) references app.identities (id) on delete cascade,
  constraint ck_identity_links_subject check (length(subject) between 1 and 255));
create index ix_identity_links_identity_id on app.identity_links (identity_id);
grant select, insert, update, delete on app.identity_links to unisson_web;
grant select on app.identity_links to unisson_backup;
"""

MAIL_DOMAINS = """
create table app.mail_domains (
  agency_id uuid not null, id uuid not null, domain text not null, token text not null, added_by uuid not null,
  claimed_at timestamptz, claimed_by text, lost_at timestamptz,
  code_to text, code_hash bytea, code_until timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_mail_domains primary key (agency_id, id),
  constraint uq_mail_domains_agency_id_domain unique (agency_id, domain),
  constraint fk_mail_domains_agency_id_added_by foreign key (agency_id, added_by)
    references app.memberships (agency_id, id),
  constraint ck_mail_domains_domain check (domain = lower(domain) and length(domain) <= 253),
  constraint ck_mail_domains_claimed_by check (claimed_by in ('dns', 'mail')));
"""

# Read across agencies by its nature: an address is typed before anybody knows whose it is. What may be written is held
# to the agency that is acted for.
CLAIMED = """
create table app.claimed_mail_domains (
  domain text not null, agency_id uuid not null, mail_domain_id uuid not null,
  checked_at timestamptz not null default clock_timestamp(),
  constraint pk_claimed_mail_domains primary key (domain),
  constraint fk_claimed_mail_domains_agency_id foreign key (agency_id)
    references app.directory (agency_id) on delete cascade,
  constraint fk_claimed_mail_domains_agency_id_mail_domain_id foreign key (agency_id, mail_domain_id)
    references app.mail_domains (agency_id, id) on delete cascade,
  constraint ck_claimed_mail_domains_domain check (domain = lower(domain) and length(domain) <= 253));
create index ix_claimed_mail_domains_agency_id_mail_domain_id on app.claimed_mail_domains (agency_id, mail_domain_id);
alter table app.claimed_mail_domains enable row level security;
alter table app.claimed_mail_domains force row level security;
create policy everywhere on app.claimed_mail_domains as permissive for select to unisson_web using (true);
create policy own on app.claimed_mail_domains as permissive for insert to unisson_web
  with check (agency_id = (select app.agency()));
create policy own_check on app.claimed_mail_domains as permissive for update to unisson_web
  using (agency_id = (select app.agency())) with check (agency_id = (select app.agency()));
create policy own_removal on app.claimed_mail_domains as permissive for delete to unisson_web
  using (agency_id = (select app.agency()));
grant select, insert, delete on app.claimed_mail_domains to unisson_web;
grant update (checked_at) on app.claimed_mail_domains to unisson_web;
grant select on app.claimed_mail_domains to unisson_backup;
"""

LETTERS = """
alter table app.identity_letters drop constraint ck_identity_letters_purpose;
alter table app.identity_letters add constraint ck_identity_letters_purpose check (purpose in (
  'verification', 'password_reset', 'already_registered', 'factor_on', 'factor_off', 'recovery_used', 'recovery_new',
  'codes_off', 'passkey_added', 'passkey_removed', 'passkey_copied', 'linked', 'unlinked'));
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing', 'domain_code'));
"""
