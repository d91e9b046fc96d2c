"""Words of contents, topics and messages, by which they are found: kept by triggers, held to one agency like the rest."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_search"
down_revision = "20261127_acts"
branch_labels = None
depends_on = None

SOURCES = ("contents", "topics", "thread_messages", "threads")


def upgrade() -> None:
    for statement in (WORDS, TABLE, TRIGGERS):
        op.execute(statement)
    for table in SOURCES:
        op.execute(f"alter table app.{table} no force row level security")
    op.execute(FILL)
    for table in SOURCES:
        op.execute(f"alter table app.{table} force row level security")
    op.execute(protect("search_words", web="select, insert, delete"))


def downgrade() -> None:
    """Nothing of before knows these words."""
    raise RuntimeError("restore the backup that was taken before this release")


WORDS = """
create function app.folded(words text) returns text language sql immutable parallel safe as $$
  select translate(replace(replace(lower(words), 'œ', 'oe'), 'æ', 'ae'),
    'àâäáãåçéèêëíìîïñóòôöõúùûüýÿ’', 'aaaaaaceeeeiiiinooooouuuuyy''') $$;
create function app.search_tokens(words text) returns table (word text, stem text)
language sql stable parallel safe as $$
  select t.lexeme, (ts_lexize('french_stem', t.lexeme))[1]
    from unnest(to_tsvector('simple', left(app.folded(words), 100000))) t
   where cardinality(ts_lexize('french_stem', t.lexeme)) > 0 and length(t.lexeme) <= 60 $$;
create function app.search_weights(heading text, body text) returns table (word text, weight smallint)
language sql stable parallel safe as $$
  select w.word, max(w.weight)::smallint from (
    select unnest(array[t.word, t.stem]) as word, 4 as weight from app.search_tokens(heading) t
    union all select unnest(array[t.word, t.stem]), 1 from app.search_tokens(body) t) w
   group by w.word $$;
"""

TABLE = """
create table app.search_words (
  agency_id uuid not null, word text collate "C" not null, kind text not null, item_id uuid not null,
  brand_id uuid not null, weight smallint not null,
  constraint pk_search_words primary key (agency_id, word, kind, item_id),
  constraint fk_search_words_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint ck_search_words_kind check (kind in ('content', 'topic', 'message')));
create index ix_search_words_agency_id_item_id on app.search_words (agency_id, item_id);
create index ix_search_words_agency_id_brand_id on app.search_words (agency_id, brand_id);
"""


def _triggers(table: str, kind: str, words: str, changed: str, *, brand: str = "n.brand_id", join: str = "") -> str:
    """Return the triggers that keep the words of a table's rows: once a statement, for all of its rows."""
    fresh = f"""
    insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
    select n.agency_id, w.word, '{kind}', n.id, {brand}, w.weight
      from fresh n {join} cross join lateral app.search_weights({words}) w"""
    return f"""
create function app.search_{table}() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if not exists (select from fresh n join stale o on o.agency_id = n.agency_id and o.id = n.id where {changed}) then
      return null;
    end if;
    delete from app.search_words s using fresh n, stale o
     where o.agency_id = n.agency_id and o.id = n.id and ({changed})
       and s.agency_id = n.agency_id and s.kind = '{kind}' and s.item_id = n.id;
    {fresh} where exists (select from stale o where o.agency_id = n.agency_id and o.id = n.id and ({changed}));
  elsif tg_op = 'INSERT' then
    {fresh};
  else
    delete from app.search_words s using stale o
     where s.agency_id = o.agency_id and s.kind = '{kind}' and s.item_id = o.id;
  end if;
  return null;
end $$;
create trigger search_insert after insert on app.{table} referencing new table as fresh
  for each statement execute function app.search_{table}();
create trigger search_update after update on app.{table} referencing new table as fresh old table as stale
  for each statement execute function app.search_{table}();
create trigger search_delete after delete on app.{table} referencing old table as stale
  for each statement execute function app.search_{table}();
"""


_CONTENT = (
    "n.title, n.body || ' ' || (select coalesce(string_agg(t, ' '), '') from jsonb_array_elements_text(n.tags) t)"
)
_TOPIC = "n.title, concat_ws(' ', n.objective, n.key_messages, n.audience)"
_MESSAGE = "'', case when n.deleted_at is null then n.body else '' end"
_THREAD = "join app.threads h on h.agency_id = n.agency_id and h.id = n.thread_id"

TRIGGERS = (
    _triggers(
        "contents", "content", _CONTENT,
        "(n.title, n.body, n.tags, n.brand_id) is distinct from (o.title, o.body, o.tags, o.brand_id)",
    )
    + _triggers(
        "topics", "topic", _TOPIC,
        "(n.title, n.objective, n.key_messages, n.audience)"
        " is distinct from (o.title, o.objective, o.key_messages, o.audience)",
    )
    + _triggers(
        "thread_messages", "message", _MESSAGE,
        "(n.body, n.deleted_at) is distinct from (o.body, o.deleted_at)", brand="h.brand_id", join=_THREAD,
    )
)  # fmt: skip

FILL = f"""
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
  from app.contents n cross join lateral app.search_weights({_CONTENT}) w;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'topic', n.id, n.brand_id, w.weight
  from app.topics n cross join lateral app.search_weights({_TOPIC}) w;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'message', n.id, h.brand_id, w.weight
  from app.thread_messages n {_THREAD} cross join lateral app.search_weights({_MESSAGE}) w;
"""
