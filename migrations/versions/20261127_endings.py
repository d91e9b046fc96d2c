"""Word, once, of the rights of images that are about to end."""

from alembic import op

from tenants.isolation import protect

revision = "20261127_endings"
down_revision = "20261127_room"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(protect("rights_notices", web="select", worker="select, insert"))
    op.execute(DISPATCH)
    op.execute(LETTERS)
    op.execute(EXPECT)


def downgrade() -> None:
    """Who was told would be told again."""
    raise RuntimeError("restore the backup that was taken before this release")


TABLE = """
create table app.rights_notices (
  agency_id uuid not null, id uuid not null, brand_id uuid not null, media_id uuid not null,
  rights_until date not null, mark text not null, told_on date not null,
  constraint pk_rights_notices primary key (agency_id, id),
  constraint uq_rights_notices_agency_id_media_id_rights_until_mark unique (agency_id, media_id, rights_until, mark),
  constraint fk_rights_notices_agency_id_brand_id foreign key (agency_id, brand_id)
    references app.brands (agency_id, id),
  constraint fk_rights_notices_agency_id_media_id foreign key (agency_id, media_id) references app.media (agency_id, id),
  constraint ck_rights_notices_mark check (mark in ('month', 'week')));
create index ix_rights_notices_agency_id_brand_id_told_on on app.rights_notices (agency_id, brand_id, told_on);
create index ix_media_rights on app.media (agency_id, brand_id, rights_until) where rights_until is not null;
"""

DISPATCH = """
alter table app.dispatch drop constraint ck_dispatch_kind, drop constraint ck_dispatch_queue;
alter table app.dispatch add constraint ck_dispatch_kind
  check (kind in ('content', 'publication', 'mail', 'stage', 'import', 'upload', 'rights'));
alter table app.dispatch add constraint ck_dispatch_queue
  check (queue in ('publishing', 'mail', 'approvals', 'imports', 'media', 'rights'));
"""

LETTERS = """
alter table app.letters drop constraint ck_letters_kind;
alter table app.letters add constraint ck_letters_kind check (kind in ('invitation', 'approval_request',
  'approval_asked_in_app', 'changes_requested', 'approved', 'trouble', 'approval_reminder', 'approval_escalated',
  'approval_voided', 'approval_steer', 'approval_nudge', 'missed', 'held', 'released', 'to_decide', 'device_code',
  'portal_link', 'thread_message', 'import_over', 'rights_ending'));
"""

# Each brand is looked at once, now; from then on it says itself when it is to be looked at again.
EXPECT = """
alter table app.media no force row level security;
alter table app.dispatch no force row level security;
insert into app.dispatch (kind, agency_id, item_id, queue)
select distinct 'rights', m.agency_id, m.brand_id, 'rights' from app.media m where m.rights_until is not null;
alter table app.dispatch force row level security;
alter table app.media force row level security;
"""
