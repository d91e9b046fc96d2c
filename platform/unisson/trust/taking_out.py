"""A person's data as a ZIP of JSON files (GDPR art. 15 and 20): what an agency knows of them, what their account holds.

It is made while it is asked for, row by row and packed as it comes: no file is left lying to be guarded or forgotten.
"""

import json
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from io import BytesIO
from typing import IO

from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from tenants.brands import Brand
from tenants.browsers import PushBrowser
from tenants.identities import DirectoryEntry, Identity, IdentityLink, Passkey, RecoveryCode, Seat, SecondFactor, SignIn
from tenants.members import BrandAssignment, Membership
from tenants.session import Database, TenantSession
from unisson.activity.models import Event
from unisson.approvals.models import Absence, ApprovalLink, ApprovalRun, Decision
from unisson.calendars.models import CalendarFeed, CalendarView
from unisson.editorial.models import Content
from unisson.notifications.models import Letter, Notice, NoticeChoice, NoticeHours
from unisson.portal.models import ContentOpening, LinkDevice
from unisson.threads.models import ThreadMessage

ROWS = 1000


def of_member(session: TenantSession, membership_id: uuid.UUID) -> IO[bytes]:
    """Return what the agency knows of a person, from its first byte on."""
    with _Archive() as archive:
        _write_member(archive, "", session, membership_id)
    return archive.file


def of_account(session: Session, database: Database, identity_id: uuid.UUID) -> IO[bytes]:
    """Return what an account holds and what each of its agencies knows of the person, in folders of their names."""
    with _Archive() as archive:
        for name, query in _account(identity_id).items():
            archive.write(name, session, query)
        rows = session.execute(
            select(DirectoryEntry.agency_id, DirectoryEntry.slug)
            .join(Seat, Seat.agency_id == DirectoryEntry.agency_id)
            .where(Seat.identity_id == identity_id)
            .order_by(DirectoryEntry.slug)
        ).all()
        for agency_id, slug in rows:
            with database.agency(agency_id) as inside:
                person = inside.scalars(select(Membership.id).where(Membership.identity_id == identity_id)).first()
                if person is not None:
                    _write_member(archive, f"{slug}/", inside, person)
    return archive.file


def _account(identity_id: uuid.UUID) -> Mapping[str, Executable]:
    return {
        "account": select(
            Identity.email, Identity.name, Identity.language, Identity.timezone, Identity.email_verified_at,
            Identity.created_at,
        ).where(Identity.id == identity_id),
        "browsers": select(
            SignIn.ip, SignIn.user_agent, SignIn.created_at, SignIn.last_seen_at, SignIn.expires_at, SignIn.revoked_at
        ).where(SignIn.identity_id == identity_id),
        "browsers_with_notifications": select(
            PushBrowser.user_agent, PushBrowser.created_at, PushBrowser.told_at
        ).where(PushBrowser.identity_id == identity_id),
        "second_step": select(SecondFactor.created_at, SecondFactor.confirmed_at).where(
            SecondFactor.identity_id == identity_id
        ),
        "recovery_codes": select(RecoveryCode.created_at, RecoveryCode.used_at).where(
            RecoveryCode.identity_id == identity_id
        ),
        "passkeys": select(Passkey.name, Passkey.is_synced, Passkey.created_at, Passkey.last_used_at).where(
            Passkey.identity_id == identity_id
        ),
        "linked_accounts": select(
            IdentityLink.issuer, IdentityLink.subject, IdentityLink.email, IdentityLink.linked_at,
            IdentityLink.last_used_at,
        ).where(IdentityLink.identity_id == identity_id),
    }  # fmt: skip


