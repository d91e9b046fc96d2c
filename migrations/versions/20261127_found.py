"""What is found more: the posts that continue a content, and files on messages and topics by their names."""

from alembic import op

revision = "20261127_found"
down_revision = "20261127_restores"
branch_labels = None
depends_on = None

SOURCES = ("contents", "variants", "topics", "topic_files", "thread_messages", "thread_files", "threads")


def upgrade() -> None:
    for statement in (CONTENTS, TOPICS, MESSAGES):
        op.execute(statement)
    for table in (*SOURCES, "search_words"):
        op.execute(f"alter table app.{table} no force row level security")
    op.execute(FILL)
    for table in (*SOURCES, "search_words"):
        op.execute(f"alter table app.{table} force row level security")


def downgrade() -> None:
    """The words of before would be missing."""
    raise RuntimeError("restore the backup that was taken before this release")


_CONTENT = """n.title, concat_ws(' ', n.body,
      (select string_agg(t, ' ') from jsonb_array_elements_text(n.tags) t),
      (select string_agg(t, ' ') from jsonb_array_elements_text(n.thread) t),
      (select string_agg(v.body, ' ') from app.variants v where v.agency_id = n.agency_id and v.content_id = n.id),
      app.press_words(n.press))"""
_FILE = "regexp_replace(f.filename, '[._-]+', ' ', 'g')"
_TOPIC = f"""n.title, concat_ws(' ', n.objective, n.key_messages, n.audience,
      (select string_agg({_FILE}, ' ') from app.topic_files f
        where f.agency_id = n.agency_id and f.topic_id = n.id and f.removed_at is null))"""
_MESSAGE = f"""'', case when n.deleted_at is null then concat_ws(' ', n.body,
      (select string_agg({_FILE}, ' ') from app.thread_files f
        where f.agency_id = n.agency_id and f.message_id = n.id)) else '' end"""
_THREAD = "join app.threads h on h.agency_id = n.agency_id and h.id = n.thread_id"

CONTENTS = f"""
create or replace function app.content_words(agency uuid, contents uuid[])
returns table (agency_id uuid, word text, kind text, item_id uuid, brand_id uuid, weight smallint)
language sql stable as $$
  select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
    from app.contents n cross join lateral app.search_weights({_CONTENT}) w
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
     where (n.title, n.body, n.tags, n.brand_id, n.press, n.thread)
           is distinct from (o.title, o.body, o.tags, o.brand_id, o.press, o.thread) group by 1
  loop
    perform app.reword_contents(agency, changed);
  end loop;
  return null;
end $$;
"""


def _reworded(table: str, kind: str, words: str, changed: str, *, brand: str = "n.brand_id", join: str = "") -> str:
    """Return what keeps the words of a table's rows: after its own changes, and when a file of theirs comes or goes."""
    function = f"app.reword_{table}"
    return f"""
create function {function}(agency uuid, changed uuid[]) returns void language plpgsql as $$
begin
  delete from app.search_words s where s.agency_id = agency and s.kind = '{kind}' and s.item_id = any(changed);
  insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
  select n.agency_id, w.word, '{kind}', n.id, {brand}, w.weight
    from app.{table} n {join} cross join lateral app.search_weights({words}) w
   where n.agency_id = agency and n.id = any(changed);
end $$;
create or replace function app.search_{table}() returns trigger language plpgsql as $$
declare
  agency uuid;
  changed uuid[];
begin
  if tg_op = 'DELETE' then
    delete from app.search_words s using stale o
     where s.agency_id = o.agency_id and s.kind = '{kind}' and s.item_id = o.id;
  elsif tg_op = 'INSERT' then
    for agency, changed in select n.agency_id, array_agg(n.id) from fresh n group by 1 loop
      perform {function}(agency, changed);
    end loop;
  else
    for agency, changed in
      select n.agency_id, array_agg(n.id) from fresh n join stale o on o.agency_id = n.agency_id and o.id = n.id
       where {changed} group by 1
    loop
      perform {function}(agency, changed);
    end loop;
  end if;
  return null;
end $$;
"""


def _files(table: str, of: str, owner: str) -> str:
    """Return the triggers that word anew what a file hangs on."""
    return f"""
create function app.search_{table}() returns trigger language plpgsql as $$
declare
  agency uuid;
  changed uuid[];
begin
  for agency, changed in select agency_id, array_agg(distinct {of}) from named group by 1 loop
    perform app.reword_{owner}(agency, changed);
  end loop;
  return null;
end $$;
create trigger search_insert after insert on app.{table} referencing new table as named
  for each statement execute function app.search_{table}();
create trigger search_update after update on app.{table} referencing new table as named
  for each statement execute function app.search_{table}();
create trigger search_delete after delete on app.{table} referencing old table as named
  for each statement execute function app.search_{table}();
"""


TOPICS = _reworded(
    "topics", "topic", _TOPIC,
    "(n.title, n.objective, n.key_messages, n.audience)"
    " is distinct from (o.title, o.objective, o.key_messages, o.audience)",
) + _files("topic_files", "topic_id", "topics")  # fmt: skip
MESSAGES = _reworded(
    "thread_messages", "message", _MESSAGE,
    "(n.body, n.deleted_at) is distinct from (o.body, o.deleted_at)", brand="h.brand_id", join=_THREAD,
) + _files("thread_files", "message_id", "thread_messages")  # fmt: skip

FILL = f"""
delete from app.search_words s using app.contents n
 where n.thread <> '[]' and s.agency_id = n.agency_id and s.kind = 'content' and s.item_id = n.id;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
  from app.contents n cross join lateral app.search_weights({_CONTENT}) w where n.thread <> '[]';
delete from app.search_words s using app.topic_files f
 where s.agency_id = f.agency_id and s.kind = 'topic' and s.item_id = f.topic_id;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'topic', n.id, n.brand_id, w.weight
  from app.topics n cross join lateral app.search_weights({_TOPIC}) w
 where exists (select from app.topic_files f where f.agency_id = n.agency_id and f.topic_id = n.id);
delete from app.search_words s using app.thread_files f
 where s.agency_id = f.agency_id and s.kind = 'message' and s.item_id = f.message_id;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'message', n.id, h.brand_id, w.weight
  from app.thread_messages n {_THREAD} cross join lateral app.search_weights({_MESSAGE}) w
 where exists (select from app.thread_files f where f.agency_id = n.agency_id and f.message_id = n.id);
"""
