"""What kind of content a page of a newsroom is: known from the version that was published."""

from alembic import op

revision = "20261130_kinds"
down_revision = "20261130_answers"
branch_labels = None
depends_on = None

READ = ("publications", "revisions", "newsroom_entries")


def upgrade() -> None:
    op.execute(COLUMN)
    for table in READ:
        op.execute(f"alter table app.{table} no force row level security")
    op.execute(FILL)
    for table in READ:
        op.execute(f"alter table app.{table} force row level security")


def downgrade() -> None:
    op.execute("alter table app.newsroom_entries drop column kind")


COLUMN = """
alter table app.newsroom_entries add column kind text not null default '',
  add constraint ck_newsroom_entries_kind check (kind in ('', 'post', 'press_release', 'article', 'reply'));
"""

FILL = """
update app.newsroom_entries e set kind = r.payload ->> 'kind'
  from app.publications p
  join app.revisions r on r.agency_id = p.agency_id and r.id = p.revision_id
 where p.agency_id = e.agency_id and e.ref = 'newsroom:' || p.id
   and r.payload ->> 'kind' in ('post', 'press_release', 'article', 'reply');
"""
