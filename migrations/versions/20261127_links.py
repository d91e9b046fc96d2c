"""What stands beside a text: the card of its first link."""

from alembic import op

revision = "20261127_links"
down_revision = "20261127_library"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(BESIDE)


def downgrade() -> None:
    """What was written beside texts has no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


BESIDE = """
alter table app.contents add column card jsonb;
"""
