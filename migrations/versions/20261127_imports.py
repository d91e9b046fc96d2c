"""Files of plans that are taken in, and their rows."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_imports"
down_revision = "20261127_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("imports", web="select, insert, update", worker="select, update"))
    op.execute(protect("import_rows", web="select, insert, update", worker="select, update"))
    # A worker writes the drafts of a file, and takes back those that nobody touched.
    op.execute("grant insert, delete on app.contents to unisson_worker")
    op.execute("grant insert on app.variants to unisson_worker")
    op.execute(DISPATCH)
    op.execute(LETTERS)


def downgrade() -> None:
    """What was imported has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.imports (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, created_by uuid not null, filename text not null,
  headers jsonb not null, headers_key text not null, has_header boolean not null, mapping jsonb not null default '{}',
  date_order text not null default 'dmy', default_time text not null default '', state text not null default 'mapping',
  problem text not null default '', wanted integer not null default 0, handled integer not null default 0,
  mapped_at timestamptz, ended_at timestamptz, created_at timestamptz not null default clock_timestamp(),
  constraint pk_imports primary key (agency_id, id),
  constraint fk_imports_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint fk_imports_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint ck_imports_state check (state in ('mapping', 'preview', 'taking', 'done', 'undoing', 'undone')),
  constraint ck_imports_date_order check (date_order in ('dmy', 'mdy', 'ymd')));
create index ix_imports_agency_id_created_by on app.imports (agency_id, created_by);
create index ix_imports_agency_id_brand_id_headers_key on app.imports (agency_id, brand_id, headers_key);
create table app.import_rows (
  agency_id uuid not null, id uuid not null, import_id uuid not null, number integer not null, cells jsonb not null,
  fold smallint, chosen boolean not null default true, faulty boolean not null default false,
  state text not null default 'waiting', content_id uuid,
  constraint pk_import_rows primary key (agency_id, id),
  constraint uq_import_rows_agency_id_import_id_number unique (agency_id, import_id, number),
  constraint fk_import_rows_agency_id_import_id foreign key (agency_id, import_id)
    references app.imports (agency_id, id) on delete cascade,
  constraint fk_import_rows_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id),
  constraint ck_import_rows_state check (state in ('header', 'waiting', 'taken', 'removed', 'kept')),
  constraint ck_import_rows_fold check (fold in (0, 1)));
create index ix_import_rows_agency_id_content_id on app.import_rows (agency_id, content_id)
  where content_id is not null;
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind
  check (kind in ('content', 'publication', 'mail', 'stage', 'import'));
alter table app.dispatch add constraint ck_dispatch_queue
  check (queue in ('publishing', 'mail', 'approvals', 'imports'));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over'));
"""
