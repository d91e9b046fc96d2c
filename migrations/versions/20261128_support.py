"""Support comes in where an agency lets it, until an hour, and reads."""

from alembic import op

revision = "20261128_support"
down_revision = "20261128_closing"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(STAFF)
    op.execute(MEMBERS)


def downgrade() -> None:
    """Whoever came in as support would be left inside, in a role that the checks of before do not know."""
    raise RuntimeError("restore the backup that was taken before this release")


STAFF = """
create table app.support_staff (
  identity_id uuid not null, since timestamptz not null default clock_timestamp(),
  constraint pk_support_staff primary key (identity_id),
  constraint fk_support_staff_identity_id foreign key (identity_id) references app.identities (id) on delete cascade);
grant select on app.support_staff to unisson_web, unisson_worker, unisson_backup;
"""
"""Who is support is said by who runs the installation, on its command line: no role of the application may."""

MEMBERS = """
alter table app.memberships add column ends_at timestamptz;
alter table app.memberships drop constraint ck_memberships_agency_role;
alter table app.memberships add constraint ck_memberships_agency_role
  check (agency_role in ('owner', 'admin', 'account_manager', 'member', 'support'));
alter table app.memberships add constraint ck_memberships_support_ends
  check (agency_role <> 'support' or ends_at is not null);
create index ix_memberships_support on app.memberships (agency_id, ends_at)
  where agency_role = 'support' and removed_at is null;
"""
