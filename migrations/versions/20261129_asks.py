"""Channels that somebody of the client's is asked to connect by a link, and the mails that tell of it."""

from alembic import op

from tenants.isolation import protect

revision = "20261129_asks"
down_revision = "20261129_push"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(protect("channel_asks", worker="select, update"))
    op.execute(protect("channel_ask_links"))
    op.execute(EVENTS)
    op.execute(LETTERS)


def downgrade() -> None:
    """Who gave which access, and how to take it back, would be lost."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.channel_asks (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, channel_id uuid, kind text not null,
  membership_id uuid not null, note text not null default '', asked_by uuid not null,
  asked_at timestamptz not null default clock_timestamp(), expires_at timestamptz not null, revoked_at timestamptz,
  given_at timestamptz, account text not null default '', withdrawn_at timestamptz,
  constraint pk_channel_asks primary key (agency_id, id),
  constraint fk_channel_asks_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id) on delete cascade,
  constraint fk_channel_asks_agency_id_channel_id foreign key (agency_id, channel_id)
    references app.channels (agency_id, id) on delete cascade,
  constraint fk_channel_asks_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id),
  constraint fk_channel_asks_agency_id_asked_by foreign key (agency_id, asked_by)
    references app.memberships (agency_id, id),
  constraint ck_channel_asks_kind check (kind in ('bluesky')),
  constraint ck_channel_asks_given check (given_at is null or channel_id is not null),
  constraint ck_channel_asks_withdrawn check (withdrawn_at is null or given_at is not null));
create index ix_channel_asks_agency_id_brand_id on app.channel_asks (agency_id, brand_id);
create index ix_channel_asks_agency_id_channel_id on app.channel_asks (agency_id, channel_id);
create index ix_channel_asks_agency_id_membership_id on app.channel_asks (agency_id, membership_id);
create table app.channel_ask_links (
  agency_id uuid not null, id uuid not null, ask_id uuid not null, token_hash bytea not null,
  created_at timestamptz not null default clock_timestamp(), expires_at timestamptz,
  constraint pk_channel_ask_links primary key (agency_id, id),
  constraint fk_channel_ask_links_agency_id_ask_id foreign key (agency_id, ask_id)
    references app.channel_asks (agency_id, id) on delete cascade,
  constraint uq_channel_ask_links_agency_id_token_hash unique (agency_id, token_hash));
create index ix_channel_ask_links_agency_id_ask_id on app.channel_ask_links (agency_id, ask_id);
"""

EVENTS = """
alter table app.notices drop constraint ck_notices_event;
alter table app.notices add constraint ck_notices_event check (event in ('to_decide', 'reminder', 'late',
  'changes_requested', 'approved', 'voided', 'stopped', 'trouble', 'named', 'message', 'import_over', 'rights_ending',
  'hook_off', 'channels'));
alter table app.notice_choices drop constraint ck_notice_choices_event;
alter table app.notice_choices add constraint ck_notice_choices_event check (event in ('to_decide', 'reminder', 'late',
  'changes_requested', 'approved', 'voided', 'stopped', 'trouble', 'named', 'message', 'import_over', 'rights_ending',
  'hook_off', 'channels'));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing', 'domain_code', 'digest', 'hook_off',
  'channel_asked', 'channel_given', 'channel_connected', 'channel_withdrawn'));
"""
