"""A client's personal link opens everything that waits on them; a new device is let in by a mailed code."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_portal"
down_revision = "20261126_board"
branch_labels = None
depends_on = None

KEEP = "select, insert, update"


def upgrade() -> None:
    for table in TOUCHED:
        op.execute(f"alter table app.{table} no force row level security")
    op.execute(LINKS)
    for table in TOUCHED:
        op.execute(f"alter table app.{table} force row level security")
    for statement in (CLOSE, DEVICES, WAITS, LETTERS):
        op.execute(statement)
    op.execute(protect("link_devices", web=KEEP, worker="select"))
    op.execute(protect("device_codes", web=KEEP, worker="select, update"))


def downgrade() -> None:
    """Links that open several contents have no place in the tables of before."""
    raise RuntimeError("restore the backup that was taken before this release")


TOUCHED = ("approval_links", "approval_runs", "contents")

LINKS = """
alter table app.approval_links add column brand_id uuid;
update app.approval_links l set brand_id = c.brand_id
  from app.approval_runs r
  join app.contents c on c.agency_id = r.agency_id and c.id = r.content_id
 where r.agency_id = l.agency_id and r.id = l.run_id;
"""

CLOSE = """
alter table app.approval_links alter column brand_id set not null, drop column run_id, drop column stage_id;
alter table app.approval_links add constraint fk_approval_links_agency_id_brand_id
  foreign key (agency_id, brand_id) references app.brands (agency_id, id);
create index ix_approval_links_agency_id_membership_id_brand_id
  on app.approval_links (agency_id, membership_id, brand_id);
"""

DEVICES = """
create table app.link_devices (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, token_hash bytea not null,
  user_agent text not null default '', typed_name text not null default '',
  created_at timestamptz not null default clock_timestamp(), expires_at timestamptz not null, revoked_at timestamptz,
  constraint pk_link_devices primary key (agency_id, id),
  constraint uq_link_devices_agency_id_token_hash unique (agency_id, token_hash),
  constraint fk_link_devices_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade);
create index ix_link_devices_agency_id_membership_id on app.link_devices (agency_id, membership_id);
create table app.device_codes (
  agency_id uuid not null, id uuid not null, membership_id uuid not null, code_hash bytea,
  attempts integer not null default 0, expires_at timestamptz, used_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  constraint pk_device_codes primary key (agency_id, id),
  constraint fk_device_codes_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade);
create index ix_device_codes_agency_id_membership_id on app.device_codes (agency_id, membership_id);
alter table app.decisions add column device_id uuid;
alter table app.decisions add constraint fk_decisions_agency_id_device_id
  foreign key (agency_id, device_id) references app.link_devices (agency_id, id);
"""

WAITS = """
alter table app.waits add column told_by uuid;
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link'));
"""
