"""How many bytes of images an agency may keep, and how they are counted."""

from alembic import op

revision = "20261127_room"
down_revision = "20261127_uploads"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table app.agencies add column media_quota bigint")
    op.execute("alter table app.agencies add constraint ck_agencies_media_quota check (media_quota > 0)")
    op.execute("create index ix_media_room on app.media (agency_id) include (size)")


def downgrade() -> None:
    op.execute("drop index app.ix_media_room")
    op.execute("alter table app.agencies drop column media_quota")
