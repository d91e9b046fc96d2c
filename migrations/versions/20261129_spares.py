"""The salt of recovery codes, which are kept by a slow hash from here on."""

from alembic import op

revision = "20261129_spares"
down_revision = "20261128_hooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table app.recovery_codes add column salt bytea")


def downgrade() -> None:
    """Codes kept by the slow hash would let nobody in any more."""
    raise RuntimeError("restore the backup that was taken before this release")
