"""Releases: standfirst, quotes, boilerplate and press contact of a content, a brand's own, and what a newsroom shows."""

from alembic import op

revision = "20261127_press"
down_revision = "20261127_finding"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for statement in (COLUMNS, SEARCH):
        op.execute(statement)


def downgrade() -> None:
    """What was written of releases would be lost."""
    raise RuntimeError("restore the backup that was taken before this release")


COLUMNS = """
alter table app.contents add column press jsonb;
alter table app.brands add column press jsonb not null default '{}';
alter table app.newsroom_entries add column press jsonb not null default '{}';
"""

_WORDS = """n.title, concat_ws(' ', n.body,
      (select string_agg(t, ' ') from jsonb_array_elements_text(n.tags) t),
      (select string_agg(v.body, ' ') from app.variants v where v.agency_id = n.agency_id and v.content_id = n.id),
      app.press_words(n.press))"""

# The brand's own words are left out: they stand in each of its releases, and would find them all.
SEARCH = f"""
create function app.press_words(press jsonb) returns text language sql immutable parallel safe as $$
  select concat_ws(' ', press ->> 'standfirst', (
    select string_agg(concat_ws(' ', q ->> 'text', q ->> 'name', q ->> 'role'), ' ')
      from jsonb_array_elements(press -> 'quotes') q), press -> 'contact' ->> 'name') $$;
create or replace function app.content_words(agency uuid, contents uuid[])
returns table (agency_id uuid, word text, kind text, item_id uuid, brand_id uuid, weight smallint)
language sql stable as $$
  select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
    from app.contents n cross join lateral app.search_weights({_WORDS}) w
   where n.agency_id = agency and n.id = any(contents) $$;
create or replace function app.search_contents() returns trigger language plpgsql as $$
declare
  agency uuid;
  changed uuid[];
begin
  if tg_op = 'DELETE' then
    delete from app.search_words s using stale o
     where s.agency_id = o.agency_id and s.kind = 'content' and s.item_id = o.id;
    return null;
  elsif tg_op = 'INSERT' then
    for agency, changed in select n.agency_id, array_agg(n.id) from fresh n group by 1 loop
      insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
      select * from app.content_words(agency, changed);
    end loop;
    return null;
  end if;
  for agency, changed in
    select n.agency_id, array_agg(n.id) from fresh n join stale o on o.agency_id = n.agency_id and o.id = n.id
     where (n.title, n.body, n.tags, n.brand_id, n.press)
           is distinct from (o.title, o.body, o.tags, o.brand_id, o.press) group by 1
  loop
    perform app.reword_contents(agency, changed);
  end loop;
  return null;
end $$;
"""
