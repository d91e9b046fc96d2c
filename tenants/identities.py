"""What must be global: people sign in once and may belong to several agencies. None of it holds an agency's content."""

import uuid
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, Uuid, func, text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import SCHEMA, Base, Sealed, Timestamp, new_id, one_of


class Identity(Base):
    """A person who can sign in. `email` is stored in lower case and is unique over all agencies."""

    __tablename__ = "identities"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str | None]
    language: Mapped[str | None]
    timezone: Mapped[str | None]
    email_verified_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class SignIn(Base):
    """One browser where somebody is signed in. Only the SHA-256 of its token is kept."""

    __tablename__ = "sign_ins"
    __table_args__ = (Index(None, "identity_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    ip: Mapped[str]
    user_agent: Mapped[str]
    created_at: Mapped[Timestamp]
    last_seen_at: Mapped[Timestamp]
    confirmed_at: Mapped[Timestamp]
    by_password: Mapped[bool] = mapped_column(server_default="true")
    """Whether a password or a mailed link opened it: then it opens every agency that does not ask for its provider."""
    sso_agency_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    """The agencies whose own provider vouched for it: it opens these."""
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SecondFactor(Base):
    """The secret that a person's phone shares with us (encrypted), and the last step that a code of it was used for."""

    __tablename__ = "second_factors"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"), unique=True
    )
    secret: Mapped[Sealed]
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Timestamp]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One spare code for the day that the phone is lost. Only a hash of it is kept."""

    __tablename__ = "recovery_codes"
    __table_args__ = (Index(None, "identity_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    code_hash: Mapped[bytes] = mapped_column(unique=True)
    salt: Mapped[bytes | None]
    """Shared by the ten of one person, for Argon2id; None for a code of before, which is a plain digest."""
    created_at: Mapped[Timestamp]
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A key that one of somebody's devices holds (W3C Web Authentication): its public half, and how often it signed.

    One that was seen to be held twice (`copied_at`) opens nothing any more.
    """

    __tablename__ = "passkeys"
    __table_args__ = (Index(None, "identity_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(ARRAY(Text))
    name: Mapped[str]
    is_synced: Mapped[bool]
    created_at: Mapped[Timestamp]
    last_used_at: Mapped[datetime | None]
    copied_at: Mapped[datetime | None]


class IdentityLink(Base):
    """That a person is who an identity provider knows by `subject`. Its address is told, and never what is gone by."""

    __tablename__ = "identity_links"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index(None, "identity_id"),
        CheckConstraint("length(subject) between 1 and 255", name="subject"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    issuer: Mapped[str]
    subject: Mapped[str]
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    email: Mapped[str | None]
    """What the provider last called them, as its owner recognises it; nothing is decided by it."""
    linked_at: Mapped[Timestamp]
    last_used_at: Mapped[datetime | None]


class FactorReset(Base):
    """That an agency asked for somebody's second step to be removed: there while it waits, gone once it ended."""

    __tablename__ = "factor_resets"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"), unique=True
    )
    asking_agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.directory.agency_id", ondelete="CASCADE"))
    agency_name: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[Timestamp]
    opens_at: Mapped[datetime]
    expires_at: Mapped[datetime]


LETTER_PURPOSES = (
    "verification", "password_reset", "already_registered", "factor_on", "factor_off", "recovery_used", "recovery_new",
    "codes_off", "passkey_added", "passkey_removed", "passkey_copied", "factor_reset", "factor_gone",
    "linked", "unlinked",
)  # fmt: skip


class IdentityLetter(Base):
    """A mail asked for outside any agency: verify an address, reset a password.

    The worker mints the token as it sends, so that the secret stands nowhere but in the mail; only its hash is kept.
    """

    __tablename__ = "identity_letters"
    __table_args__ = (
        CheckConstraint(one_of("purpose", LETTER_PURPOSES), name="purpose"),
        Index("ix_identity_letters_unsent", "due_at", postgresql_where="sent_at is null and given_up_at is null"),
        Index(None, "identity_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"))
    purpose: Mapped[str]
    token_hash: Mapped[bytes | None] = mapped_column(unique=True)
    due_at: Mapped[Timestamp]
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class DirectoryEntry(Base):
    """Which agency an address such as `/atelier-nord/` means. Public by nature."""

    __tablename__ = "directory"
    __table_args__ = (CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{1,48}$'", name="slug"),)

    slug: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[Timestamp]
    seal_at: Mapped[Timestamp] = mapped_column(index=True)
    """When its trail is looked at again for what is to be sealed."""
    night_at: Mapped[datetime] = mapped_column(server_default=text("clock_timestamp() + interval '1 day'"), index=True)
    """When what is done once a day for it is done again."""


class Seat(Base):
    """That a person belongs to an agency: what the switcher lists. Roles stay inside the agency."""

    __tablename__ = "seats"

    identity_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"), primary_key=True
    )
    agency_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.directory.agency_id", ondelete="CASCADE"), primary_key=True
    )


DUE_KINDS = ("content", "publication", "mail", "stage", "import", "upload", "rights", "video", "billing")
DUE_QUEUES = ("publishing", "mail", "approvals", "imports", "media", "rights", "videos", "billing")


class Dispatch(Base):
    """What is due, for whom, and who is on it: ids and times only, read across agencies by the dispatcher.

    `fence` grows with each claim, so that a claimant who was away too long finds out before it acts.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        CheckConstraint(one_of("kind", DUE_KINDS), name="kind"),
        CheckConstraint(one_of("queue", DUE_QUEUES), name="queue"),
        Index("ix_dispatch_due", "queue", "due_at"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    queue: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    claimed_by: Mapped[str | None]


class Restore(Base):
    """That the installation was brought back from a backup: what was to leave in between may have left already."""

    __tablename__ = "restores"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    backup_at: Mapped[datetime]
    restored_at: Mapped[datetime]


class SupportStaff(Base):
    """Who reads as support where an agency lets support in; said on the command line of the installation alone."""

    __tablename__ = "support_staff"

    identity_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"), primary_key=True
    )
    since: Mapped[Timestamp]


class AccountErasure(Base):
    """That a person wants their account gone, and from when on; `refused` says why it could not be done yet."""

    __tablename__ = "account_erasures"
    __table_args__ = (Index(None, "due_at"),)

    identity_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey(f"{SCHEMA}.identities.id", ondelete="CASCADE"), primary_key=True
    )
    asked_at: Mapped[Timestamp]
    due_at: Mapped[datetime]
    refused: Mapped[str] = mapped_column(server_default="")


class PrivacyLetter(Base):
    """A mail that tells somebody what becomes of their data: sealed, and gone once it left."""

    __tablename__ = "privacy_letters"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sealed: Mapped[Sealed]
    due_at: Mapped[Timestamp] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[Timestamp]


class GoneAccount(Base):
    """That the account with this id was erased: a restore of an older backup finds by it who has to go again."""

    __tablename__ = "gone_accounts"

    identity_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    gone_at: Mapped[Timestamp]


GLOBAL_TABLES = frozenset(
    {
        "identities",
        "sign_ins",
        "identity_letters",
        "directory",
        "seats",
        "dispatch",
        "trusted_hosts",
        "restores",
        "second_factors",
        "recovery_codes",
        "billing_roll",
        "billing_events",
        "billing_prices",
        "account_erasures",
        "support_staff",
        "passkeys",
        "identity_links",
        "claimed_mail_domains",
        "factor_resets",
        "privacy_letters",
        "gone_accounts",
        "push_browsers",
    }
)
"""Every table without an agency of its own; a test fails on any other."""
