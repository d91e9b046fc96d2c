"""A second factor at the sign-in: a code that changes every half minute, and codes for the day the phone is lost."""

from alembic import op

revision = "20261127_factors"
down_revision = "20261127_found"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(LETTERS)


def downgrade() -> None:
    """Whoever trusts in a second factor would be left with one."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLES = """
create table app.second_factors (
  id uuid not null, identity_id uuid not null, secret bytea not null, last_step bigint,
  created_at timestamptz not null default clock_timestamp(), confirmed_at timestamptz,
  constraint pk_second_factors primary key (id),
  constraint uq_second_factors_identity_id unique (identity_id),
  constraint fk_second_factors_identity_id foreign key (identity_id) references app.identities (id) on delete cascade);
create table app.recovery_codes (
  id uuid not null, identity_id uuid not null, code_hash bytea not null,
  created_at timestamptz not null default clock_timestamp(), used_at timestamptz,
  constraint pk_recovery_codes primary key (id),
  constraint uq_recovery_codes_code_hash unique (code_hash),
  constraint fk_recovery_codes_identity_id foreign key (identity_id) references app.identities (id) on delete cascade);
create index ix_recovery_codes_identity_id on app.recovery_codes (identity_id);
grant select, insert, update, delete on app.second_factors, app.recovery_codes to unisson_web;
grant select on app.second_factors, app.recovery_codes to unisson_backup;
"""

LETTERS = """
alter table app.identity_letters drop constraint ck_identity_letters_purpose;
alter table app.identity_letters add constraint ck_identity_letters_purpose check (purpose in (
  'verification', 'password_reset', 'already_registered', 'factor_on', 'factor_off', 'recovery_used', 'recovery_new'));
"""
