"""Chains that are edited, versioned and chosen by rule; stages with seats; what waits on whom as rows of its own."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_chains"
down_revision = "20261123_foundation"
branch_labels = None
depends_on = None

READ = "select"
APPEND = "select, insert"
KEEP = "select, insert, update"
ALL = "select, insert, update, delete"


def upgrade() -> None:
    for statement in (WORDS, CALENDARS, POLICIES, RUNS, WAITS, ABSENCES, WORKER_TENDS):
        op.execute(statement)
    op.execute(protect("policy_versions", web=APPEND, worker=READ))
    op.execute(protect("run_seats", web=KEEP, worker=KEEP))
    op.execute(protect("waits", web=ALL, worker=ALL))
    op.execute(protect("absences", web=ALL, worker=READ))
    op.execute(carried("off", *TOUCHED))
    op.execute(CARRY_OVER)
    op.execute(carried("on", *TOUCHED))
    for statement in (CLOSE, ATTEMPT_GATE):
        op.execute(statement)


def downgrade() -> None:
    """Chains of several approvers have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TOUCHED = (
    "approval_policies", "stages", "policy_versions", "contents", "approval_runs", "run_stages", "run_seats", "waits",
    "decisions", "brand_assignments", "memberships", "dispatch",
)  # fmt: skip


def carried(forced: str, *tables: str) -> str:
    """Return the SQL that lets the owner see every agency's rows of `tables` (off), and no more (on)."""
    word = "no force" if forced == "off" else "force"
    return "\n".join(f"alter table app.{table} {word} row level security;" for table in tables)


WORDS = """
alter table app.brand_assignments drop constraint ck_brand_assignments_role;
alter table app.brand_assignments add constraint ck_brand_assignments_role check (role in
  ('cm', 'rp', 'client_approver', 'client_contact', 'legal', 'spokesperson', 'expert'));
alter table app.contents drop constraint ck_contents_kind;
alter table app.contents add constraint ck_contents_kind check (kind in ('post', 'press_release', 'article', 'reply'));
alter table app.contents drop constraint ck_contents_state;
alter table app.contents add constraint ck_contents_state check (state in ('draft', 'in_review', 'changes_requested',
  'scheduled', 'on_hold', 'publishing', 'published', 'partly_published', 'failed', 'held', 'cancelled'));
alter table app.contents add column tags jsonb not null default '[]', add column risks jsonb not null default '[]',
  add column late_limit integer;
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'missed', 'held', 'released'));
"""

CALENDARS = """
alter table app.brands add column country text not null default 'FR';
alter table app.brands add constraint ck_brands_country check (country ~ '^[A-Z]{2}$');
alter table app.agencies add column work_days jsonb not null default '[0, 1, 2, 3, 4]',
  add column work_starts time not null default '09:00', add column work_ends time not null default '18:00';
alter table app.agencies add constraint ck_agencies_work_hours check (work_ends > work_starts);
alter table app.agencies add constraint ck_agencies_work_days
  check (jsonb_typeof(work_days) = 'array' and jsonb_array_length(work_days) >= 1);
"""

POLICIES = """
alter table app.approval_policies drop constraint uq_approval_policies_agency_id_brand_id;
alter table app.approval_policies alter column brand_id drop not null,
  add column position integer not null default 1, add column version integer not null default 1,
  add column archived_at timestamptz;
create index ix_approval_policies_agency_id_brand_id_position
  on app.approval_policies (agency_id, brand_id, position);
create table app.policy_versions (
  agency_id uuid not null, id uuid not null, policy_id uuid not null, number integer not null, chain jsonb not null,
  changed_by uuid, created_at timestamptz not null default clock_timestamp(),
  constraint pk_policy_versions primary key (agency_id, id),
  constraint uq_policy_versions_agency_id_policy_id_number unique (agency_id, policy_id, number),
  constraint fk_policy_versions_agency_id_policy_id foreign key (agency_id, policy_id)
    references app.approval_policies (agency_id, id),
  constraint fk_policy_versions_agency_id_changed_by foreign key (agency_id, changed_by)
    references app.memberships (agency_id, id));
"""

