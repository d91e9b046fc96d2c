"""What is found more: the texts of single channels, with their content; images, by what is known of them."""

from alembic import op

revision = "20261127_finding"
down_revision = "20261127_library"
branch_labels = None
depends_on = None

SOURCES = ("contents", "variants", "media")


def upgrade() -> None:
    for statement in (KINDS, CONTENTS, VARIANTS, MEDIA):
        op.execute(statement)
    for table in SOURCES:
        op.execute(f"alter table app.{table} no force row level security")
    op.execute("alter table app.search_words no force row level security")
    op.execute(FILL)
    for table in (*SOURCES, "search_words"):
        op.execute(f"alter table app.{table} force row level security")


def downgrade() -> None:
    """The words would be of kinds that nothing of before knows."""
    raise RuntimeError("restore the backup that was taken before this release")


KINDS = """
alter table app.search_words drop constraint ck_search_words_kind;
alter table app.search_words add constraint ck_search_words_kind
  check (kind in ('content', 'topic', 'message', 'media'));
"""

WORDS = """n.title, concat_ws(' ', n.body,
      (select string_agg(t, ' ') from jsonb_array_elements_text(n.tags) t),
      (select string_agg(v.body, ' ') from app.variants v where v.agency_id = n.agency_id and v.content_id = n.id))"""

CONTENTS = f"""
create function app.content_words(agency uuid, contents uuid[])
returns table (agency_id uuid, word text, kind text, item_id uuid, brand_id uuid, weight smallint)
language sql stable as $$
  select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
    from app.contents n cross join lateral app.search_weights({WORDS}) w
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
     where (n.title, n.body, n.tags, n.brand_id) is distinct from (o.title, o.body, o.tags, o.brand_id) group by 1
  loop
    perform app.reword_contents(agency, changed);
  end loop;
  return null;
end $$;
create function app.reword_contents(agency uuid, changed uuid[]) returns void language plpgsql as $$
begin
  delete from app.search_words s where s.agency_id = agency and s.kind = 'content' and s.item_id = any(changed);
  insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
  select * from app.content_words(agency, changed);
end $$;
"""

VARIANTS = """
create function app.search_variants() returns trigger language plpgsql as $$
declare
  agency uuid;
  changed uuid[];
begin
  if tg_op = 'INSERT' then
    for agency, changed in select agency_id, array_agg(content_id) from fresh where body is not null group by 1 loop
      perform app.reword_contents(agency, changed);
    end loop;
  elsif tg_op = 'DELETE' then
    for agency, changed in select agency_id, array_agg(content_id) from stale where body is not null group by 1 loop
      perform app.reword_contents(agency, changed);
    end loop;
  else
    for agency, changed in
      select n.agency_id, array_agg(n.content_id) from fresh n join stale o on o.agency_id = n.agency_id and o.id = n.id
       where n.body is distinct from o.body group by 1
    loop
      perform app.reword_contents(agency, changed);
    end loop;
  end if;
  return null;
end $$;
create trigger search_insert after insert on app.variants referencing new table as fresh
  for each statement execute function app.search_variants();
create trigger search_update after update on app.variants referencing new table as fresh old table as stale
  for each statement execute function app.search_variants();
create trigger search_delete after delete on app.variants referencing old table as stale
  for each statement execute function app.search_variants();
"""

MEDIA_WORDS = "regexp_replace(n.filename, '[._-]+', ' ', 'g'), n.words"

MEDIA = f"""
create function app.search_media() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    delete from app.search_words s using stale o
     where s.agency_id = o.agency_id and s.kind = 'media' and s.item_id = o.id;
  end if;
  if tg_op <> 'DELETE' then
    insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
    select n.agency_id, w.word, 'media', n.id, n.brand_id, w.weight
      from fresh n cross join lateral app.search_weights({MEDIA_WORDS}) w where n.archived_at is null;
  end if;
  return null;
end $$;
create trigger search_insert after insert on app.media referencing new table as fresh
  for each statement execute function app.search_media();
create trigger search_update after update on app.media referencing new table as fresh old table as stale
  for each statement execute function app.search_media();
create trigger search_delete after delete on app.media referencing old table as stale
  for each statement execute function app.search_media();
"""

FILL = f"""
delete from app.search_words s using app.variants v
 where v.body is not null and s.agency_id = v.agency_id and s.kind = 'content' and s.item_id = v.content_id;
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'content', n.id, n.brand_id, w.weight
  from app.contents n cross join lateral app.search_weights({WORDS}) w
 where exists (select from app.variants v
                where v.agency_id = n.agency_id and v.content_id = n.id and v.body is not null);
insert into app.search_words (agency_id, word, kind, item_id, brand_id, weight)
select n.agency_id, w.word, 'media', n.id, n.brand_id, w.weight
  from app.media n cross join lateral app.search_weights({MEDIA_WORDS}) w where n.archived_at is null;
"""
