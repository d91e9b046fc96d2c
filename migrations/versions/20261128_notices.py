"""What each person is told of, how they chose to hear of it, and when they want their digests."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_notices"
down_revision = "20261128_tokens"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("notices"))
    op.execute(protect("notice_choices", worker="select, delete"))
    op.execute(protect("notice_hours", worker="select, delete"))
    op.execute(LETTERS)


def downgrade() -> None:
    """What people chose would be forgotten."""
    raise RuntimeError("restore the backup that was taken before this release")


EVENTS = """'to_decide', 'reminder', 'late', 'changes_requested', 'approved', 'voided', 'stopped', 'trouble', 'named',
  'message', 'import_over', 'rights_ending'"""

TABLES = f"""
create table app.notices (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, event text not null, kind text not null,
  about jsonb not null default '{{}}', brand_id uuid, content_id uuid, in_app boolean not null default true, mail text,
  letter_id uuid, read_at timestamptz, created_at timestamptz not null default clock_timestamp(),
  constraint pk_notices primary key (agency_id, id),
  constraint fk_notices_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint fk_notices_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id) on delete cascade,
  constraint fk_notices_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade,
  constraint fk_notices_agency_id_letter_id foreign key (agency_id, letter_id)
    references app.letters (agency_id, id) on delete cascade,
  constraint ck_notices_event check (event in ({EVENTS})),
  constraint ck_notices_mail check (mail in ('hourly', 'daily')));
create index ix_notices_agency_id_membership_id_created_at_id on app.notices (agency_id, membership_id, created_at, id);
create index ix_notices_agency_id_content_id on app.notices (agency_id, content_id);
create index ix_notices_agency_id_letter_id on app.notices (agency_id, letter_id);
create index ix_notices_unread on app.notices (agency_id, membership_id, created_at) where read_at is null and in_app;
create index ix_notices_pending on app.notices (agency_id, membership_id, mail)
  where mail is not null and letter_id is null;
create table app.notice_choices (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, event text not null, in_app boolean not null,
  mail text not null,
  constraint pk_notice_choices primary key (agency_id, id),
  constraint uq_notice_choices_agency_id_membership_id_event unique (agency_id, membership_id, event),
  constraint fk_notice_choices_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint ck_notice_choices_event check (event in ({EVENTS})),
  constraint ck_notice_choices_mail check (mail in ('at_once', 'hourly', 'daily', 'never')));
create table app.notice_hours (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, timezone text not null, days jsonb not null,
  starts time not null, ends time not null,
  constraint pk_notice_hours primary key (agency_id, id),
  constraint uq_notice_hours_agency_id_membership_id unique (agency_id, membership_id),
  constraint fk_notice_hours_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint ck_notice_hours_hours check (ends > starts),
  constraint ck_notice_hours_days check (jsonb_typeof(days) = 'array' and jsonb_array_length(days) >= 1));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing', 'domain_code', 'digest'));
"""
