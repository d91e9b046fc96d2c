"""That an agency asked for the second step of one of its people to be removed, who lost their phone."""

from alembic import op

revision = "20261128_factor_resets"
down_revision = "20261128_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(LETTERS)


def downgrade() -> None:
    """Who waits to be let in again would wait in vain."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLE = """
create table app.factor_resets (
  id uuid not null, identity_id uuid not null, asking_agency_id uuid not null, agency_name text not null, asked_by text not null,
  asked_at timestamptz not null default clock_timestamp(), opens_at timestamptz not null, expires_at timestamptz not null,
  constraint pk_factor_resets primary key (id),
  constraint uq_factor_resets_identity_id unique (identity_id),
  constraint fk_factor_resets_identity_id foreign key (identity_id) references app.identities (id) on delete cascade,
  constraint fk_factor_resets_asking_agency_id foreign key (asking_agency_id) references app.directory (agency_id) on delete cascade);
grant select, insert, update, delete on app.factor_resets to unisson_web;
grant select, delete on app.factor_resets to unisson_worker;
grant select on app.factor_resets to unisson_backup;
"""

LETTERS = """
alter table app.identity_letters drop constraint ck_identity_letters_purpose;
alter table app.identity_letters add constraint ck_identity_letters_purpose check (purpose in (
  'verification', 'password_reset', 'already_registered', 'factor_on', 'factor_off', 'recovery_used', 'recovery_new',
  'codes_off', 'passkey_added', 'passkey_removed', 'passkey_copied', 'linked', 'unlinked',
  'factor_reset', 'factor_gone'));
"""