RUNS = """
alter table app.approval_runs add column policy_version_id uuid, add column why jsonb not null default '{}';
alter table app.approval_runs add constraint fk_approval_runs_agency_id_policy_version_id
  foreign key (agency_id, policy_version_id) references app.policy_versions (agency_id, id);
alter table app.run_stages add column name text not null default '', add column need text not null default 'any',
  add column needed integer not null default 1, add column covers_digest text not null default '',
  add column settings jsonb not null default '{}', add column tacit_clause text not null default '',
  add column skipped boolean not null default false, add column deadline_at timestamptz,
  add column done_at timestamptz;
alter table app.run_stages add constraint ck_run_stages_need check (need in ('any', 'all', 'quorum'));
alter table app.run_stages add constraint ck_run_stages_needed check (needed >= 1);
create table app.run_seats (
  agency_id uuid not null, id uuid not null, run_id uuid not null, stage_id uuid not null, position integer not null,
  role text, membership_id uuid,
  constraint pk_run_seats primary key (agency_id, id),
  constraint uq_run_seats_agency_id_stage_id_position unique (agency_id, stage_id, position),
  constraint fk_run_seats_agency_id_run_id foreign key (agency_id, run_id)
    references app.approval_runs (agency_id, id) on delete cascade,
  constraint fk_run_seats_agency_id_stage_id foreign key (agency_id, stage_id)
    references app.run_stages (agency_id, id) on delete cascade,
  constraint fk_run_seats_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id),
  constraint ck_run_seats_role check (role is null or role in
    ('cm', 'rp', 'account_manager', 'client_approver', 'legal', 'spokesperson')),
  constraint ck_run_seats_somebody check (role is not null or membership_id is not null));
create index ix_run_seats_agency_id_run_id on app.run_seats (agency_id, run_id);
alter table app.decisions drop constraint uq_decisions_agency_id_stage_id;
alter table app.decisions drop constraint ck_decisions_comment, drop constraint ck_decisions_verdict;
alter table app.decisions alter column stage_id drop not null, alter column membership_id drop not null;
alter table app.decisions add column seat_id uuid, add column covers_digest text not null default '',
  add column carried_from uuid, add column authenticated text not null default '',
  add column anchor jsonb not null default '{}';
alter table app.decisions add constraint fk_decisions_agency_id_seat_id
  foreign key (agency_id, seat_id) references app.run_seats (agency_id, id);
alter table app.decisions add constraint fk_decisions_agency_id_carried_from
  foreign key (agency_id, carried_from) references app.decisions (agency_id, id);
alter table app.decisions add constraint ck_decisions_verdict check (verdict in ('approved', 'reserved',
  'changes_requested', 'tacit', 'held', 'released', 'withdrawn', 'delegated'));
alter table app.decisions add constraint ck_decisions_comment
  check (verdict not in ('changes_requested', 'reserved') or comment <> '');
alter table app.decisions add constraint ck_decisions_somebody check ((verdict = 'tacit') = (membership_id is null));
create unique index uq_decisions_once on app.decisions (agency_id, seat_id)
  where verdict in ('approved', 'reserved', 'changes_requested');
create unique index uq_decisions_tacit on app.decisions (agency_id, stage_id) where verdict = 'tacit';
create index ix_decisions_agency_id_stage_id on app.decisions (agency_id, stage_id);
"""

WAITS = """
create table app.waits (
  agency_id uuid not null, id uuid not null, content_id uuid not null, brand_id uuid not null, stage_id uuid not null,
  seat_id uuid not null, membership_id uuid not null, side text not null, purpose text not null default 'decide',
  asked_at timestamptz not null default clock_timestamp(), deadline_at timestamptz, reminded_at timestamptz,
  reminders integer not null default 0, nudged_at timestamptz, escalated_at timestamptz,
  constraint pk_waits primary key (agency_id, id),
  constraint uq_waits_agency_id_seat_id_membership_id unique (agency_id, seat_id, membership_id),
  constraint fk_waits_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade,
  constraint fk_waits_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint fk_waits_agency_id_stage_id foreign key (agency_id, stage_id)
    references app.run_stages (agency_id, id) on delete cascade,
  constraint fk_waits_agency_id_seat_id foreign key (agency_id, seat_id)
    references app.run_seats (agency_id, id) on delete cascade,
  constraint fk_waits_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint ck_waits_side check (side in ('cm', 'rp', 'account', 'client')),
  constraint ck_waits_purpose check (purpose in ('decide', 'steer')));
create index ix_waits_agency_id_membership_id on app.waits (agency_id, membership_id);
create index ix_waits_agency_id_brand_id on app.waits (agency_id, brand_id);
create index ix_waits_agency_id_content_id on app.waits (agency_id, content_id);
create index ix_waits_agency_id_stage_id on app.waits (agency_id, stage_id);
"""

