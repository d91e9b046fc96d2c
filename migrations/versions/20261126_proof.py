"""The mails about a content are found by it, for its proof of approval; decisions by when they were taken."""

from alembic import op

revision = "20261126_proof"
down_revision = "20261126_label"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A column and not an index on the expression: `->>` is not leakproof, so that row-level security leaves it unused."""
    op.execute(
        "alter table app.letters add column content_id uuid generated always as ((about ->> 'content_id')::uuid) stored"
    )
    op.execute("create index ix_letters_agency_id_content_id on app.letters (agency_id, content_id)")
    op.execute("create index ix_decisions_agency_id_decided_at on app.decisions (agency_id, decided_at)")


def downgrade() -> None:
    op.execute("drop index app.ix_decisions_agency_id_decided_at")
    op.execute("alter table app.letters drop column content_id")
