"""The trail is read by person and by brand as well as by time."""

from alembic import op

revision = "20261127_trail"
down_revision = "20261127_required"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index ix_events_brand on app.events (agency_id, brand_id, at);"
        "create index ix_events_actor on app.events (agency_id, actor_id, at)"
    )


def downgrade() -> None:
    """Nothing is lost without them."""
    op.execute("drop index app.ix_events_brand; drop index app.ix_events_actor")
