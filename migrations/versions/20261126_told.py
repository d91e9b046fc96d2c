"""Which contents a letter told of, where it told of several: an approval's proof finds its mails by them."""

from alembic import op

from tenants.isolation import protect

revision = "20261126_told"
down_revision = "20261126_proof"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TOLD)
    op.execute(protect("letter_contents", web="select", worker="select, insert"))


def downgrade() -> None:
    op.execute("drop table app.letter_contents")


TOLD = """
create table app.letter_contents (
  agency_id uuid not null, id uuid not null, letter_id uuid not null, content_id uuid not null,
  constraint pk_letter_contents primary key (agency_id, id),
  constraint uq_letter_contents_agency_id_letter_id_content_id unique (agency_id, letter_id, content_id),
  constraint fk_letter_contents_agency_id_letter_id foreign key (agency_id, letter_id)
    references app.letters (agency_id, id) on delete cascade,
  constraint fk_letter_contents_agency_id_content_id foreign key (agency_id, content_id)
    references app.contents (agency_id, id) on delete cascade);
create index ix_letter_contents_agency_id_content_id on app.letter_contents (agency_id, content_id);
"""
