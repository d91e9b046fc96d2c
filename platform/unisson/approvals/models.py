"""Approval chains, their runs over one revision, and the decisions, which are never changed."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from tenants.base import Base, TenantOwned, Timestamp, belongs_to, one_of, unique_in_agency
from tenants.permissions import StageRole
from unisson.portal import models as _browsers  # noqa: F401 - decisions refer to its table


class Verdict(enum.StrEnum):
    """What somebody decided."""

    APPROVED = "approved"
    RESERVED = "reserved"
    CHANGES_REQUESTED = "changes_requested"
    TACIT = "tacit"
    HELD = "held"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    DELEGATED = "delegated"


YES = (Verdict.APPROVED, Verdict.RESERVED, Verdict.TACIT)
"""What lets a content go on. A yes with a reservation is a yes, and its words go to the author."""

OUTCOMES = (Verdict.APPROVED, Verdict.RESERVED, Verdict.CHANGES_REQUESTED)
"""What a seat is filled by, once."""


class RunState(enum.StrEnum):
    """Where a run stands."""

    OPEN = "open"
    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    VOID = "void"


class Side(enum.StrEnum):
    """Whose desk something waits on, as an account manager asks it."""

    CM = "cm"
    RP = "rp"
    ACCOUNT = "account"
    CLIENT = "client"


class Purpose(enum.StrEnum):
    """What is asked of whom a content waits on: to decide, or to find somebody who can."""

    DECIDE = "decide"
    STEER = "steer"


class ApprovalPolicy(TenantOwned, Base):
    """A chain with its history: a brand's own, or a template of the agency where `brand_id` is None.

    Of a brand's chains the first by `position` whose conditions a content meets is the one it goes through. `version`
    names the current `PolicyVersion`; a run goes on by the version that it began with.
    """

    __tablename__ = "approval_policies"
    __table_args__ = (
        belongs_to("brands", "brand_id"),
        Index(None, "agency_id", "brand_id", "position"),
    )

    brand_id: Mapped[uuid.UUID | None]
    name: Mapped[str]
    position: Mapped[int] = mapped_column(server_default="1")
    version: Mapped[int] = mapped_column(server_default="1")
    archived_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class PolicyVersion(TenantOwned, Base):
    """What a chain said from one moment on (`chain.Chain` as JSON). No role of the application may change it."""

    __tablename__ = "policy_versions"
    __table_args__ = (
        belongs_to("approval_policies", "policy_id"),
        belongs_to("memberships", "changed_by"),
        unique_in_agency("policy_id", "number"),
    )

    policy_id: Mapped[uuid.UUID]
    number: Mapped[int]
    chain: Mapped[dict[str, Any]]
    changed_by: Mapped[uuid.UUID | None]
    created_at: Mapped[Timestamp]


class ApprovalRun(TenantOwned, Base):
    """One passage of one revision through the version of a chain that it began with.

    `why` says which of the chain's conditions chose it (`Condition.what_met`).
    """

    __tablename__ = "approval_runs"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("revisions", "revision_id", ondelete="CASCADE"),
        belongs_to("policy_versions", "policy_version_id"),
        belongs_to("memberships", "submitted_by"),
        unique_in_agency("revision_id"),
        Index(None, "agency_id", "content_id"),
        CheckConstraint(one_of("state", RunState), name="state"),
    )

    content_id: Mapped[uuid.UUID]
    revision_id: Mapped[uuid.UUID]
    policy_version_id: Mapped[uuid.UUID]
    why: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    digest: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    submitted_by: Mapped[uuid.UUID]
    created_at: Mapped[Timestamp]
    ended_at: Mapped[datetime | None]


class RunStage(TenantOwned, Base):
    """One stage of a run. It waits from `opened_at` until `done_at`; `skipped` says that its condition did not hold.

    `covers_digest` is the digest of those parts of the payload that the stage looks at: a yes of an earlier run
    stands only where it is the same. `settings` is the chain's own stage as JSON.
    """

    __tablename__ = "run_stages"
    __table_args__ = (
        belongs_to("approval_runs", "run_id", ondelete="CASCADE"),
        unique_in_agency("run_id", "position"),
        CheckConstraint(one_of("need", ("any", "all", "quorum")), name="need"),
        CheckConstraint("needed >= 1", name="needed"),
    )

    run_id: Mapped[uuid.UUID]
    position: Mapped[int]
    name: Mapped[str] = mapped_column(server_default="")
    need: Mapped[str] = mapped_column(server_default="any")
    needed: Mapped[int] = mapped_column(server_default="1")
    covers_digest: Mapped[str] = mapped_column(server_default="")
    settings: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    tacit_clause: Mapped[str] = mapped_column(server_default="")
    skipped: Mapped[bool] = mapped_column(server_default="false")
    deadline_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class RunSeat(TenantOwned, Base):
    """One yes that a stage may need: from whoever holds `role` on the brand, or from one person."""

    __tablename__ = "run_seats"
    __table_args__ = (
        belongs_to("approval_runs", "run_id", ondelete="CASCADE"),
        belongs_to("run_stages", "stage_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id"),
        unique_in_agency("stage_id", "position"),
        Index(None, "agency_id", "run_id"),
        CheckConstraint(f"role is null or {one_of('role', tuple(StageRole))}", name="role"),
        CheckConstraint("role is not null or membership_id is not null", name="somebody"),
    )

    run_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    position: Mapped[int]
    role: Mapped[str | None]
    membership_id: Mapped[uuid.UUID | None]

    @property
    def stage_role(self) -> StageRole | None:
        """Return the role that fills it; None where it is one person's."""
        return StageRole(self.role) if self.role and self.membership_id is None else None


