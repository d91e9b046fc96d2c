"""What somebody said last is read by person: a client who never decided had all of an agency's decisions looked through."""

from alembic import op

revision = "20261128_said"
down_revision = "20261128_billing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_decisions_said on app.decisions (agency_id, membership_id, decided_at)")


def downgrade() -> None:
    """Nothing is lost without it."""
    op.execute("drop index app.ix_decisions_said")
