"""The trail is sealed, seal upon seal, and it is kept which contents a client's person opened."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_seals"
down_revision = "20261128_onboarding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (EVENTS, GUARD, SEALS):
        op.execute(statement)
    op.execute(protect("unsealed", web="select, insert", worker="select, insert, delete"))
    op.execute(protect("seals", web="select", worker="select, insert"))
    op.execute(protect("seal_checks", web="select", worker="select, insert"))
    op.execute(protect("content_openings", web="select, insert", worker="select"))
    for statement in (WAITING, DIRECTORY):
        op.execute(statement)


def downgrade() -> None:
    """A trail whose seals are lost proves nothing any more."""
    raise RuntimeError("restore the backup that was taken before this release")


EVENTS = """
alter table app.events add column name_salt bytea default uuid_send(gen_random_uuid()),
  add column family text generated always as (split_part(verb, '.', 1)) stored;
create index ix_events_family on app.events (agency_id, family, at);
"""
"""The salt is each row's own: without it, whoever holds the digest of a name can't find the name by trying."""

GUARD = """
create function app.trail_guard() returns trigger language plpgsql as $$
begin
  raise exception 'the trail is only added to' using errcode = 'UN020';
end $$;
create trigger guard before update or delete on app.events for each row execute function app.trail_guard();
create trigger guard_whole before truncate on app.events for each statement execute function app.trail_guard();
"""

SEALS = """
create table app.unsealed (agency_id uuid not null, id uuid not null,
  constraint pk_unsealed primary key (agency_id, id));
create table app.seals (
  agency_id uuid not null, id uuid not null, number integer not null, event_ids uuid[] not null, last_at timestamptz not null,
  previous bytea not null, digest bytea not null, sealed_at timestamptz not null default clock_timestamp(),
  constraint pk_seals primary key (agency_id, id),
  constraint uq_seals_agency_id_number unique (agency_id, number),
  constraint ck_seals_digests check (length(previous) = 32 and length(digest) = 32),
  constraint ck_seals_number check (number >= 1 and cardinality(event_ids) >= 1));
create trigger guard before update or delete on app.seals for each row execute function app.trail_guard();
create trigger guard_whole before truncate on app.seals for each statement execute function app.trail_guard();
create table app.seal_checks (
  agency_id uuid not null, id uuid not null, through integer not null, fault text not null default '',
  checked_at timestamptz not null default clock_timestamp(),
  constraint pk_seal_checks primary key (agency_id, id));
create index ix_seal_checks_agency_id_checked_at on app.seal_checks (agency_id, checked_at);
create table app.content_openings (
  agency_id uuid not null, id uuid not null, content_id uuid not null, membership_id uuid not null, link_id uuid,
  hour timestamptz not null, opened_at timestamptz not null default clock_timestamp(),
  constraint pk_content_openings primary key (agency_id, id),
  constraint uq_content_openings_once unique (agency_id, content_id, membership_id, hour),
  constraint fk_content_openings_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade,
  constraint fk_content_openings_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id));
create index ix_content_openings_agency_id_membership_id on app.content_openings (agency_id, membership_id);
"""

WAITING = """
alter table app.events no force row level security;
alter table app.unsealed no force row level security;
insert into app.unsealed (agency_id, id) select agency_id, id from app.events;
alter table app.events force row level security;
alter table app.unsealed force row level security;
create function app.await_seal() returns trigger language plpgsql as $$
begin
  insert into app.unsealed (agency_id, id) select agency_id, id from fresh;
  return null;
end $$;
create trigger await_seal after insert on app.events referencing new table as fresh
  for each statement execute function app.await_seal();
"""

DIRECTORY = """
alter table app.directory add column seal_at timestamptz not null default clock_timestamp(),
  add column night_at timestamptz not null default clock_timestamp() + interval '1 day';
create index ix_directory_seal_at on app.directory (seal_at);
create index ix_directory_night_at on app.directory (night_at);
grant update (seal_at, night_at) on app.directory to unisson_worker;
grant select (seal_at, night_at) on app.directory to unisson_dispatch;
"""
