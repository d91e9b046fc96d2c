"""Tokens by which programs read an agency's plan."""

from alembic import op

from tenants.isolation import protect

revision = "20261128_tokens"
down_revision = "20261128_oidc"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(protect("api_tokens", web="select, insert", worker="select"))
    op.execute(GRANTS)


def downgrade() -> None:
    """Whoever holds a token is told that it is none."""
    op.execute("drop table app.api_tokens")


TABLE = """
create table app.api_tokens (
  agency_id uuid not null, id uuid not null, membership_id uuid, name text not null, token_hash bytea not null,
  scopes jsonb not null, created_by uuid not null, created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null, last_used_at timestamptz, revoked_at timestamptz,
  constraint pk_api_tokens primary key (agency_id, id),
  constraint uq_api_tokens_agency_id_token_hash unique (agency_id, token_hash),
  constraint fk_api_tokens_agency_id_membership_id foreign key (agency_id, membership_id)
    references app.memberships (agency_id, id) on delete cascade,
  constraint fk_api_tokens_agency_id_created_by foreign key (agency_id, created_by)
    references app.memberships (agency_id, id),
  constraint ck_api_tokens_scopes check (jsonb_typeof(scopes) = 'array' and jsonb_array_length(scopes) >= 1));
create index ix_api_tokens_agency_id_membership_id on app.api_tokens (agency_id, membership_id);
"""

GRANTS = """
grant update (last_used_at, revoked_at) on app.api_tokens to unisson_web;
grant update (name, revoked_at) on app.api_tokens to unisson_worker;
"""
"""What a token may do is said once, when it is made: nobody widens one."""
