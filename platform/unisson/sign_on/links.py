"""Who is whom at a provider: kept by issuer and subject, made by the person alone, in a session of their own.

An address is never a key: it changes hands, and a provider may say any (CVE-2026-49757, CVE-2026-53516).
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants.errors import RefusedError
from tenants.identities import Identity, IdentityLink
from tenants.members import Membership, is_in
from tenants.session import TenantSession
from unisson.identity.accounts import write_to
from unisson.sign_on.exchange import Vouched
from unisson.web.i18n import lazy

NOT_A_MEMBER = lazy(
    "This account belongs to somebody who is not of this agency. Nothing was changed: ask it for an invitation."
)
UNKNOWN = lazy(
    "Nobody here is linked to this account yet. Sign in as you did before, then link it on “My account”. If you are"
    " new, ask the agency for an invitation."
)
ANOTHERS = lazy("This account is linked to somebody else already. Nothing was changed.")
NO_WAY_LEFT = lazy(
    "You have no password yet: without this link, nothing would let you in. Choose a password first, by “I forgot my"
    " password” on the sign-in page."
)


def linked(session: Session, vouched: Vouched) -> IdentityLink | None:
    """Return the link of whom the provider vouches for; None for somebody unknown."""
    return session.scalars(
        select(IdentityLink).where(IdentityLink.issuer == vouched.issuer, IdentityLink.subject == vouched.subject)
    ).one_or_none()


def enter(session: TenantSession, vouched: Vouched) -> uuid.UUID:
    """Return who comes in: a member of the session's agency who is linked to whom the provider vouches for.

    Raises RefusedError for anybody else.
    """
    link = linked(session, vouched)
    if link is None:
        raise RefusedError(UNKNOWN)
    if not is_member(session, link.identity_id):
        raise RefusedError(NOT_A_MEMBER)
    session.execute(
        update(IdentityLink)
        .where(IdentityLink.id == link.id)
        .values(last_used_at=func.clock_timestamp(), email=vouched.shown or None)
    )
    return link.identity_id


def is_member(session: TenantSession, identity_id: uuid.UUID) -> bool:
    """Return whether somebody who may sign in is a member of the session's agency now."""
    found = session.scalar(
        select(Membership.id)
        .join(Identity, Identity.id == Membership.identity_id)
        .where(Membership.identity_id == identity_id, is_in(), Identity.disabled_at.is_(None))
    )
    return found is not None


def link(session: Session, identity_id: uuid.UUID, vouched: Vouched) -> None:
    """Link a person to whom the provider vouches for, and tell them by mail. A second time, nothing happens.

    Raises RefusedError where somebody else is linked already.
    """
    known = linked(session, vouched)
    if known is None:
        known = IdentityLink(
            issuer=vouched.issuer, subject=vouched.subject, identity_id=identity_id, email=vouched.shown or None
        )
        try:
            with session.begin_nested():
                session.add(known)
        except IntegrityError:  # of two at once, one was quicker
            raise RefusedError(ANOTHERS) from None
        write_to(session, identity_id, "linked")
    elif known.identity_id != identity_id:
        raise RefusedError(ANOTHERS)


def links_of(session: Session, identity_id: uuid.UUID) -> Sequence[IdentityLink]:
    """Return what somebody is linked to, oldest first."""
    return session.scalars(
        select(IdentityLink).where(IdentityLink.identity_id == identity_id).order_by(IdentityLink.linked_at)
    ).all()


def unlink(session: Session, identity_id: uuid.UUID, linked_id: uuid.UUID) -> bool:
    """Forget one of somebody's links; return whether it was theirs. Raises RefusedError for their only way in."""
    mine = {each.id for each in links_of(session, identity_id)}
    if linked_id not in mine:
        return False
    if session.get_one(Identity, identity_id).password_hash is None:
        raise RefusedError(NO_WAY_LEFT)
    session.execute(delete(IdentityLink).where(IdentityLink.id == linked_id))
    write_to(session, identity_id, "unlinked")
    return True