ABSENCES = """
create table app.absences (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, starts_on date not null,
  ends_on date not null, stand_in_id uuid, created_at timestamptz not null default clock_timestamp(),
  constraint pk_absences primary key (agency_id, id),
  constraint fk_absences_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint fk_absences_agency_id_stand_in_id foreign key (agency_id, stand_in_id)
    references app.memberships (agency_id, id),
  constraint ck_absences_order check (ends_on >= starts_on),
  constraint ck_absences_other check (stand_in_id is null or stand_in_id <> membership_id));
create index ix_absences_agency_id_membership_id on app.absences (agency_id, membership_id);
"""

CARRY_OVER = """
insert into app.policy_versions (agency_id, id, policy_id, number, chain, created_at)
select p.agency_id, gen_random_uuid(), p.id, 1,
       jsonb_build_object('stages', coalesce((
         select jsonb_agg(jsonb_build_object('approvers', jsonb_build_array(jsonb_build_object('role', s.role)))
                          order by s.position)
           from app.stages s where s.agency_id = p.agency_id and s.policy_id = p.id), '[]'::jsonb)),
       p.created_at
  from app.approval_policies p;
update app.approval_runs r set policy_version_id = v.id
  from app.contents c
  join app.approval_policies p on p.agency_id = c.agency_id and p.brand_id = c.brand_id
  join app.policy_versions v on v.agency_id = p.agency_id and v.policy_id = p.id
 where c.agency_id = r.agency_id and c.id = r.content_id;
insert into app.run_seats (agency_id, id, run_id, stage_id, position, role)
select s.agency_id, gen_random_uuid(), s.run_id, s.id, 1, s.role from app.run_stages s;
update app.run_stages s set covers_digest = r.digest,
       settings = jsonb_build_object('approvers', jsonb_build_array(jsonb_build_object('role', s.role)))
  from app.approval_runs r where r.agency_id = s.agency_id and r.id = s.run_id;
update app.run_stages s set done_at = d.decided_at
  from app.decisions d where d.agency_id = s.agency_id and d.stage_id = s.id and d.verdict = 'approved';
update app.decisions d set covers_digest = d.digest, seat_id = t.id,
       authenticated = case when d.link_id is null then 'session' else 'link' end
  from app.run_seats t where t.agency_id = d.agency_id and t.stage_id = d.stage_id;
insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side, asked_at)
select s.agency_id, gen_random_uuid(), c.id, c.brand_id, s.id, t.id, m.id,
       case t.role when 'cm' then 'cm' when 'rp' then 'rp' else 'client' end, s.opened_at
  from app.run_stages s
  join app.run_seats t on t.agency_id = s.agency_id and t.stage_id = s.id
  join app.approval_runs r on r.agency_id = s.agency_id and r.id = s.run_id and r.state = 'open'
  join app.contents c on c.agency_id = r.agency_id and c.revision_id = r.revision_id and c.state = 'in_review'
  join app.brand_assignments a on a.agency_id = c.agency_id and a.brand_id = c.brand_id and a.role = t.role
  join app.memberships m on m.agency_id = a.agency_id and m.id = a.membership_id and m.removed_at is null
 where s.opened_at is not null and s.done_at is null and m.id not in (c.author_id, r.submitted_by);
update app.run_stages s set deadline_at = c.scheduled_at - interval '4 hours'
  from app.approval_runs r
  join app.contents c on c.agency_id = r.agency_id and c.revision_id = r.revision_id and c.state = 'in_review'
 where r.agency_id = s.agency_id and r.id = s.run_id and r.state = 'open' and s.done_at is null;
insert into app.dispatch (kind, agency_id, item_id, queue)
select distinct 'stage', w.agency_id, w.stage_id, 'approvals' from app.waits w;
"""

