"""Links by which others read a brand's calendar: as a feed's address, but a page, of one brand, for a time."""

from alembic import op

revision = "20261127_shared"
down_revision = "20261127_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table app.calendar_feeds add column expires_at timestamptz,"
        " add constraint ck_calendar_feeds_shared check (expires_at is null or brand_id is not null)"
    )


def downgrade() -> None:
    """What was shared would open as a feed."""
    raise RuntimeError("restore the backup that was taken before this release")
