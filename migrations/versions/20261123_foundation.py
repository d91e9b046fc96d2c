"""Foundation: agencies, people, contents, approvals, the publishing ledger, and what holds them apart."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from tenants.isolation import SCHEMA_SQL, protect

revision = "20261123_foundation"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(SCHEMA_SQL)
    op.create_table(
        "agencies",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), server_default="fr", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Europe/Paris", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,48}$'", name=op.f("ck_agencies_slug")),
        sa.PrimaryKeyConstraint("agency_id", name=op.f("pk_agencies")),
        schema="app",
    )
    op.create_table(
        "brands",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("accent", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "accent in ('ink', 'coral', 'ocean', 'moss', 'plum', 'amber', 'teal', 'rose', 'slate', 'indigo')",
            name=op.f("ck_brands_accent"),
        ),
        sa.CheckConstraint("language in ('fr', 'en')", name=op.f("ck_brands_language")),
        sa.CheckConstraint(
            "sector in ('food', 'retail', 'fashion', 'beauty', 'health', 'technology', 'energy', 'mobility', 'tourism', 'culture', 'sport', 'finance', 'real_estate', 'education', 'public', 'association', 'industry', 'other')",
            name=op.f("ck_brands_sector"),
        ),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,48}$'", name=op.f("ck_brands_slug")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_brands")),
        sa.UniqueConstraint("agency_id", "slug", name=op.f("uq_brands_agency_id_slug")),
        schema="app",
    )
    op.create_table(
        "directory",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,48}$'", name=op.f("ck_directory_slug")),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_directory")),
        sa.UniqueConstraint("agency_id", name=op.f("uq_directory_agency_id")),
        schema="app",
    )
    op.create_table(
        "dispatch",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.CheckConstraint("kind in ('content', 'publication', 'mail')", name=op.f("ck_dispatch_kind")),
        sa.CheckConstraint("queue in ('publishing', 'mail')", name=op.f("ck_dispatch_queue")),
        sa.PrimaryKeyConstraint("kind", "agency_id", "item_id", name=op.f("pk_dispatch")),
        schema="app",
    )
    op.create_index("ix_dispatch_due", "dispatch", ["queue", "due_at"], unique=False, schema="app")
    op.create_table(
        "events",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_events")),
        schema="app",
    )
    op.create_index("ix_events_at", "events", ["agency_id", "at"], unique=False, schema="app")
    op.create_index("ix_events_subject", "events", ["agency_id", "subject_id", "at"], unique=False, schema="app")
    op.create_table(
        "identities",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("email_verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_identities_email_lower")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("email", name=op.f("uq_identities_email")),
        schema="app",
    )
    op.create_table(
        "operations",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_operations")),
        schema="app",
    )
    op.create_table(
        "approval_policies",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_approval_policies_agency_id_brand_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_approval_policies")),
        sa.UniqueConstraint("agency_id", "brand_id", name=op.f("uq_approval_policies_agency_id_brand_id")),
        schema="app",
    )
    op.create_table(
        "channels",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.Column("tokens", sa.LargeBinary(), nullable=True),
        sa.Column("faults", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("kind in ('newsroom', 'bluesky', 'email')", name=op.f("ck_channels_kind")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_channels_agency_id_brand_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_channels")),
        schema="app",
    )
    op.create_index(
        op.f("ix_channels_agency_id_brand_id"), "channels", ["agency_id", "brand_id"], unique=False, schema="app"
    )
    op.create_table(
        "identity_letters",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "purpose in ('verification', 'password_reset', 'already_registered')",
            name=op.f("ck_identity_letters_purpose"),
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["app.identities.id"], name=op.f("fk_identity_letters_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_letters")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_identity_letters_token_hash")),
        schema="app",
    )
    op.create_index(
        op.f("ix_identity_letters_identity_id"), "identity_letters", ["identity_id"], unique=False, schema="app"
    )
    op.create_index(
        "ix_identity_letters_unsent",
        "identity_letters",
        ["due_at"],
        unique=False,
        schema="app",
        postgresql_where="sent_at is null and given_up_at is null",
    )
    op.create_table(
        "memberships",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("agency_role", sa.Text(), server_default="member", nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "agency_role in ('owner', 'admin', 'account_manager', 'member')", name=op.f("ck_memberships_agency_role")
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_memberships_email_lower")),
        sa.ForeignKeyConstraint(["identity_id"], ["app.identities.id"], name=op.f("fk_memberships_identity_id")),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("agency_id", "email", name=op.f("uq_memberships_agency_id_email")),
        sa.UniqueConstraint("agency_id", "identity_id", name=op.f("uq_memberships_agency_id_identity_id")),
        schema="app",
    )
    op.create_table(
        "newsroom_entries",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("pictures", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_newsroom_entries_agency_id_brand_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_newsroom_entries")),
        sa.UniqueConstraint("agency_id", "brand_id", "slug", name=op.f("uq_newsroom_entries_agency_id_brand_id_slug")),
        sa.UniqueConstraint("agency_id", "ref", name=op.f("uq_newsroom_entries_agency_id_ref")),
        schema="app",
    )
    op.create_index(
        "ix_newsroom_entries_latest",
        "newsroom_entries",
        ["agency_id", "brand_id", "published_at"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "seats",
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id"], ["app.directory.agency_id"], name=op.f("fk_seats_agency_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["app.identities.id"], name=op.f("fk_seats_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("identity_id", "agency_id", name=op.f("pk_seats")),
        schema="app",
    )
    op.create_table(
        "sign_ins",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "last_seen_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column(
            "confirmed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["identity_id"], ["app.identities.id"], name=op.f("fk_sign_ins_identity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_ins")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_ins_token_hash")),
        schema="app",
    )
    op.create_index(op.f("ix_sign_ins_identity_id"), "sign_ins", ["identity_id"], unique=False, schema="app")
    op.create_table(
        "brand_assignments",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "role in ('cm', 'rp', 'client_approver', 'client_contact', 'expert')",
            name=op.f("ck_brand_assignments_role"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_brand_assignments_agency_id_brand_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "membership_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_brand_assignments_agency_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_brand_assignments")),
        sa.UniqueConstraint("agency_id", "membership_id", "brand_id", "role", name="uq_brand_assignments_once"),
        schema="app",
    )
    op.create_index(
        op.f("ix_brand_assignments_agency_id_brand_id"),
        "brand_assignments",
        ["agency_id", "brand_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "contents",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="post", nullable=False),
        sa.Column("title", sa.Text(), server_default="", nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), server_default="draft", nullable=False),
        sa.Column("scheduled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wall_time", postgresql.TIMESTAMP(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("fold", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=True),
        sa.Column("stages_done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("stages_all", sa.Integer(), server_default="0", nullable=False),
        sa.Column("channel_kinds", sa.Text(), server_default="", nullable=False),
        sa.Column("live_url", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("kind in ('post', 'press_release', 'article')", name=op.f("ck_contents_kind")),
        sa.CheckConstraint(
            "state in ('draft', 'changes_requested', 'cancelled') or (revision_id is not null and scheduled_at is not null)",
            name=op.f("ck_contents_frozen"),
        ),
        sa.CheckConstraint(
            "state in ('draft', 'in_review', 'changes_requested', 'scheduled', 'publishing', 'published', 'partly_published', 'failed', 'held', 'cancelled')",
            name=op.f("ck_contents_state"),
        ),
        sa.CheckConstraint("(scheduled_at is null) = (wall_time is null)", name=op.f("ck_contents_wall_time")),
        sa.CheckConstraint("fold in (0, 1)", name=op.f("ck_contents_fold")),
        sa.ForeignKeyConstraint(
            ["agency_id", "author_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_contents_agency_id_author_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_contents_agency_id_brand_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_contents")),
        schema="app",
    )
    op.create_index(
        "ix_contents_month", "contents", ["agency_id", "brand_id", "scheduled_at"], unique=False, schema="app"
    )
    op.create_table(
        "invitations",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "invited_by"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_invitations_agency_id_invited_by"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "membership_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_invitations_agency_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("agency_id", "token_hash", name=op.f("uq_invitations_agency_id_token_hash")),
        schema="app",
    )
    op.create_index(
        op.f("ix_invitations_agency_id_membership_id"),
        "invitations",
        ["agency_id", "membership_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "letters",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "kind in ('invitation', 'approval_request', 'approval_asked_in_app', 'changes_requested', 'approved', 'trouble')",
            name=op.f("ck_letters_kind"),
        ),
        sa.CheckConstraint("state in ('waiting', 'sent', 'failed', 'dropped')", name=op.f("ck_letters_state")),
        sa.ForeignKeyConstraint(
            ["agency_id", "membership_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_letters_agency_id_membership_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_letters")),
        schema="app",
    )
    op.create_index(
        op.f("ix_letters_agency_id_membership_id"),
        "letters",
        ["agency_id", "membership_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "media",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "mime in ('image/jpeg', 'image/png', 'image/webp', 'image/gif')", name=op.f("ck_media_mime")
        ),
        sa.CheckConstraint("size > 0 and width > 0 and height > 0", name=op.f("ck_media_positive")),
        sa.ForeignKeyConstraint(
            ["agency_id", "brand_id"],
            ["app.brands.agency_id", "app.brands.id"],
            name=op.f("fk_media_agency_id_brand_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "uploaded_by"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_media_agency_id_uploaded_by"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_media")),
        sa.UniqueConstraint("agency_id", "brand_id", "digest", name=op.f("uq_media_agency_id_brand_id_digest")),
        schema="app",
    )
    op.create_table(
        "stages",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint("role in ('cm', 'rp', 'client_approver')", name=op.f("ck_stages_role")),
        sa.ForeignKeyConstraint(
            ["agency_id", "policy_id"],
            ["app.approval_policies.agency_id", "app.approval_policies.id"],
            name=op.f("fk_stages_agency_id_policy_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_stages")),
        sa.UniqueConstraint("agency_id", "policy_id", "position", name=op.f("uq_stages_agency_id_policy_id_position")),
        schema="app",
    )
    op.create_table(
        "subscribers",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("unsubscribed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_subscribers_email_lower")),
        sa.ForeignKeyConstraint(
            ["agency_id", "channel_id"],
            ["app.channels.agency_id", "app.channels.id"],
            name=op.f("fk_subscribers_agency_id_channel_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_subscribers")),
        sa.UniqueConstraint("agency_id", "channel_id", "email", name=op.f("uq_subscribers_agency_id_channel_id_email")),
        schema="app",
    )
    op.create_table(
        "illustrations",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("media_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["agency_id", "content_id"],
            ["app.contents.agency_id", "app.contents.id"],
            name=op.f("fk_illustrations_agency_id_content_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "media_id"],
            ["app.media.agency_id", "app.media.id"],
            name=op.f("fk_illustrations_agency_id_media_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_illustrations")),
        sa.UniqueConstraint(
            "agency_id", "content_id", "position", name=op.f("uq_illustrations_agency_id_content_id_position")
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_illustrations_agency_id_media_id"),
        "illustrations",
        ["agency_id", "media_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "revisions",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("digest ~ '^[0-9a-f]{64}$'", name=op.f("ck_revisions_digest")),
        sa.ForeignKeyConstraint(
            ["agency_id", "content_id"],
            ["app.contents.agency_id", "app.contents.id"],
            name=op.f("fk_revisions_agency_id_content_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "created_by"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_revisions_agency_id_created_by"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("agency_id", "content_id", "number", name=op.f("uq_revisions_agency_id_content_id_number")),
        schema="app",
    )
    op.create_table(
        "variants",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agency_id", "channel_id"],
            ["app.channels.agency_id", "app.channels.id"],
            name=op.f("fk_variants_agency_id_channel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "content_id"],
            ["app.contents.agency_id", "app.contents.id"],
            name=op.f("fk_variants_agency_id_content_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_variants")),
        sa.UniqueConstraint(
            "agency_id", "content_id", "channel_id", name=op.f("uq_variants_agency_id_content_id_channel_id")
        ),
        schema="app",
    )
    op.create_index(
        op.f("ix_variants_agency_id_channel_id"), "variants", ["agency_id", "channel_id"], unique=False, schema="app"
    )
    op.create_table(
        "approval_runs",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'approved', 'changes_requested', 'void')", name=op.f("ck_approval_runs_state")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "content_id"],
            ["app.contents.agency_id", "app.contents.id"],
            name=op.f("fk_approval_runs_agency_id_content_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "revision_id"],
            ["app.revisions.agency_id", "app.revisions.id"],
            name=op.f("fk_approval_runs_agency_id_revision_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "submitted_by"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_approval_runs_agency_id_submitted_by"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_approval_runs")),
        sa.UniqueConstraint("agency_id", "revision_id", name=op.f("uq_approval_runs_agency_id_revision_id")),
        schema="app",
    )
    op.create_index(
        op.f("ix_approval_runs_agency_id_content_id"),
        "approval_runs",
        ["agency_id", "content_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "publications",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("subscriber_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), server_default="scheduled", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("embargo_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("client_ref", sa.Text(), nullable=False),
        sa.Column("remote_id", sa.Text(), nullable=True),
        sa.Column("remote_url", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("late_accepted", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("(state = 'published') = (remote_id is not null)", name=op.f("ck_publications_remote_id")),
        sa.CheckConstraint(
            "state in ('scheduled', 'sending', 'published', 'unknown', 'held', 'failed', 'cancelled')",
            name=op.f("ck_publications_state"),
        ),
        sa.CheckConstraint("embargo_until is null or due_at >= embargo_until", name=op.f("ck_publications_embargo")),
        sa.ForeignKeyConstraint(
            ["agency_id", "channel_id"],
            ["app.channels.agency_id", "app.channels.id"],
            name=op.f("fk_publications_agency_id_channel_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "content_id"],
            ["app.contents.agency_id", "app.contents.id"],
            name=op.f("fk_publications_agency_id_content_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "revision_id"],
            ["app.revisions.agency_id", "app.revisions.id"],
            name=op.f("fk_publications_agency_id_revision_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "subscriber_id"],
            ["app.subscribers.agency_id", "app.subscribers.id"],
            name=op.f("fk_publications_agency_id_subscriber_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_publications")),
        sa.UniqueConstraint(
            "agency_id", "channel_id", "remote_id", name=op.f("uq_publications_agency_id_channel_id_remote_id")
        ),
        sa.UniqueConstraint("agency_id", "client_ref", name=op.f("uq_publications_agency_id_client_ref")),
        schema="app",
    )
    op.create_index(
        "ix_publications_unsettled",
        "publications",
        ["agency_id", "due_at"],
        unique=False,
        schema="app",
        postgresql_where="state in ('scheduled', 'sending', 'unknown', 'held')",
    )
    op.create_index(
        "uq_publications_once",
        "publications",
        ["agency_id", "content_id", "channel_id", "subscriber_id"],
        unique=True,
        schema="app",
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "attempts",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name=op.f("ck_attempts_ended_at")),
        sa.CheckConstraint(
            "state in ('open', 'published', 'not_sent', 'refused', 'unknown')", name=op.f("ck_attempts_state")
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "publication_id"],
            ["app.publications.agency_id", "app.publications.id"],
            name=op.f("fk_attempts_agency_id_publication_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_attempts")),
        sa.UniqueConstraint(
            "agency_id", "publication_id", "number", name=op.f("uq_attempts_agency_id_publication_id_number")
        ),
        schema="app",
    )
    op.create_index(
        "uq_attempts_one_open",
        "attempts",
        ["agency_id", "publication_id"],
        unique=True,
        schema="app",
        postgresql_where="state in ('open', 'unknown')",
    )
    op.create_table(
        "run_stages",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role in ('cm', 'rp', 'client_approver')", name=op.f("ck_run_stages_role")),
        sa.ForeignKeyConstraint(
            ["agency_id", "run_id"],
            ["app.approval_runs.agency_id", "app.approval_runs.id"],
            name=op.f("fk_run_stages_agency_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_run_stages")),
        sa.UniqueConstraint("agency_id", "run_id", "position", name=op.f("uq_run_stages_agency_id_run_id_position")),
        schema="app",
    )
    op.create_table(
        "approval_links",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "membership_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_approval_links_agency_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "run_id"],
            ["app.approval_runs.agency_id", "app.approval_runs.id"],
            name=op.f("fk_approval_links_agency_id_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "stage_id"],
            ["app.run_stages.agency_id", "app.run_stages.id"],
            name=op.f("fk_approval_links_agency_id_stage_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_approval_links")),
        sa.UniqueConstraint("agency_id", "token_hash", name=op.f("uq_approval_links_agency_id_token_hash")),
        schema="app",
    )
    op.create_index(
        op.f("ix_approval_links_agency_id_run_id"),
        "approval_links",
        ["agency_id", "run_id"],
        unique=False,
        schema="app",
    )
    op.create_table(
        "decisions",
        sa.Column("agency_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("stage_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("typed_name", sa.Text(), server_default="", nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("ip", sa.Text(), server_default="", nullable=False),
        sa.Column("user_agent", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "decided_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("verdict = 'approved' or comment <> ''", name=op.f("ck_decisions_comment")),
        sa.CheckConstraint("verdict in ('approved', 'changes_requested')", name=op.f("ck_decisions_verdict")),
        sa.ForeignKeyConstraint(
            ["agency_id", "link_id"],
            ["app.approval_links.agency_id", "app.approval_links.id"],
            name=op.f("fk_decisions_agency_id_link_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "membership_id"],
            ["app.memberships.agency_id", "app.memberships.id"],
            name=op.f("fk_decisions_agency_id_membership_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "run_id"],
            ["app.approval_runs.agency_id", "app.approval_runs.id"],
            name=op.f("fk_decisions_agency_id_run_id"),
        ),
        sa.ForeignKeyConstraint(
            ["agency_id", "stage_id"],
            ["app.run_stages.agency_id", "app.run_stages.id"],
            name=op.f("fk_decisions_agency_id_stage_id"),
        ),
        sa.PrimaryKeyConstraint("agency_id", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("agency_id", "stage_id", name=op.f("uq_decisions_agency_id_stage_id")),
        schema="app",
    )
    op.create_index(
        op.f("ix_decisions_agency_id_run_id"), "decisions", ["agency_id", "run_id"], unique=False, schema="app"
    )
    op.create_foreign_key(
        "fk_contents_revision",
        "contents",
        "revisions",
        ["agency_id", "revision_id"],
        ["agency_id", "id"],
        source_schema="app",
        referent_schema="app",
    )
    _isolate()
    _guard()


def downgrade() -> None:
    """There is nothing before the foundation."""
    op.execute("drop schema app cascade")


def _isolate() -> None:
    """Hold every tenant table to its agency, and give each role what it needs and no more."""
    for table, (web, worker) in GRANTS.items():
        op.execute(protect(table, web=web, worker=worker))
    op.execute(GLOBAL_GRANTS)
    op.execute(DISPATCH_POLICIES)


def _guard() -> None:
    """The rules that hold whatever the application does: versions grow, the published stays, the gate is repeated."""
    for statement in (CONTENT_VERSION, PUBLICATION_GUARD, ATTEMPT_GATE):
        op.execute(statement)


READ = "select"
APPEND = "select, insert"
KEEP = "select, insert, update"
ALL = "select, insert, update, delete"

GRANTS = {
    "agencies": (KEEP, READ),
    "brands": (KEEP, READ),
    "memberships": (KEEP, READ),
    "brand_assignments": (ALL, READ),
    "invitations": (KEEP, "select, update"),
    "channels": (KEEP, "select, update"),
    "subscribers": (KEEP, READ),
    "media": (APPEND, READ),
    "contents": (KEEP, "select, update"),
    "variants": (ALL, READ),
    "illustrations": (ALL, READ),
    "revisions": (APPEND, READ),
    "approval_policies": (KEEP, READ),
    "stages": (ALL, READ),
    "approval_runs": (KEEP, READ),
    "run_stages": (KEEP, READ),
    "approval_links": (KEEP, "select, update"),
    "decisions": (APPEND, READ),
    "publications": ("select, update", KEEP),
    "attempts": (READ, KEEP),
    "newsroom_entries": (READ, APPEND),
    "letters": (KEEP, KEEP),
    "events": (APPEND, APPEND),
    "operations": (ALL, READ),
}
"""Table → what the web role may, what the worker role may."""

GLOBAL_GRANTS = """
grant select, insert, update on app.identities to unisson_web;
grant select, insert, update on app.sign_ins to unisson_web;
grant select, insert, update on app.identity_letters to unisson_web;
grant select, insert, update on app.directory to unisson_web;
grant select, insert, delete on app.seats to unisson_web;
grant select on app.identities, app.directory to unisson_worker;
grant select, update on app.identity_letters to unisson_worker;
grant select, insert, update, delete on app.dispatch to unisson_web, unisson_worker;
grant select on app.dispatch to unisson_dispatch;
grant select on app.identity_letters to unisson_dispatch;
grant select on all tables in schema app to unisson_backup;
"""

DISPATCH_POLICIES = """
alter table app.dispatch enable row level security;
alter table app.dispatch force row level security;
create policy own on app.dispatch as permissive for all to unisson_web
  using (agency_id = (select app.agency())) with check (agency_id = (select app.agency()));
