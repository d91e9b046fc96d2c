"""A reminder that somebody of the agency sends by hand is a letter of its own."""

from alembic import op

revision = "20261126_board"
down_revision = "20261126_chains"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(LETTERS)


def downgrade() -> None:
    """Letters of the new kind have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released'));
"""
