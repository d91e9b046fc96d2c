"""From when on an agency asks its people for a second step at the sign-in."""

from alembic import op

revision = "20261127_required"
down_revision = "20261127_factors"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table app.agencies add column second_step_from timestamptz")


def downgrade() -> None:
    """What an agency asked of its people would be forgotten."""
    raise RuntimeError("restore the backup that was taken before this release")
