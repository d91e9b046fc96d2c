"""The mail back to whoever answered by mail what could not be taken in."""

from alembic import op

revision = "20261130_answers"
down_revision = "20261129_asks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(LETTERS)


def downgrade() -> None:
    """Letters of the new kind would be in the way."""
    raise RuntimeError("restore the backup that was taken before this release")


LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending', 'billing', 'domain_code', 'digest', 'hook_off',
  'channel_asked', 'channel_given', 'channel_connected', 'channel_withdrawn', 'answer_lost'));
"""
