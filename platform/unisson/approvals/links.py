"""Personal links: one addressee decides without an account. GET shows, only POST decides.

A link is random (256 bits), kept as its hash, scoped to one stage of one run, expiring and revocable. It dies with
the run it was made for, so that it can never approve other bytes than those it shows.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.errors import GoneError, NotFoundError
from tenants.members import Membership
from tenants.permissions import Permission
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.approvals.models import ApprovalLink, ApprovalRun, Decision, RunStage, Wait
from unisson.editorial.models import Content, ContentState, Revision
from unisson.notifications.letters import write
from unisson.vault import new_token, token_hash
from unisson.web.i18n import lazy

DAYS_AFTER_DATE = timedelta(days=7)

OTHERS_DECIDED = lazy("Somebody else has decided on this content already. Nothing more is asked of you.")
EXPIRED = lazy("This link has expired. Nothing was decided with it. Ask the agency for a new one.")
REVOKED = lazy("This link is no longer valid: the content changed, or the agency withdrew it. Nothing was decided.")


@dataclass(frozen=True, slots=True)
class Signature:
    """How the addressee signed: the name they typed, what they said, where from."""

    typed_name: str
    comment: str = ""
    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link opens: exactly the revision that waits, or the decision that was taken with it."""

    link: ApprovalLink
    run: ApprovalRun
    stage: RunStage
    revision: Revision
    content: Content
    brand: Brand
    addressee: Membership
    decision: Decision | None


def issue(
    session: TenantSession, content: Content, run: ApprovalRun, stage: RunStage, person: Membership
) -> ApprovalLink:
    """Return a new link for `person`; its token is minted as the mail leaves."""
    ends = max(content.scheduled_at or utcnow(), utcnow()) + DAYS_AFTER_DATE
    link = ApprovalLink(run_id=run.id, stage_id=stage.id, membership_id=person.id, expires_at=ends)
    session.add(link)
    session.flush()
    write(session, person.id, "approval_request", {"link_id": str(link.id), "content_id": str(content.id)})
    return link


def mint(session: TenantSession, link: ApprovalLink) -> str:
    """Return a fresh token for the link; the one minted before it, if any, opens nothing any more."""
    token = new_token()
    link.token_hash = token_hash(token)
    session.flush()
    return token


def visit(session: TenantSession, token: str, *, lock: bool = False) -> Visit:
    """Return what the link shows. Raises NotFoundError for an unknown token, GoneError for one that is over."""
    link = session.scalars(select(ApprovalLink).where(ApprovalLink.token_hash == token_hash(token))).one_or_none()
    if link is None:
        raise NotFoundError
    run = session.get_one(ApprovalRun, (session.agency_id, link.run_id))
    content = _content(session, run.content_id, lock=lock)
    if lock:
        session.refresh(link)
    addressee = session.get_one(Membership, (session.agency_id, link.membership_id))
    decision = decision_in(session, link)
    _check_alive(session, link, addressee)
    if decision is None and content.revision_id != run.revision_id:
        raise GoneError(REVOKED)
    if decision is not None and decision.link_id != link.id:
        raise GoneError(OTHERS_DECIDED)
    return Visit(
        link=link,
        run=run,
        stage=session.get_one(RunStage, (session.agency_id, link.stage_id)),
        revision=session.get_one(Revision, (session.agency_id, run.revision_id)),
        content=content,
        brand=session.get_one(Brand, (session.agency_id, content.brand_id)),
        addressee=addressee,
        decision=decision,
    )


def seen(visited: Visit) -> None:
    """Note that the addressee opened the link."""
    if visited.link.first_seen_at is None:
        visited.link.first_seen_at = utcnow()