create policy everywhere on app.dispatch as permissive for all to unisson_worker, unisson_dispatch
  using (true) with check (true);
"""

CONTENT_VERSION = """
create function app.content_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;
create trigger version before update on app.contents for each row execute function app.content_version();
"""

PUBLICATION_GUARD = """
create function app.publication_guard() returns trigger language plpgsql as $$
begin
  if new.client_ref <> old.client_ref then
    raise exception 'a publication keeps its reference' using errcode = 'UN001';
  end if;
  if old.state = 'published' and (new.state <> 'published' or new.remote_id <> old.remote_id) then
    raise exception 'what is published stays published' using errcode = 'UN002';
  end if;
  if old.state in ('sending', 'unknown') and new.revision_id <> old.revision_id then
    raise exception 'what may be out keeps its revision' using errcode = 'UN003';
  end if;
  return new;
end $$;
create trigger guard before update on app.publications for each row execute function app.publication_guard();
"""

ATTEMPT_GATE = """
create function app.attempt_gate() returns trigger language plpgsql as $$
declare
  p record;
begin
  select pub.state, pub.due_at, pub.embargo_until, pub.revision_id, c.revision_id as current_revision,
         c.state as content_state, r.digest, run.id as run_id
    into p
    from app.publications pub
    join app.contents c on c.agency_id = pub.agency_id and c.id = pub.content_id
    join app.revisions r on r.agency_id = pub.agency_id and r.id = pub.revision_id
    left join app.approval_runs run on run.agency_id = pub.agency_id and run.revision_id = pub.revision_id
      and run.digest = r.digest and run.state = 'approved'
   where pub.agency_id = new.agency_id and pub.id = new.publication_id;
  if not found then
    raise exception 'no such publication' using errcode = 'UN010';
  end if;
  if p.state <> 'scheduled' then
    raise exception 'this publication is not waiting to be sent' using errcode = 'UN011';
  end if;
  if p.revision_id is distinct from p.current_revision or p.digest is distinct from new.digest
     or p.content_state = 'cancelled' then
    raise exception 'not the current revision' using errcode = 'UN012';
  end if;
  if clock_timestamp() < p.due_at or clock_timestamp() < coalesce(p.embargo_until, '-infinity') then
    raise exception 'too early' using errcode = 'UN013';
  end if;
  if p.run_id is null or not exists (
       select from app.run_stages s where s.agency_id = new.agency_id and s.run_id = p.run_id)
     or exists (
       select from app.run_stages s where s.agency_id = new.agency_id and s.run_id = p.run_id and not exists (
         select from app.decisions d where d.agency_id = s.agency_id and d.stage_id = s.id
            and d.verdict = 'approved' and d.digest = new.digest)) then
    raise exception 'not approved by everyone whose approval is required' using errcode = 'UN014';
  end if;
  return new;
end $$;
create trigger gate before insert on app.attempts for each row execute function app.attempt_gate();
"""
