"""Mock-up channels: contents are written and approved for an account that is not connected yet, and none leaves."""

from alembic import op

revision = "20261129_mockups"
down_revision = "20261129_spares"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(COLUMNS)
    op.execute(GATE)


def downgrade() -> None:
    """What was planned on mock-ups would be sent nowhere, and fail."""
    raise RuntimeError("restore the backup that was taken before this release")


COLUMNS = """
alter table app.channels
  add column mockup boolean not null default false, add column connected_at timestamptz,
  add constraint ck_channels_mockup check (
    not mockup or (secret is null and tokens is null and kind = 'bluesky'));
"""

GATE = """
create function app.channel_gate() returns trigger language plpgsql as $$
declare
  ch record;
begin
  select c.mockup, c.connected_at >= p.due_at and not p.late_accepted as was_due into ch
    from app.publications p join app.channels c on c.agency_id = p.agency_id and c.id = p.channel_id
   where p.agency_id = new.agency_id and p.id = new.publication_id;
  if ch.mockup then
    raise exception 'this channel is a mock-up' using errcode = 'UN023';
  end if;
  if ch.was_due then
    raise exception 'due while its channel was a mock-up' using errcode = 'UN024';
  end if;
  return new;
end $$;
create trigger channel_gate before insert on app.attempts for each row execute function app.channel_gate();
"""