def _member(mine: uuid.UUID) -> Mapping[str, Executable]:
    decided = (ApprovalRun.agency_id == Decision.agency_id) & (ApprovalRun.id == Decision.run_id)
    return {
        "person": select(
            Membership.id, Membership.email, Membership.name, Membership.language, Membership.agency_role,
            Membership.joined_at, Membership.removed_at, Membership.created_at,
        ).where(Membership.id == mine),
        "roles": select(Brand.name.label("brand"), BrandAssignment.role, BrandAssignment.created_at)
        .join(BrandAssignment, BrandAssignment.brand_id == Brand.id)
        .where(BrandAssignment.membership_id == mine),
        "decisions": select(
            ApprovalRun.content_id, Decision.digest, Decision.verdict, Decision.comment, Decision.typed_name,
            Decision.authenticated, Decision.ip, Decision.user_agent, Decision.decided_at,
        ).join(ApprovalRun, decided).where(Decision.membership_id == mine).order_by(Decision.decided_at),
        "activity": select(Event.at, Event.verb, Event.subject_kind, Event.subject_id, Event.details)
        .where(Event.actor_id == mine).order_by(Event.at),
        "contents": select(Content.id, Content.title, Content.kind, Content.state, Content.created_at)
        .where(Content.author_id == mine).order_by(Content.created_at),
        "messages": select(ThreadMessage.body, ThreadMessage.created_at, ThreadMessage.edited_at)
        .where(ThreadMessage.author_id == mine, ThreadMessage.deleted_at.is_(None)).order_by(ThreadMessage.created_at),
        "opened": select(ContentOpening.content_id, ContentOpening.opened_at)
        .where(ContentOpening.membership_id == mine).order_by(ContentOpening.opened_at),
        "mails": select(Letter.kind, Letter.content_id, Letter.state, Letter.created_at, Letter.sent_at)
        .where(Letter.membership_id == mine).order_by(Letter.created_at),
        "links": select(ApprovalLink.created_at, ApprovalLink.first_seen_at, ApprovalLink.expires_at)
        .where(ApprovalLink.membership_id == mine),
        "browsers": select(LinkDevice.user_agent, LinkDevice.typed_name, LinkDevice.created_at, LinkDevice.expires_at)
        .where(LinkDevice.membership_id == mine),
        "notices": select(Notice.kind, Notice.content_id, Notice.created_at, Notice.read_at)
        .where(Notice.membership_id == mine).order_by(Notice.created_at),
        "notice_choices": select(NoticeChoice.event, NoticeChoice.in_app, NoticeChoice.mail, NoticeChoice.browser)
        .where(NoticeChoice.membership_id == mine),
        "notice_hours": select(NoticeHours.timezone, NoticeHours.days, NoticeHours.starts, NoticeHours.ends)
        .where(NoticeHours.membership_id == mine),
        "absences": select(Absence.starts_on, Absence.ends_on).where(Absence.membership_id == mine),
        "feeds": select(CalendarFeed.name, CalendarFeed.created_at, CalendarFeed.read_at, CalendarFeed.revoked_at)
        .where(CalendarFeed.membership_id == mine),
        "views": select(CalendarView.name, CalendarView.created_at).where(CalendarView.membership_id == mine),
    }  # fmt: skip


def _write_member(archive: "_Archive", folder: str, session: TenantSession, membership_id: uuid.UUID) -> None:
    for name, query in _member(membership_id).items():
        archive.write(f"{folder}{name}", session, query)


class _Archive:
    """A ZIP under way."""

    def __init__(self) -> None:
        self.file: IO[bytes] = BytesIO()
        self._zip = zipfile.ZipFile(self.file, "w", zipfile.ZIP_DEFLATED)

    def __enter__(self) -> "_Archive":
        return self

    def __exit__(self, *_fault: object) -> None:
        self._zip.close()
        self.file.seek(0)

    def write(self, name: str, session: Session, query: Executable) -> None:
        """Add `name.json`: a list of what the query finds, a line each."""
        with self._zip.open(f"{name}.json", "w") as out:
            for part in _as_json(session, query):
                out.write(part.encode())


def _as_json(session: Session, query: Executable) -> Iterator[str]:
    yield "["
    between = "\n"
    for row in session.execute(query.execution_options(yield_per=ROWS)).mappings():
        yield between + json.dumps(dict(row), ensure_ascii=False, default=_said)
        between = ",\n"
    yield "\n]\n"


def _said(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)
