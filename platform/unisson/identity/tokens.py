"""The links of mails outside any agency: minted as the mail leaves, good once, for a while."""

import uuid
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenants.base import utcnow
from tenants.errors import GoneError, NotFoundError
from tenants.identities import IdentityLetter
from unisson.vault import new_token, token_hash
from unisson.web.i18n import lazy

LIFETIMES = {
    "verification": timedelta(days=3),
    "password_reset": timedelta(hours=1),
    "factor_reset": timedelta(days=7),
}

OVER = lazy("This link was used already, or its time is over.")


def mint(session: Session, letter: IdentityLetter) -> str:
    """Return the token to put into `letter`; one minted before (a mail tried again) is worth nothing any more.

    Raises KeyError for a purpose that carries no token (`already_registered`).
    """
    token = new_token()
    letter.expires_at = utcnow() + LIFETIMES[letter.purpose]
    letter.token_hash = token_hash(token)
    session.flush()
    return token


def find(session: Session, token: str, purpose: str) -> IdentityLetter:
    """Return the letter of a token that still counts, unused. Raises NotFoundError, or GoneError once it is over."""
    letter = session.scalars(
        select(IdentityLetter).where(IdentityLetter.token_hash == token_hash(token), IdentityLetter.purpose == purpose)
    ).first()
    if letter is None:
        raise NotFoundError
    if letter.used_at is not None or letter.expires_at is None or letter.expires_at <= utcnow():
        raise GoneError(OVER, way=purpose)
    return letter


def redeem(session: Session, token: str, purpose: str) -> uuid.UUID:
    """Use the token up and return the identity it was mailed to; other links of that purpose end with it.

    Of two clicks at once one wins. Raises NotFoundError, or GoneError once it is over.
    """
    letter = find(session, token, purpose)
    mine = session.execute(
        update(IdentityLetter)
        .where(
            IdentityLetter.id == letter.id,
            IdentityLetter.token_hash == token_hash(token),
            IdentityLetter.used_at.is_(None),
            IdentityLetter.expires_at > func.clock_timestamp(),
        )
        .values(used_at=func.clock_timestamp())
        .returning(IdentityLetter.id)
    ).first()
    if mine is None:
        raise GoneError(OVER, way=purpose)
    session.execute(
        update(IdentityLetter)
        .where(
            IdentityLetter.identity_id == letter.identity_id,
            IdentityLetter.purpose == purpose,
            IdentityLetter.token_hash.is_not(None),
            IdentityLetter.used_at.is_(None),
        )
        .values(used_at=func.clock_timestamp())
    )
    return letter.identity_id
