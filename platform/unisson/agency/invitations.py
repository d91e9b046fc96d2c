"""Invitations: mailed by the worker, good for a week, accepted by the person who holds the address."""

import uuid
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from tenants.base import utcnow
from tenants.errors import GoneError, NotFoundError, RefusedError
from tenants.identities import Identity, Seat
from tenants.members import Invitation, Membership
from tenants.session import TenantSession
from unisson.activity.trail import record
from unisson.notifications.letters import write
from unisson.vault import new_token, token_hash
from unisson.web.i18n import lazy

LIFETIME = timedelta(days=7)

ACCEPTED = lazy("This invitation was accepted already. Sign in with the address it was sent to.")
REVOKED = lazy("This invitation was withdrawn or replaced by a newer one. Ask the agency for a new one.")
EXPIRED = lazy("This invitation is more than seven days old. Ask the agency for a new one.")
ANOTHER_ADDRESS = lazy("This invitation was sent to another address. Sign out, then sign in with that address.")
UNVERIFIED = lazy("Confirm your e-mail address first, with the link that we sent you. Then come back to this page.")
SIGN_IN_FIRST = lazy("This address has an account already. Sign in, then accept the invitation.")


def issue(session: TenantSession, membership_id: uuid.UUID, invited_by: uuid.UUID) -> Invitation:
    """Return a new invitation whose letter will leave; earlier ones end."""
    revoke(session, membership_id)
    invitation = Invitation(membership_id=membership_id, invited_by=invited_by, expires_at=utcnow() + LIFETIME)
    session.add(invitation)
    session.flush()
    write(session, membership_id, "invitation", {"invitation_id": str(invitation.id)})
    return invitation


def revoke(session: TenantSession, membership_id: uuid.UUID) -> int:
    """End the pending invitations of one membership; return how many there were."""
    ended = session.execute(
        update(Invitation)
        .where(
            Invitation.membership_id == membership_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=func.clock_timestamp())
        .returning(Invitation.id)
    )
    return len(ended.all())


def mint(session: TenantSession, invitation: Invitation) -> str:
    """Return the token for the letter that leaves now; its week starts, and a token minted before ends."""
    token = new_token()
    invitation.token_hash = token_hash(token)
    invitation.expires_at = utcnow() + LIFETIME
    session.flush()
    return token


def find(session: TenantSession, token: str, *, lock: bool = False) -> tuple[Invitation, Membership]:
    """Return the live invitation of `token` and whom it is for.

    Raises NotFoundError for an unknown token (another agency's is one), GoneError with why it is over.
    """
    question = (
        select(Invitation, Membership)
        .join(Membership, (Membership.agency_id == Invitation.agency_id) & (Membership.id == Invitation.membership_id))
        .where(Invitation.token_hash == token_hash(token))
    )
    found = session.execute(question.with_for_update() if lock else question).first()
    if found is None:
        raise NotFoundError
    invitation, membership = found
    if invitation.accepted_at is not None:
        raise GoneError(ACCEPTED, way="invited")
    if invitation.revoked_at is not None or membership.removed_at is not None:
        raise GoneError(REVOKED)
    if invitation.expires_at <= utcnow():
        raise GoneError(EXPIRED)
    return invitation, membership


def has_account(session: TenantSession, membership: Membership) -> bool:
    """Return whether the invited address belongs to somebody who can sign in."""
    return session.scalar(select(Identity.id).where(Identity.email == membership.email)) is not None


def accept(session: TenantSession, token: str, identity_id: uuid.UUID) -> Membership:
    """Join the agency as an existing person, whose confirmed address is the invited one.

    Raises NotFoundError, GoneError, RefusedError.
    """
    invitation, membership = find(session, token, lock=True)
    identity = session.get_one(Identity, identity_id)
    if identity.email != membership.email:
        raise RefusedError(ANOTHER_ADDRESS)
    if identity.email_verified_at is None:
        raise RefusedError(UNVERIFIED)
    return _join(session, invitation, membership, identity)


def accept_as_new(session: TenantSession, token: str, *, name: str, password_hash: str, language: str) -> Membership:
    """Join the agency as a new person; the link has shown that the address is theirs.

    Raises NotFoundError, GoneError, RefusedError.
    """
    invitation, membership = find(session, token, lock=True)
    identity = Identity(
        email=membership.email,
        name=name,
        password_hash=password_hash,
        language=language,
        email_verified_at=utcnow(),
    )
    try:
        with session.begin_nested():
            session.add(identity)
    except IntegrityError as known:
        raise RefusedError(SIGN_IN_FIRST) from known
    membership.name = name
    return _join(session, invitation, membership, identity)


def _join(session: TenantSession, invitation: Invitation, membership: Membership, identity: Identity) -> Membership:
    membership.identity_id = identity.id
    membership.joined_at = invitation.accepted_at = utcnow()
    session.flush()
    session.execute(insert(Seat).values(identity_id=identity.id, agency_id=session.agency_id).on_conflict_do_nothing())
    record(session, None, "invitation.accepted", "membership", membership.id, by=membership.name, by_id=membership.id)
    return membership
