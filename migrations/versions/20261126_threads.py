"""Threads: what the agency says among itself, and what it says with the client, never mixed."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_threads"
down_revision = "20261126_told"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("threads", "thread_messages", "thread_mentions", "thread_pictures"):
        op.execute(protect(table, web="select, insert"))
    op.execute(GRANTS)
    op.execute(LETTERS)


def downgrade() -> None:
    """What people said to each other has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.threads (
  agency_id uuid not null, id uuid not null, content_id uuid not null, brand_id uuid not null, audience text not null,
  revision_id uuid, anchor jsonb not null default '{}', created_by uuid not null,
  created_at timestamptz not null default clock_timestamp(), resolved_at timestamptz, resolved_by uuid,
  constraint pk_threads primary key (agency_id, id),
  constraint fk_threads_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade,
  constraint fk_threads_agency_id_brand_id foreign key (agency_id, brand_id) references app.brands (agency_id, id),
  constraint fk_threads_agency_id_revision_id foreign key (agency_id, revision_id)
    references app.revisions (agency_id, id),
  constraint fk_threads_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint fk_threads_agency_id_resolved_by foreign key (agency_id, resolved_by)
    references app.memberships (agency_id, id),
  constraint ck_threads_audience check (audience in ('internal', 'client')));
create index ix_threads_agency_id_content_id on app.threads (agency_id, content_id);
create table app.thread_messages (
  agency_id uuid not null, id uuid not null, thread_id uuid not null, author_id uuid not null, body text not null,
  created_at timestamptz not null default clock_timestamp(), edited_at timestamptz, deleted_at timestamptz,
  mail_id text,
  constraint pk_thread_messages primary key (agency_id, id),
  constraint uq_thread_messages_agency_id_mail_id unique (agency_id, mail_id),
  constraint fk_thread_messages_agency_id_thread_id foreign key (agency_id, thread_id)
    references app.threads (agency_id, id) on delete cascade,
  constraint fk_thread_messages_agency_id_author_id foreign key (agency_id, author_id)
    references app.memberships (agency_id, id),
  constraint ck_thread_messages_body check (length(body) <= 5000));
create index ix_thread_messages_agency_id_thread_id on app.thread_messages (agency_id, thread_id);
create table app.thread_mentions (
  agency_id uuid not null, id uuid not null, message_id uuid not null, membership_id uuid not null,
  constraint pk_thread_mentions primary key (agency_id, id),
  constraint uq_thread_mentions_agency_id_message_id_membership_id unique (agency_id, message_id, membership_id),
  constraint fk_thread_mentions_agency_id_message_id foreign key (agency_id, message_id)
    references app.thread_messages (agency_id, id) on delete cascade,
  constraint fk_thread_mentions_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id));
create table app.thread_pictures (
  agency_id uuid not null, id uuid not null, message_id uuid not null, media_id uuid not null,
  position integer not null,
  constraint pk_thread_pictures primary key (agency_id, id),
  constraint uq_thread_pictures_agency_id_message_id_media_id unique (agency_id, message_id, media_id),
  constraint fk_thread_pictures_agency_id_message_id foreign key (agency_id, message_id)
    references app.thread_messages (agency_id, id) on delete cascade,
  constraint fk_thread_pictures_agency_id_media_id foreign key (agency_id, media_id)
    references app.media (agency_id, id));
create function app.one_audience() returns trigger language plpgsql as $$
begin
  if new.audience is distinct from old.audience or new.content_id is distinct from old.content_id then
    raise exception 'a thread keeps its audience and its content' using errcode = 'UN020';
  end if;
  return new;
end $$;
create trigger threads_audience before update on app.threads for each row execute function app.one_audience();
"""

GRANTS = """
grant update (resolved_at, resolved_by) on app.threads to unisson_web, unisson_worker;
grant update (body, edited_at, deleted_at) on app.thread_messages to unisson_web;
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message'));
"""
