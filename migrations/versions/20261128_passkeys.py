"""Passkeys: keys that somebody's devices hold, of which the public half is kept here."""

from alembic import op

revision = "20261128_passkeys"
down_revision = "20261128_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(LETTERS)


def downgrade() -> None:
    """Whoever signs in by a passkey alone would be shut out."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.passkeys (
  id uuid not null, identity_id uuid not null, credential_id bytea not null, public_key bytea not null,
  sign_count bigint not null, transports text[] not null, name text not null, is_synced boolean not null,
  created_at timestamptz not null default clock_timestamp(), last_used_at timestamptz, copied_at timestamptz,
  constraint pk_passkeys primary key (id),
  constraint uq_passkeys_credential_id unique (credential_id),
  constraint fk_passkeys_identity_id foreign key (identity_id) references app.identities (id) on delete cascade);
create index ix_passkeys_identity_id on app.passkeys (identity_id);
grant select, insert, update, delete on app.passkeys to unisson_web;
grant select on app.passkeys to unisson_backup;
"""

LETTERS = """
alter table app.identity_letters drop constraint ck_identity_letters_purpose;
alter table app.identity_letters add constraint ck_identity_letters_purpose check (purpose in (
  'verification', 'password_reset', 'already_registered', 'factor_on', 'factor_off', 'recovery_used', 'recovery_new',
  'codes_off', 'passkey_added', 'passkey_removed', 'passkey_copied'));
"""
