"""Key dates and embargoes of topics, and the order of their contents, held by the database as by the verbs."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_embargo"
down_revision = "20261126_files"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (EMBARGO, ORDER, DATES, ATTEMPT_GATE):
        op.execute(statement)
    op.execute(protect("topic_dates", web="select, insert, delete", worker="select"))


def downgrade() -> None:
    """What is under embargo would leave by the gate of before."""
    raise RuntimeError("restore the backup that was taken before this release")


EMBARGO = """
alter table app.topics add column embargo_until timestamptz, add column embargo_wall_time timestamp,
  add column embargo_zone text, add column embargo_fold integer not null default 0,
  add column embargo_holds text not null default 'everything', add column embargo_reason text not null default '',
  add column embargo_shared boolean not null default false;
alter table app.topics
  add constraint ck_topics_embargo check ((embargo_until is null) = (embargo_wall_time is null)
    and (embargo_until is null) = (embargo_zone is null)),
  add constraint ck_topics_embargo_fold check (embargo_fold in (0, 1)),
  add constraint ck_topics_embargo_holds check (embargo_holds in ('everything', 'public'));
create function app.is_before_embargo(at timestamptz, kinds text, embargo timestamptz, holds text) returns boolean
language sql immutable as $$ select coalesce(at < embargo, false) and (holds = 'everything' or kinds <> 'email') $$;
create function app.content_embargo() returns trigger language plpgsql as $$
declare
  c record;
  t record;
begin
  select scheduled_at, topic_id, channel_kinds, state into c
    from app.contents where agency_id = new.agency_id and id = new.id;
  if not found or c.topic_id is null or c.scheduled_at is null or c.state not in
     ('draft', 'in_review', 'changes_requested', 'scheduled', 'on_hold') then
    return null;
  end if;
  select embargo_until, embargo_holds into t
    from app.topics where agency_id = new.agency_id and id = c.topic_id for share;
  if app.is_before_embargo(c.scheduled_at, c.channel_kinds, t.embargo_until, t.embargo_holds) then
    raise exception 'dated before the embargo of its topic' using errcode = 'UN030';
  end if;
  return null;
end $$;
create constraint trigger embargo after insert or update of scheduled_at, topic_id, channel_kinds, state
  on app.contents deferrable initially deferred for each row
  when (new.topic_id is not null and new.scheduled_at is not null
        and new.state in ('draft', 'in_review', 'changes_requested', 'scheduled', 'on_hold'))
  execute function app.content_embargo();
create function app.topic_embargo() returns trigger language plpgsql as $$
begin
  if exists (
    select from app.topics t join app.contents c on c.agency_id = t.agency_id and c.topic_id = t.id
     where t.agency_id = new.agency_id and t.id = new.id
       and c.state in ('draft', 'in_review', 'changes_requested', 'scheduled', 'on_hold')
       and app.is_before_embargo(c.scheduled_at, c.channel_kinds, t.embargo_until, t.embargo_holds)) then
    raise exception 'contents of the topic are dated before this embargo' using errcode = 'UN030';
  end if;
  return null;
end $$;
create constraint trigger embargo after update of embargo_until, embargo_holds
  on app.topics deferrable initially deferred for each row when (new.embargo_until is not null)
  execute function app.topic_embargo();
"""

ORDER = """
alter table app.contents add column follows_id uuid, add column follows_after integer;
alter table app.contents
  add constraint uq_contents_agency_id_brand_id_topic_id_id unique (agency_id, brand_id, topic_id, id),
  add constraint fk_contents_follows foreign key (agency_id, brand_id, topic_id, follows_id)
    references app.contents (agency_id, brand_id, topic_id, id) deferrable initially deferred,
  add constraint ck_contents_follows check ((follows_id is null) = (follows_after is null)
    and (follows_id is null or topic_id is not null) and follows_id <> id and follows_after between 0 and 43200);
create index ix_contents_agency_id_follows_id on app.contents (agency_id, follows_id) where follows_id is not null;
"""

DATES = """
create table app.topic_dates (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, topic_id uuid not null, on_date date not null,
  label text not null, constraint pk_topic_dates primary key (agency_id, id),
  constraint fk_topic_dates_agency_id_brand_id_topic_id foreign key (agency_id, brand_id, topic_id)
    references app.topics (agency_id, brand_id, id));
create index ix_topic_dates_agency_id_topic_id on app.topic_dates (agency_id, topic_id);
create index ix_topic_dates_agency_id_brand_id_on_date on app.topic_dates (agency_id, brand_id, on_date);
create index ix_topics_embargo on app.topics (agency_id, brand_id, embargo_until) where embargo_until is not null;
"""

ATTEMPT_GATE = """
create or replace function app.attempt_gate() returns trigger language plpgsql as $$
declare
  p record;
begin
  select pub.state, pub.due_at, pub.embargo_until, pub.revision_id, c.revision_id as current_revision, c.kind, c.risks,
         c.state as content_state, r.digest, run.id as run_id, t.embargo_until as topic_embargo, t.embargo_holds,
         ch.kind as channel_kind, c.follows_id, f.state as first_state
    into p
    from app.publications pub
    join app.contents c on c.agency_id = pub.agency_id and c.id = pub.content_id
    join app.revisions r on r.agency_id = pub.agency_id and r.id = pub.revision_id
    join app.channels ch on ch.agency_id = pub.agency_id and ch.id = pub.channel_id
    left join app.topics t on t.agency_id = c.agency_id and t.id = c.topic_id
    left join app.contents f on f.agency_id = c.agency_id and f.id = c.follows_id
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
  if app.is_before_embargo(clock_timestamp(), p.channel_kind, p.topic_embargo, p.embargo_holds) then
    raise exception 'under embargo' using errcode = 'UN016';
  end if;
  if p.follows_id is not null and coalesce(p.first_state, '') not in ('published', 'partly_published') then
    raise exception 'what it follows is not out' using errcode = 'UN017';
  end if;
  return new;
end $$;
"""
