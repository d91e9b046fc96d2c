"""A brand is packed whole, or deleted after thirty days by a role of its own; what must be provable is kept."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_closing"
down_revision = "20261128_factor_resets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(EXPORTS)
    op.execute(ENDINGS)
    op.execute(protect("brand_exports", web="select, insert, update", worker="select, update"))
    op.execute(protect("brand_endings", web="select, insert, update, delete", worker="select, update"))
    op.execute(protect("brand_records", web="select", worker="select, insert, update"))
    op.execute(protect("kept_decisions", web="select", worker="select, insert"))
    for statement in (DISPATCH, ERASER, GUARDS, GATE):
        op.execute(statement)


def downgrade() -> None:
    """What is kept of deleted brands has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


EXPORTS = """
create table app.brand_exports (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, asked_by uuid not null,
  state text not null default 'packing', plan jsonb not null default '[]', parts jsonb not null default '[]',
  missing integer not null default 0, expires_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_brand_exports primary key (agency_id, id),
  constraint fk_brand_exports_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_brand_exports_agency_id_asked_by foreign key (agency_id, asked_by)
    references app.memberships (agency_id, id),
  constraint ck_brand_exports_state check (state in ('packing', 'ready', 'over')));
create index ix_brand_exports_agency_id_brand_id_created_at on app.brand_exports (agency_id, brand_id, created_at);
create index ix_brand_exports_agency_id_asked_by on app.brand_exports (agency_id, asked_by);
"""

ENDINGS = """
create table app.brand_endings (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, asked_by uuid not null,
  asked_at timestamptz not null default clock_timestamp(), ends_at timestamptz not null, begun_at timestamptz,
  constraint pk_brand_endings primary key (agency_id, id),
  constraint fk_brand_endings_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_brand_endings_agency_id_asked_by foreign key (agency_id, asked_by)
    references app.memberships (agency_id, id),
  constraint uq_brand_endings_agency_id_brand_id unique (agency_id, brand_id));
create index ix_brand_endings_agency_id_asked_by on app.brand_endings (agency_id, asked_by);
create table app.brand_records (
  agency_id uuid not null, id uuid not null, slug text not null, name text not null, timezone text not null,
  opened_at timestamptz not null, asked_by uuid not null, asked_at timestamptz not null,
  rows bigint not null default 0, leftovers jsonb not null default '[]', erased_at timestamptz,
  constraint pk_brand_records primary key (agency_id, id),
  constraint fk_brand_records_agency_id_asked_by foreign key (agency_id, asked_by)
    references app.memberships (agency_id, id));
create index ix_brand_records_agency_id_asked_by on app.brand_records (agency_id, asked_by);
create table app.kept_decisions (
  agency_id uuid not null, id uuid not null, record_id uuid not null, content_id uuid not null, title text not null,
  kind text not null, number integer not null, digest text not null, verdict text not null,
  membership_id uuid, role text not null default '', authenticated text not null default '',
  by_code boolean not null default false, comment text not null default '', decided_at timestamptz not null, chain text not null default '',
  chain_version integer not null,
  constraint pk_kept_decisions primary key (agency_id, id),
  constraint fk_kept_decisions_agency_id_record_id foreign key (agency_id, record_id)
    references app.brand_records (agency_id, id),
  constraint fk_kept_decisions_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id));
create index ix_kept_decisions_agency_id_membership_id on app.kept_decisions (agency_id, membership_id);
create index ix_kept_decisions_agency_id_record_id_decided_at on app.kept_decisions (agency_id, record_id, decided_at);
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind check (
  kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights', 'video', 'billing', 'export', 'ending'));
alter table app.dispatch add constraint ck_dispatch_queue check (
  queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights', 'videos', 'billing', 'exports',
  'endings'));
"""

ERASER = """
do $$
declare
  name text;
begin
  for name in select tablename from pg_policies where schemaname = 'app' and policyname = 'application' loop
    execute format('alter policy application on app.%I to unisson_web, unisson_worker, unisson_eraser', name);
    execute format('revoke all on app.%I from unisson_eraser', name);
  end loop;
  for name in
    with recursive theirs as (
      select 'app.brands'::regclass::oid as id
      union
      select k.conrelid from pg_constraint k join theirs t on t.id = k.confrelid where k.contype = 'f')
    select c.relname from theirs t join pg_class c on c.oid = t.id join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'app' loop
    execute format('grant select, delete on app.%I to unisson_eraser', name);
  end loop;
end $$;
grant usage on schema app to unisson_eraser;
grant select, update (joining_brand_id, joining_brand_role) on app.identity_providers to unisson_eraser;
grant insert on app.search_words to unisson_eraser;
grant select on app.brand_records, app.kept_decisions to unisson_eraser;
"""
"""One role may delete what no other may: a worker takes it on (`set local role`) for a brand whose time is over."""

GUARDS = """
create function app.ending_guard() returns trigger language plpgsql as $$
begin
  if not exists (
    select from app.brand_records r where r.agency_id = old.agency_id and r.id = old.id and r.erased_at is null) then
    raise exception 'a brand is deleted once what is kept of it is written' using errcode = 'UN021';
  end if;
  return old;
end $$;
create trigger ending_guard before delete on app.brands for each row execute function app.ending_guard();
create function app.decision_guard() returns trigger language plpgsql as $$
begin
  if exists (
    select from gone d where not exists (
      select from app.approval_runs r
        join app.contents c on c.agency_id = r.agency_id and c.id = r.content_id
        join app.brand_endings e on e.agency_id = c.agency_id and e.brand_id = c.brand_id
         and e.ends_at <= clock_timestamp() and e.begun_at is not null
        join app.kept_decisions k on k.agency_id = d.agency_id and k.id = d.id
       where r.agency_id = d.agency_id and r.id = d.run_id)) then
    raise exception 'a decision goes with its brand, and only once it is kept elsewhere' using errcode = 'UN021';
  end if;
  return null;
end $$;
create trigger ending_guard after delete on app.decisions referencing old table as gone
  for each statement execute function app.decision_guard();
"""

GATE = """
create function app.brand_gate() returns trigger language plpgsql as $$
begin
  if exists (
    select from app.publications p
      join app.contents c on c.agency_id = p.agency_id and c.id = p.content_id
      join app.brands b on b.agency_id = c.agency_id and b.id = c.brand_id
     where p.agency_id = new.agency_id and p.id = new.publication_id and b.archived_at is not null) then
    raise exception 'nothing of an archived brand leaves' using errcode = 'UN022';
  end if;
  return new;
end $$;
create trigger brand_gate before insert on app.attempts for each row execute function app.brand_gate();
"""
