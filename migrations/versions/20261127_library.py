"""The library of a brand: what is known of its images, and their rights, past which nothing leaves."""

from alembic import op

revision = "20261127_library"
down_revision = "20261127_shared"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (DETAILS, RIGHTS, ATTEMPT_GATE):
        op.execute(statement)


def downgrade() -> None:
    """Images whose rights have ended would leave by the gate of before."""
    raise RuntimeError("restore the backup that was taken before this release")


DETAILS = """
alter table app.media add column alt_fr text not null default '', add column alt_en text not null default '',
  add column credit text not null default '', add column rights_holder text not null default '',
  add column rights_until date, add column folder text not null default '', add column tags jsonb not null default '[]',
  add column words text not null default '', add column archived_at timestamptz,
  add column version integer not null default 1;
alter table app.media no force row level security;
update app.media set words = app.folded(filename);
alter table app.media force row level security;
grant update (alt_fr, alt_en, credit, rights_holder, rights_until, folder, tags, words, archived_at, version)
  on app.media to unisson_web;
"""

RIGHTS = """
create function app.rights_have_ended(agency uuid, revision uuid) returns boolean language sql as $$
  select exists (
    select from app.revisions r
      join app.contents c on c.agency_id = r.agency_id and c.id = r.content_id
      join app.brands b on b.agency_id = c.agency_id and b.id = c.brand_id
     cross join lateral jsonb_array_elements(coalesce(r.payload -> 'pictures', '[]')) picture
      join app.media m on m.agency_id = r.agency_id and m.id = (picture ->> 'id')::uuid
     where r.agency_id = agency and r.id = revision
       and m.rights_until < (clock_timestamp() at time zone b.timezone)::date) $$;
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
  if app.rights_have_ended(new.agency_id, p.revision_id) then
    raise exception 'the rights of an image have ended' using errcode = 'UN018';
  end if;
  return new;
end $$;
"""