def revoke(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> ApprovalLink:
    """Make the link open nothing any more."""
    link, content = _managed(session, actor, link_id)
    link.revoked_at = link.revoked_at or utcnow()
    record(session, actor, "link.revoked", "content", content.id, brand_id=content.brand_id)
    return link


def renew(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> ApprovalLink:
    """Return a new link for the same addressee and stage, mailed; the old one opens nothing any more."""
    link, content = _managed(session, actor, link_id)
    run = session.get_one(ApprovalRun, (session.agency_id, link.run_id))
    if content.state != ContentState.IN_REVIEW or content.revision_id != run.revision_id:
        raise GoneError(REVOKED)
    link.revoked_at = link.revoked_at or utcnow()
    stage = session.get_one(RunStage, (session.agency_id, link.stage_id))
    person = session.get_one(Membership, (session.agency_id, link.membership_id))
    record(session, actor, "link.renewed", "content", content.id, brand_id=content.brand_id)
    return issue(session, content, run, stage, person)


def revoke_all(session: TenantSession, content_id: uuid.UUID) -> None:
    """Revoke every live link to the content, but those through which was decided: they show what was said."""
    runs = select(ApprovalRun.id).where(ApprovalRun.content_id == content_id)
    used = select(Decision.link_id).where(Decision.run_id.in_(runs), Decision.link_id.is_not(None))
    session.execute(
        update(ApprovalLink)
        .where(ApprovalLink.run_id.in_(runs), ApprovalLink.revoked_at.is_(None), ApprovalLink.id.not_in(used))
        .values(revoked_at=func.clock_timestamp())
        .execution_options(synchronize_session="fetch")
    )


def content_of(session: TenantSession, link_id: uuid.UUID) -> uuid.UUID:
    """Return the id of the content that the link is about. Raises NotFoundError."""
    found = session.scalar(
        select(ApprovalRun.content_id)
        .join(ApprovalLink, (ApprovalLink.agency_id == ApprovalRun.agency_id) & (ApprovalLink.run_id == ApprovalRun.id))
        .where(ApprovalLink.id == link_id)
    )
    if found is None:
        raise NotFoundError
    return found


def links_of(session: TenantSession, content_id: uuid.UUID) -> list[tuple[ApprovalLink, Membership]]:
    """Return the links to the content with their addressees, newest first."""
    rows = session.execute(
        select(ApprovalLink, Membership)
        .join(ApprovalRun, (ApprovalRun.agency_id == ApprovalLink.agency_id) & (ApprovalRun.id == ApprovalLink.run_id))
        .join(
            Membership, (Membership.agency_id == ApprovalLink.agency_id) & (Membership.id == ApprovalLink.membership_id)
        )
        .where(ApprovalRun.content_id == content_id)
        .order_by(ApprovalLink.created_at.desc())
    )
    return [(row[0], row[1]) for row in rows]


def _managed(session: TenantSession, actor: Actor, link_id: uuid.UUID) -> tuple[ApprovalLink, Content]:
    link = session.get(ApprovalLink, (session.agency_id, link_id))
    if link is None:
        raise NotFoundError
    run = session.get_one(ApprovalRun, (session.agency_id, link.run_id))
    content = _content(session, run.content_id, lock=True)
    actor.require(Permission.LINK_MANAGE, content.brand_id)
    return link, content


def _content(session: TenantSession, content_id: uuid.UUID, *, lock: bool) -> Content:
    wanted = select(Content).where(Content.id == content_id)
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(wanted).one()


def decision_in(session: TenantSession, link: ApprovalLink) -> Decision | None:
    """Return what the link's addressee decided in its stage, else what ended the stage for everybody."""
    said = session.scalars(
        select(Decision)
        .where(Decision.stage_id == link.stage_id, Decision.carried_from.is_(None))
        .order_by(Decision.decided_at)
    ).all()
    own = [each for each in said if each.link_id == link.id]
    stage = session.get_one(RunStage, (session.agency_id, link.stage_id))
    return own[0] if own else said[-1] if said and stage.done_at is not None else None


def _check_alive(session: TenantSession, link: ApprovalLink, addressee: Membership) -> None:
    if link.revoked_at is not None or addressee.removed_at is not None or not _decides(session, link):
        raise GoneError(_why_revoked(session, link))
    if link.expires_at <= utcnow():
        raise GoneError(EXPIRED)


def _decides(session: TenantSession, link: ApprovalLink) -> bool:
    """A link serves somebody whom the content waits on now, or who decided with it; not only when it was mailed."""
    asked = select(Wait.id).where(Wait.stage_id == link.stage_id, Wait.membership_id == link.membership_id)
    decided = select(Decision.id).where(Decision.link_id == link.id)
    return session.scalar(asked.limit(1)) is not None or session.scalar(decided.limit(1)) is not None


def _why_revoked(session: TenantSession, link: ApprovalLink) -> object:
    """A colleague's decision revokes the links of the stage: say so, rather than that something went wrong."""
    decided = session.scalar(select(func.max(Decision.decided_at)).where(Decision.stage_id == link.stage_id))
    revoked = link.revoked_at
    return OTHERS_DECIDED if decided is not None and revoked is not None and revoked >= decided else REVOKED
