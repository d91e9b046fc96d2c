"""Approval chains, their runs over one revision, and the decisions, which are never changed."""

import enum
import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency

STAGE_ROLES = ("cm", "rp", "client_approver")


class Verdict(enum.StrEnum):
    """What somebody decided."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"


class RunState(enum.StrEnum):
    """Where a run stands."""

    OPEN = "open"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    VOID = "void"


class ApprovalPolicy(TenantOwned, Base):
    """The chain of a brand: its stages, in order."""

    __tablename__ = "approval_policies"
    __table_args__ = (belongs_to("brands", "brand_id"), unique_in_agency("brand_id"))

    brand_id: Mapped[uuid.UUID]
    name: Mapped[str]
    created_at: Mapped[Timestamp]


class Stage(TenantOwned, Base):
    """One stage of a chain: one person with this role on the brand must say yes."""

    __tablename__ = "stages"
    __table_args__ = (
        belongs_to("approval_policies", "policy_id", ondelete="CASCADE"),
        unique_in_agency("policy_id", "position"),
        CheckConstraint(one_of("role", STAGE_ROLES), name="role"),
    )

    policy_id: Mapped[uuid.UUID]
    position: Mapped[int]
    role: Mapped[str]


class ApprovalRun(TenantOwned, Base):
    """One passage of one revision through a chain, whose stages it copies: editing the chain never touches it."""

    __tablename__ = "approval_runs"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("revisions", "revision_id", ondelete="CASCADE"),
        belongs_to("memberships", "submitted_by"),
        unique_in_agency("revision_id"),
        Index(None, "agency_id", "content_id"),
        CheckConstraint(one_of("state", RunState), name="state"),
    )

    content_id: Mapped[uuid.UUID]
    revision_id: Mapped[uuid.UUID]
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    submitted_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]


class RunStage(TenantOwned, Base):
    """One stage of a run. `opened_at` says since when it waits."""

    __tablename__ = "run_stages"
    __table_args__ = (
        belongs_to("approval_runs", "run_id", ondelete="CASCADE"),
        unique_in_agency("run_id", "position"),
        CheckConstraint(one_of("role", STAGE_ROLES), name="role"),
    )

    run_id: Mapped[uuid.UUID]
    position: Mapped[int]
    role: Mapped[str]
    opened_at: Mapped[datetime | None]


class ApprovalLink(TenantOwned, Base):
    """One addressee's personal way to decide without an account. The worker mints the token as it mails it."""

    __tablename__ = "approval_links"
    __table_args__ = (
        belongs_to("approval_runs", "run_id", ondelete="CASCADE"),
        belongs_to("run_stages", "stage_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "run_id"),
    )

    run_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    first_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class Decision(TenantOwned, Base):
    """Who said what about which bytes, when, and how we know. No role of the application may change or delete it."""

    __tablename__ = "decisions"
    __table_args__ = (
        belongs_to("approval_runs", "run_id"),
        belongs_to("run_stages", "stage_id"),
        belongs_to("memberships", "membership_id"),
        belongs_to("approval_links", "link_id"),
        unique_in_agency("stage_id"),
        Index(None, "agency_id", "run_id"),
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        CheckConstraint("verdict = 'approved' or comment <> ''", name="comment"),
    )

    run_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    digest: Mapped[str]
    verdict: Mapped[str]
    membership_id: Mapped[uuid.UUID]
    link_id: Mapped[uuid.UUID | None]
    typed_name: Mapped[str] = mapped_column(server_default="")
    comment: Mapped[str] = mapped_column(server_default="")
    ip: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[Timestamp]