CLOSE = """
alter table app.approval_runs alter column policy_version_id set not null;
alter table app.decisions add constraint ck_decisions_seat
  check (verdict not in ('approved', 'reserved', 'changes_requested') or seat_id is not null);
alter table app.run_stages drop constraint ck_run_stages_role, drop column role;
drop table app.stages;
"""

WORKER_TENDS = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind check (kind in ('content', 'publication', 'mail', 'stage'));
alter table app.dispatch add constraint ck_dispatch_queue check (queue in ('publishing', 'mail', 'approvals'));
grant insert on app.decisions, app.approval_links to unisson_worker;
grant update on app.approval_runs, app.run_stages to unisson_worker;
"""

ATTEMPT_GATE = """
create or replace function app.attempt_gate() returns trigger language plpgsql as $$
declare
  p record;
begin
  select pub.state, pub.due_at, pub.embargo_until, pub.revision_id, c.revision_id as current_revision, c.kind, c.risks,
         c.state as content_state, r.digest, run.id as run_id
    into p
    from app.publications pub
    join app.contents c on c.agency_id = pub.agency_id and c.id = pub.content_id
    join app.revisions r on r.agency_id = pub.agency_id and r.id = pub.revision_id
    left join app.approval_runs run on run.agency_id = pub.agency_id and run.revision_id = pub.revision_id
      and run.digest = r.digest and run.state = 'approved'
   where pub.agency_id = new.agency_id and pub.id = new.publication_id;
  if not found then
    raise exception 'no such publication' using errcode = 'UN010';
  end if;
  if p.state <> 'scheduled' then
    raise exception 'this publication is not waiting to be sent' using errcode = 'UN011';
  end if;
  if p.revision_id is distinct from p.current_revision or p.digest is distinct from new.digest
     or p.content_state = 'cancelled' then
    raise exception 'not the current revision' using errcode = 'UN012';
  end if;
  if clock_timestamp() < p.due_at or clock_timestamp() < coalesce(p.embargo_until, '-infinity') then
    raise exception 'too early' using errcode = 'UN013';
  end if;
  if p.run_id is null
     or not exists (select from app.run_stages s where s.agency_id = new.agency_id and s.run_id = p.run_id
                    and not s.skipped)
     or exists (select from app.run_stages s where s.agency_id = new.agency_id and s.run_id = p.run_id
                and not s.skipped
                and not app.stage_is_satisfied(s, new.digest, p.kind = 'post' and not p.risks ?| array['crisis', 'legal', 'quote']))
  then
    raise exception 'not approved by everyone whose approval is required' using errcode = 'UN014';
  end if;
  if (select d.verdict from app.decisions d where d.agency_id = new.agency_id and d.run_id = p.run_id
        and d.verdict in ('held', 'released') order by d.decided_at desc, d.id desc limit 1) = 'held' then
    raise exception 'on hold' using errcode = 'UN015';
  end if;
  return new;
end $$;
create function app.stage_is_satisfied(s app.run_stages, bytes text, may_be_tacit boolean) returns boolean
language sql stable as $$
  select case
    when may_be_tacit and s.tacit_clause <> '' and exists (
      select from app.decisions d where d.agency_id = s.agency_id and d.stage_id = s.id and d.verdict = 'tacit'
         and d.digest = bytes and d.covers_digest = s.covers_digest) then true
    when s.need = 'all' then
      exists (select from app.run_seats t where t.agency_id = s.agency_id and t.stage_id = s.id)
      and not exists (
        select from app.run_seats t where t.agency_id = s.agency_id and t.stage_id = s.id and not exists (
          select from app.decisions d where d.agency_id = t.agency_id and d.seat_id = t.id and d.stage_id = s.id
             and d.verdict in ('approved', 'reserved') and d.digest = bytes and d.covers_digest = s.covers_digest))
    else (
      select count(distinct d.membership_id) from app.decisions d where d.agency_id = s.agency_id
         and d.stage_id = s.id and d.verdict in ('approved', 'reserved') and d.digest = bytes
         and d.covers_digest = s.covers_digest) >= s.needed
  end
$$;
"""
