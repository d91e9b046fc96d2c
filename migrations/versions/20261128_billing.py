"""Billing: what Stripe said of an agency, its invoices, what it was told, and in which standing it is."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_billing"
down_revision = "20261128_seals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (STANDING, TABLES):
        op.execute(statement)
    op.execute(protect("billing_accounts", web="select, insert, update"))
    op.execute(protect("billing_invoices", web="select", worker="select, insert, update"))
    op.execute(protect("billing_notices", web="select", worker="select, insert"))
    for statement in (ROLL, DISPATCH, LETTERS):
        op.execute(statement)


def downgrade() -> None:
    """Who pays for what would be forgotten."""
    raise RuntimeError("restore the backup that was taken before this release")


STANDING = """
alter table app.agencies add column standing text not null default 'good', add column standing_why text,
  add column standing_until timestamptz;
alter table app.agencies
  add constraint ck_agencies_standing check (standing in ('good', 'notice', 'read_only', 'stopped')),
  add constraint ck_agencies_standing_why check (standing_why in ('trial', 'payment', 'ended')),
  add constraint ck_agencies_standing_said check ((standing = 'good') = (standing_why is null));
grant update (standing, standing_why, standing_until) on app.agencies to unisson_worker;
"""

TABLES = """
create table app.billing_accounts (
  agency_id uuid not null, id uuid not null, trial_ends_at timestamptz not null, customer_id text, checkout_id text,
  subscription_id text, status text, price_id text, brands integer, interval text, currency text,
  period_ends_at timestamptz, ends_at timestamptz, lapsed_at timestamptz, next_invoice_at timestamptz,
  next_amount bigint, fetched_at timestamptz, created_at timestamptz not null default clock_timestamp(),
  constraint pk_billing_accounts primary key (agency_id, id),
  constraint ck_billing_accounts_one check (id = agency_id),
  constraint ck_billing_accounts_interval check (interval in ('month', 'year')),
  constraint ck_billing_accounts_brands check (brands >= 0));
create table app.billing_invoices (
  agency_id uuid not null, id uuid not null, stripe_id text not null, number text, status text not null,
  issued_at timestamptz not null, amount bigint not null, currency text not null, page_url text, pdf_url text,
  constraint pk_billing_invoices primary key (agency_id, id),
  constraint uq_billing_invoices_agency_id_stripe_id unique (agency_id, stripe_id));
create table app.billing_notices (
  agency_id uuid not null, id uuid not null, step text not null, closes_at timestamptz not null,
  told_at timestamptz not null default clock_timestamp(),
  constraint pk_billing_notices primary key (agency_id, id),
  constraint uq_billing_notices_agency_id_step_closes_at unique (agency_id, step, closes_at));
"""

# Read across agencies by its nature: an event names a customer before anybody knows whose it is. What may be written
# is held to the agency that is acted for.
ROLL = """
create table app.billing_roll (
  agency_id uuid not null, customer_id text, created_at timestamptz not null default clock_timestamp(),
  constraint pk_billing_roll primary key (agency_id),
  constraint uq_billing_roll_customer_id unique (customer_id),
  constraint fk_billing_roll_agency_id foreign key (agency_id) references app.directory (agency_id) on delete cascade);
alter table app.billing_roll enable row level security;
alter table app.billing_roll force row level security;
create policy everywhere on app.billing_roll as permissive for select to unisson_web, unisson_worker using (true);
create policy own on app.billing_roll as permissive for insert to unisson_web, unisson_worker
  with check (agency_id = (select app.agency()));
create policy own_change on app.billing_roll as permissive for update to unisson_web, unisson_worker
  using (agency_id = (select app.agency())) with check (agency_id = (select app.agency()));
grant select, insert on app.billing_roll to unisson_web, unisson_worker;
grant select on app.billing_roll to unisson_backup;
grant update (customer_id) on app.billing_roll to unisson_web, unisson_worker;

create table app.billing_events (
  id text not null, type text not null, customer_id text, is_heeded boolean not null,
  happened_at timestamptz not null, received_at timestamptz not null default clock_timestamp(),
  constraint pk_billing_events primary key (id));
grant select, insert on app.billing_events to unisson_web;
grant select, delete on app.billing_events to unisson_worker;
grant select on app.billing_events to unisson_backup;

create table app.billing_prices (
  id text not null, currency text not null, amount bigint not null, before_tax boolean not null,
  fetched_at timestamptz not null default clock_timestamp(),
  constraint pk_billing_prices primary key (id));
grant select on app.billing_prices to unisson_web, unisson_backup;
grant select, insert, update on app.billing_prices to unisson_worker;
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind
  check (kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights', 'video', 'billing'));
alter table app.dispatch add constraint ck_dispatch_queue
  check (queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights', 'videos', 'billing'));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing'));
"""
