"""Where browsers sign out of an agency's identity provider."""

from alembic import op

revision = "20261129_leaving"
down_revision = "20261129_codes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table app.identity_providers add column end_session_endpoint text")


def downgrade() -> None:
    op.execute("alter table app.identity_providers drop column end_session_endpoint")