class Wait(TenantOwned, Base):
    """A content waits on a person, since when and until when. The row is there exactly as long as that is so.

    `told_by` is the letter that told of it: what waits is told of once, however many letters were asked for.
    """

    __tablename__ = "waits"
    __table_args__ = (
        belongs_to("contents", "content_id", ondelete="CASCADE"),
        belongs_to("brands", "brand_id"),
        belongs_to("run_stages", "stage_id", ondelete="CASCADE"),
        belongs_to("run_seats", "seat_id", ondelete="CASCADE"),
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        unique_in_agency("seat_id", "membership_id"),
        Index(None, "agency_id", "membership_id"),
        Index(None, "agency_id", "brand_id"),
        Index(None, "agency_id", "content_id"),
        Index(None, "agency_id", "stage_id"),
        CheckConstraint(one_of("side", Side), name="side"),
        CheckConstraint(one_of("purpose", Purpose), name="purpose"),
    )

    content_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID]
    seat_id: Mapped[uuid.UUID]
    membership_id: Mapped[uuid.UUID]
    side: Mapped[str]
    purpose: Mapped[str] = mapped_column(server_default="decide")
    asked_at: Mapped[Timestamp]
    deadline_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    reminders: Mapped[int] = mapped_column(server_default="0")
    nudged_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]
    told_by: Mapped[uuid.UUID | None]


class Absence(TenantOwned, Base):
    """Days on which a member is away, both ends included, and who stands in for them."""

    __tablename__ = "absences"
    __table_args__ = (
        belongs_to("memberships", "membership_id", ondelete="CASCADE"),
        belongs_to("memberships", "stand_in_id"),
        Index(None, "agency_id", "membership_id"),
        CheckConstraint("ends_on >= starts_on", name="order"),
        CheckConstraint("stand_in_id is null or stand_in_id <> membership_id", name="other"),
    )

    membership_id: Mapped[uuid.UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    stand_in_id: Mapped[uuid.UUID | None]
    created_at: Mapped[Timestamp]


class ApprovalLink(TenantOwned, Base):
    """A client's way in without an account: one a mail, each opening all that waits on its addressee for the brand."""

    __tablename__ = "approval_links"
    __table_args__ = (
        belongs_to("memberships", "membership_id"),
        belongs_to("brands", "brand_id"),
        unique_in_agency("token_hash"),
        Index(None, "agency_id", "membership_id", "brand_id"),
    )

    membership_id: Mapped[uuid.UUID]
    brand_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    first_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[Timestamp]


class Decision(TenantOwned, Base):
    """Who said what about which bytes, when, and how we know. No role of the application may change or delete it.

    `carried_from` is the decision of an earlier passage that still stands, its bytes being the same. `anchor` is the
    passage or the point of an image that a request for changes is about.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        belongs_to("approval_runs", "run_id"),
        belongs_to("run_stages", "stage_id"),
        belongs_to("run_seats", "seat_id"),
        belongs_to("memberships", "membership_id"),
        belongs_to("approval_links", "link_id"),
        belongs_to("link_devices", "device_id"),
        belongs_to("decisions", "carried_from"),
        Index(
            "uq_decisions_once",
            "agency_id",
            "seat_id",
            unique=True,
            postgresql_where="verdict in ('approved', 'reserved', 'changes_requested')",
        ),
        Index("uq_decisions_tacit", "agency_id", "stage_id", unique=True, postgresql_where="verdict = 'tacit'"),
        Index(None, "agency_id", "run_id"),
        Index(None, "agency_id", "stage_id"),
        Index(None, "agency_id", "decided_at"),
        Index("ix_decisions_said", "agency_id", "membership_id", "decided_at"),
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        CheckConstraint("verdict not in ('changes_requested', 'reserved') or comment <> ''", name="comment"),
        CheckConstraint("(verdict = 'tacit') = (membership_id is null)", name="somebody"),
        CheckConstraint(
            "verdict not in ('approved', 'reserved', 'changes_requested') or seat_id is not null", name="seat"
        ),
    )

    run_id: Mapped[uuid.UUID]
    stage_id: Mapped[uuid.UUID | None]
    seat_id: Mapped[uuid.UUID | None]
    digest: Mapped[str]
    covers_digest: Mapped[str] = mapped_column(server_default="")
    verdict: Mapped[str]
    membership_id: Mapped[uuid.UUID | None]
    link_id: Mapped[uuid.UUID | None]
    device_id: Mapped[uuid.UUID | None]
    carried_from: Mapped[uuid.UUID | None]
    authenticated: Mapped[str] = mapped_column(server_default="")
    typed_name: Mapped[str] = mapped_column(server_default="")
    comment: Mapped[str] = mapped_column(server_default="")
    anchor: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    ip: Mapped[str] = mapped_column(server_default="")
    user_agent: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[Timestamp]
