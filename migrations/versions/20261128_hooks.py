"""Rooms of an agency in Slack, Teams and Discord, and what is to be told there."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_hooks"
down_revision = "20261128_support"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("hooks", worker="select, update"))
    op.execute(protect("hook_posts"))
    op.execute(EVENTS)
    op.execute(LETTERS)
    op.execute(DISPATCH)


def downgrade() -> None:
    """The addresses of the rooms would be lost."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.hooks (
  agency_id uuid not null, id uuid not null, room text not null, name text not null, host text not null,
  sealed bytea not null, events jsonb not null, brand_id uuid, created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(), refusals integer not null default 0,
  last_error text not null default '', taken_at timestamptz, off_at timestamptz,
  constraint pk_hooks primary key (agency_id, id),
  constraint fk_hooks_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id) on delete cascade,
  constraint fk_hooks_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint ck_hooks_room check (room in ('slack', 'teams', 'discord')),
  constraint ck_hooks_events check (jsonb_typeof(events) = 'array'));
create index ix_hooks_agency_id_brand_id on app.hooks (agency_id, brand_id);
create table app.hook_posts (
  agency_id uuid not null, id uuid not null, hook_id uuid not null, fact text not null, kind text not null,
  about jsonb not null default '{}', brand_id uuid, content_id uuid, state text not null default 'waiting',
  attempts integer not null default 0, last_error text not null default '',
  created_at timestamptz not null default clock_timestamp(), ended_at timestamptz,
  constraint pk_hook_posts primary key (agency_id, id),
  constraint uq_hook_posts_agency_id_hook_id_fact unique (agency_id, hook_id, fact),
  constraint fk_hook_posts_agency_id_hook_id foreign key (agency_id, hook_id)
    references app.hooks (agency_id, id) on delete cascade,
  constraint fk_hook_posts_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id) on delete cascade,
  constraint fk_hook_posts_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade,
  constraint ck_hook_posts_state check (state in ('waiting', 'sent', 'failed', 'dropped')));
create index ix_hook_posts_agency_id_brand_id on app.hook_posts (agency_id, brand_id);
create index ix_hook_posts_agency_id_content_id on app.hook_posts (agency_id, content_id);
"""

EVENTS = """
alter table app.notices drop constraint ck_notices_event;
alter table app.notices add constraint ck_notices_event check (event in ('to_decide', 'reminder', 'late',
  'changes_requested', 'approved', 'voided', 'stopped', 'trouble', 'named', 'message', 'import_over', 'rights_ending',
  'hook_off'));
alter table app.notice_choices drop constraint ck_notice_choices_event;
alter table app.notice_choices add constraint ck_notice_choices_event check (event in ('to_decide', 'reminder', 'late',
  'changes_requested', 'approved', 'voided', 'stopped', 'trouble', 'named', 'message', 'import_over', 'rights_ending',
  'hook_off'));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing', 'domain_code', 'digest', 'hook_off'));
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind check (
  kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights', 'video', 'billing', 'export',
  'ending', 'hook'));
alter table app.dispatch add constraint ck_dispatch_queue check (
  queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights', 'videos', 'billing', 'exports',
  'endings', 'hooks'));
"""
