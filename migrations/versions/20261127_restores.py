"""When an installation was brought back from a backup, so that nothing leaves that may have left in between."""

from alembic import op

revision = "20261127_restores"
down_revision = "20261127_notes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    """Nothing would hold what may have left already."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLE = """
create table app.restores (
  id uuid not null default gen_random_uuid(), backup_at timestamptz not null, restored_at timestamptz not null,
  constraint pk_restores primary key (id));
grant select on app.restores to unisson_web, unisson_worker, unisson_backup;
"""
