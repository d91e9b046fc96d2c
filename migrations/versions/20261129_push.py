"""Browsers that take notifications, and what is to be told there."""

from alembic import op

from tenants.isolation import protect

revision = "20261129_push"
down_revision = "20261129_telling"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(BROWSERS)
    op.execute(ASKED)
    op.execute(POSTS)
    op.execute(protect("push_posts"))
    op.execute(CHOICES)
    op.execute(DISPATCH)


def downgrade() -> None:
    """People would have to let every browser in again."""
    raise RuntimeError("restore the backup that was taken before this release")


BROWSERS = """
create table app.push_browsers (
  id uuid not null, identity_id uuid not null, sign_in_id uuid not null, endpoint_hash bytea not null,
  sealed bytea not null, user_agent text not null, created_at timestamptz not null default clock_timestamp(),
  told_at timestamptz, refusals integer not null default 0, last_error text not null default '',
  constraint pk_push_browsers primary key (id),
  constraint uq_push_browsers_endpoint_hash unique (endpoint_hash),
  constraint uq_push_browsers_sign_in_id unique (sign_in_id),
  constraint fk_push_browsers_identity_id foreign key (identity_id)
    references app.identities (id) on delete cascade,
  constraint fk_push_browsers_sign_in_id foreign key (sign_in_id)
    references app.sign_ins (id) on delete cascade);
create index ix_push_browsers_identity_id on app.push_browsers (identity_id);
grant select, insert, update, delete on app.push_browsers to unisson_web;
grant select, update, delete on app.push_browsers to unisson_worker;
grant select on app.push_browsers to unisson_backup;
"""

# Whether a sign-in still opens an agency, asked as a message leaves. No secret and no hash of one is among the columns.
ASKED = """
grant select (revoked_at, last_seen_at, by_password, sso_agency_ids) on app.sign_ins to unisson_worker;
grant select (id, identity_id, confirmed_at) on app.second_factors to unisson_worker;
grant select (id, identity_id, copied_at) on app.passkeys to unisson_worker;
"""

POSTS = """
create table app.push_posts (
  agency_id uuid not null, id uuid not null, notice_id uuid not null, browser_id uuid not null, joined_id uuid,
  state text not null default 'waiting', attempts integer not null default 0, last_error text not null default '',
  created_at timestamptz not null default clock_timestamp(), ended_at timestamptz,
  constraint pk_push_posts primary key (agency_id, id),
  constraint uq_push_posts_agency_id_notice_id_browser_id unique (agency_id, notice_id, browser_id),
  constraint fk_push_posts_agency_id_notice_id foreign key (agency_id, notice_id)
    references app.notices (agency_id, id) on delete cascade,
  constraint fk_push_posts_browser_id foreign key (browser_id)
    references app.push_browsers (id) on delete cascade,
  constraint ck_push_posts_state check (state in ('waiting', 'joined', 'sent', 'failed', 'dropped')));
create index ix_push_posts_browser_id on app.push_posts (browser_id);
create index ix_push_posts_agency_id_browser_id_state on app.push_posts (agency_id, browser_id, state);
create index ix_push_posts_agency_id_joined_id on app.push_posts (agency_id, joined_id);
"""

# Whoever chose before keeps what they chose; for their browsers, which did not exist, they chose nothing.
CHOICES = """
alter table app.notice_choices no force row level security;
alter table app.notice_choices add column browser boolean;
update app.notice_choices set browser = event in ('to_decide', 'reminder', 'late', 'changes_requested', 'stopped',
  'trouble', 'named', 'hook_off');
alter table app.notice_choices alter column browser set not null;
alter table app.notice_choices force row level security;
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind check (
  kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights', 'video', 'billing', 'export',
  'ending', 'hook', 'push'));
alter table app.dispatch add constraint ck_dispatch_queue check (
  queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights', 'videos', 'billing', 'exports',
  'endings', 'hooks', 'pushes'));
"""
