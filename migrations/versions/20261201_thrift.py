"""Marks have one index: the other led whoever asks for news past all marks of a busy agency."""

from alembic import op

revision = "20261201_thrift"
down_revision = "20261130_marking"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("drop index app.ix_marks_agency_id_at")


def downgrade() -> None:
    op.execute("create index ix_marks_agency_id_at on app.marks (agency_id, at)")
