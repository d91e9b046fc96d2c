"""A person can be erased: their name and traces go, what they decided stays provable under a pseudonym."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_privacy"
down_revision = "20261128_said"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(ERASURES)
    op.execute(protect("erasures", web="select, insert, update"))
    for statement in (OF_ACCOUNTS, EVENTS, DECISIONS, GRANTS):
        op.execute(statement)


def downgrade() -> None:
    """Names that were erased can't be brought back, and the guards of before would refuse what stands there."""
    raise RuntimeError("restore the backup that was taken before this release")


ERASURES = """
create table app.erasures (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, pseudonym text not null default '',
  asked_by uuid, asked_at timestamptz not null default clock_timestamp(), due_at timestamptz not null,
  refused text not null default '', withdrawn_at timestamptz, begun_at timestamptz, done_at timestamptz,
  constraint pk_erasures primary key (agency_id, id),
  constraint fk_erasures_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id),
  constraint fk_erasures_agency_id_asked_by foreign key (agency_id, asked_by) references app.memberships (agency_id, id),
  constraint ck_erasures_pseudonym check (begun_at is null or pseudonym <> ''));
create unique index uq_erasures_open on app.erasures (agency_id, membership_id)
  where withdrawn_at is null and done_at is null;
create index ix_erasures_agency_id_due_at on app.erasures (agency_id, due_at) where withdrawn_at is null and done_at is null;
"""

OF_ACCOUNTS = """
create table app.account_erasures (
  identity_id uuid not null, asked_at timestamptz not null default clock_timestamp(), due_at timestamptz not null,
  refused text not null default '',
  constraint pk_account_erasures primary key (identity_id),
  constraint fk_account_erasures_identity_id foreign key (identity_id) references app.identities (id) on delete cascade);
create index ix_account_erasures_due_at on app.account_erasures (due_at);
grant select, insert, delete on app.account_erasures to unisson_web;
grant select, update on app.account_erasures to unisson_worker;
grant select on app.account_erasures to unisson_backup;
"""

EVENTS = """
alter table app.events add column name_digest bytea;
create function app.events_guard() returns trigger language plpgsql as $$
declare
  kept app.events := new;
begin
  if tg_op = 'UPDATE' and old.name_digest is null and new.name_salt is null
     and new.name_digest = sha256(old.name_salt || convert_to(old.actor_name, 'UTF8'))
     and exists (select from app.erasures e where e.agency_id = old.agency_id and e.begun_at is not null
                    and e.pseudonym = new.actor_name and e.membership_id = coalesce(old.actor_id, e.membership_id)) then
    kept.actor_name := old.actor_name;
    kept.name_salt := old.name_salt;
    kept.name_digest := old.name_digest;
    kept.family := old.family;
    if kept is not distinct from old then
      return new;
    end if;
  end if;
  raise exception 'the trail is only added to' using errcode = 'UN020';
end $$;
drop trigger guard on app.events;
create trigger guard before update or delete on app.events for each row execute function app.events_guard();
grant update (actor_name, name_salt, name_digest) on app.events to unisson_worker;
"""
"""The one change of an event that is let through: a name for its digest, where an erasure of that person has begun."""

DECISIONS = """
create function app.decisions_guard() returns trigger language plpgsql as $$
declare
  kept app.decisions := new;
begin
  kept.typed_name := old.typed_name;
  kept.ip := old.ip;
  kept.user_agent := old.user_agent;
  if kept is not distinct from old and new.ip = '' and new.user_agent = ''
     and exists (select from app.erasures e where e.agency_id = old.agency_id and e.begun_at is not null
                    and e.membership_id = old.membership_id and new.typed_name in ('', e.pseudonym)) then
    return new;
  end if;
  raise exception 'a decision is not changed' using errcode = 'UN021';
end $$;
create trigger guard before update on app.decisions for each row execute function app.decisions_guard();
grant update (typed_name, ip, user_agent) on app.decisions to unisson_worker;
"""

GRANTS = """
grant update (created_at) on app.agencies to unisson_worker;
grant update (name, email, language, identity_id, agency_role, joined_at, removed_at) on app.memberships to unisson_worker;
grant delete on app.brand_assignments, app.absences, app.letters, app.device_codes, app.operations to unisson_worker;
grant update (user_agent, typed_name, revoked_at) on app.link_devices to unisson_worker;
grant delete on app.link_devices to unisson_worker;
grant update (name, revoked_at) on app.calendar_feeds to unisson_worker;
grant update (name, removed_at) on app.calendar_views to unisson_worker;
grant select, delete on app.seats to unisson_worker;
grant delete on app.identities, app.identity_letters to unisson_worker;
grant select (id, identity_id, expires_at) on app.sign_ins to unisson_worker;
grant delete on app.sign_ins to unisson_worker;
"""
"""Of an agency a column, so that a worker can lock the row: who is what in it changes one at a time."""
