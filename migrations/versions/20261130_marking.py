"""What goes with its content by a foreign key is marked, too: such rows are deleted in the name of the tables' owner."""

from alembic import op

from tenants.isolation import OWNER

revision = "20261130_marking"
down_revision = "20261130_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The restrictive policy of the table holds the owner to one agency, as everybody else.
    op.execute(f"create policy owner on app.marks as permissive for insert to {OWNER} with check (true)")


def downgrade() -> None:
    op.execute("drop policy owner on app.marks")
