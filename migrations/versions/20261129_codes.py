"""Which browser asked for a mailed code: it alone may type it."""

from alembic import op

revision = "20261129_codes"
down_revision = "20261129_mockups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table app.device_codes add column asked_hash bytea")


def downgrade() -> None:
    op.execute("alter table app.device_codes drop column asked_hash")
