"""Releases: standfirst, quotes, boilerplate and press contact of a content, a brand's own, and what a newsroom shows."""

from alembic import op

revision = "20261127_press"
down_revision = "20261127_library"
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

_WORDS = (
    "n.title, n.body || ' ' || (select coalesce(string_agg(t, ' '), '') from jsonb_array_elements_text(n.tags) t)"
    " || ' ' || app.press_words(n.press)"
)
_CHANGED = (
    "(n.title, n.body, n.tags, n.brand_id, n.press) is distinct from (o.title, o.body, o.tags, o.brand_id, o.press)"
)
_FRESH = f"""
    insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
    select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
      from fresh n cross join lateral app.search_weights({_WORDS}) w"""

# The brand's own words are left out: they stand in each of its releases, and would find them all.
SEARCH = f"""
create function app.press_words(press jsonb) returns text language sql immutable parallel safe as $$
  select concat_ws(' ', press ->> 'standfirst', (
    select string_agg(concat_ws(' ', q ->> 'text', q ->> 'name', q ->> 'role'), ' ')
      from jsonb_array_elements(press -> 'quotes') q), press -> 'contact' ->> 'name') $$;
create or replace function app.search_contents() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if not exists (select from fresh n join stale o on o.agency_id = n.agency_id and o.id = n.id where {_CHANGED}) then
      return null;
    end if;
    delete from app.search_words s using fresh n, stale o
     where o.agency_id = n.agency_id and o.id = n.id and ({_CHANGED})
       and s.agency_id = n.agency_id and s.kind = 'content' and s.item_id = n.id;
    {_FRESH} where exists (
      select from stale o where o.agency_id = n.agency_id and o.id = n.id and ({_CHANGED}));
  elsif tg_op = 'INSERT' then
    {_FRESH};
  else
    delete from app.search_words s using stale o
     where s.agency_id = o.agency_id and s.kind = 'content' and s.item_id = o.id;
  end if;
  return null;
end $$;
"""
