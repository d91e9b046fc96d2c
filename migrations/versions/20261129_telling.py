"""Mails that tell people what becomes of their data, sealed until they left; and which accounts are gone."""

from alembic import op

revision = "20261129_telling"
down_revision = "20261129_leaving"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(LETTERS)
    op.execute(GONE)


def downgrade() -> None:
    """Whoever is erased would not be erased again after a restore."""
    raise RuntimeError("restore the backup that was taken before this release")


LETTERS = """
create table app.privacy_letters (
  id uuid not null, sealed bytea not null, due_at timestamptz not null default clock_timestamp(),
  attempts integer not null default 0, created_at timestamptz not null default clock_timestamp(),
  constraint pk_privacy_letters primary key (id));
create index ix_privacy_letters_due_at on app.privacy_letters (due_at);
grant select, insert, update on app.privacy_letters to unisson_web;
grant select, insert, update, delete on app.privacy_letters to unisson_worker;
grant select (id, due_at) on app.privacy_letters to unisson_dispatch;
grant select on app.privacy_letters to unisson_backup;
"""

GONE = """
create table app.gone_accounts (
  identity_id uuid not null, gone_at timestamptz not null default clock_timestamp(),
  constraint pk_gone_accounts primary key (identity_id));
grant select, insert on app.gone_accounts to unisson_worker;
grant select on app.gone_accounts to unisson_backup;
"""
"""An identifier that leads to nothing any more: a restore of an older backup finds by it who has to go again."""
