"""What somebody does with their own account. Nothing here tells one stranger whether another has one."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenants.base import new_id, utcnow
from tenants.errors import RefusedError
from tenants.identities import Identity, IdentityLetter
from tenants.session import TenantSession
from unisson.agency.opening import open_agency, refuse_slug
from unisson.identity import sign_ins, tokens
from unisson.identity.passwords import Keeper
from unisson.jobs import ring_after_commit
from unisson.web.i18n import lazy

NO_MATCH = lazy("The address and the password do not go together. Check both, or choose a new password.")
WRONG_PASSWORD = lazy("That is not your present password.")

_CLICKS = uuid.UUID("b1f8c6a0-7f0e-5d6b-9a55-3f1f6a3f7c11")
"""The name space of letters that a form's once-only number names (RFC 9562, version 5)."""


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a visitor says of themselves and of the agency that they open. `email` is canonical."""

    agency: str
    slug: str
    name: str
    email: str
    language: str
    password: str = field(repr=False)
    letter_id: uuid.UUID = field(default_factory=new_id)


def sign_up(session: TenantSession, asked: SignUp, keeper: Keeper, reserved: Collection[str]) -> None:
    """Open the session's agency with its owner, and write to them; for a known address only write to it.

    The visitor is told the same, as slowly, either way. Raises RefusedError on `slug`, known address or not.
    """
    password_hash = keeper.hash(asked.password)
    refuse_slug(session, asked.slug, reserved)
    identity = _newcomer(session, asked, password_hash)
    if identity is None:
        known = session.scalars(select(Identity.id).where(Identity.email == asked.email)).one()
        write_to(session, known, "already_registered", asked.letter_id)
        return
    open_agency(session, identity, name=asked.agency, slug=asked.slug, language=asked.language, reserved=reserved)
    write_to(session, identity.id, "verification", asked.letter_id)


def _newcomer(session: Session, asked: SignUp, password_hash: str) -> Identity | None:
    """Return the new identity, or None when the address has one (since this very instant, even)."""
    identity = Identity(email=asked.email, name=asked.name, password_hash=password_hash, language=asked.language)
    try:
        with session.begin_nested():
            session.add(identity)
    except IntegrityError:
        return None
    return identity


def write_to(session: Session, identity_id: uuid.UUID, purpose: str, letter_id: uuid.UUID | None = None) -> None:
    """Ask for one mail to a person's own address, for one of `LETTER_PURPOSES`.

    A second click, which names the same `letter_id`, asks for nothing more.
    """
    row = {"id": letter_id or new_id(), "identity_id": identity_id, "purpose": purpose}
    session.execute(insert(IdentityLetter).values(row).on_conflict_do_nothing())
    ring_after_commit(session, "mail")


def write_again(session: Session, email: str) -> None:
    """Write once more to who signed up with `email`: the link, or that the address has an account already."""
    known = session.execute(
        select(Identity.id, Identity.email_verified_at).where(Identity.email == email, Identity.disabled_at.is_(None))
    ).first()
    if known is not None:
        write_to(session, known.id, "already_registered" if known.email_verified_at else "verification")


def letter_of(session: Session, form: str, email: str) -> uuid.UUID:
    """Return the id of the letter that a click on one form (its once-only number) asks for to one address.

    Every click gets the same, until a minute after that letter left: whoever comes back to the form then wants another.
    """
    letter_id = uuid.uuid5(_CLICKS, f"{form} {email}")
    sent_at = session.scalar(select(IdentityLetter.sent_at).where(IdentityLetter.id == letter_id))
    return letter_id if sent_at is None or sent_at > utcnow() - timedelta(minutes=1) else new_id()


def is_asked(session: Session, letter_id: uuid.UUID) -> bool:
    """Return whether an earlier click asked for this letter."""
    return session.scalar(select(IdentityLetter.id).where(IdentityLetter.id == letter_id)) is not None


def authenticate(session: Session, email: str, password: str, keeper: Keeper) -> uuid.UUID:
    """Return whose address and password these are. Raises RefusedError, one sentence and one duration for any no."""
    row = session.execute(
        select(Identity.id, Identity.password_hash, Identity.disabled_at).where(Identity.email == email)
    ).first()
    stored = row.password_hash if row else None
    if not keeper.matches(stored, password) or row is None or row.disabled_at is not None:
        raise RefusedError(NO_MATCH)
    identity_id: uuid.UUID = row.id
    if keeper.outdated(stored):
        _set_password(session, identity_id, keeper.hash(password))
    return identity_id


def _set_password(session: Session, identity_id: uuid.UUID, password_hash: str) -> None:
    session.execute(update(Identity).where(Identity.id == identity_id).values(password_hash=password_hash))


def ask_reset(session: Session, email: str, letter_id: uuid.UUID | None = None) -> None:
    """Write to the holder of `email`, if there is one; the caller can't tell."""
    known = session.scalar(select(Identity.id).where(Identity.email == email, Identity.disabled_at.is_(None)))
    if known is not None:
        write_to(session, known, "password_reset", letter_id)


def reset_password(session: Session, token: str, password: str, keeper: Keeper) -> uuid.UUID:
    """Set the password by a mailed link, sign out everywhere, and return whose it is.

    The link has shown that the address is theirs. Raises NotFoundError, GoneError.
    """
    identity_id = tokens.redeem(session, token, "password_reset")
    _set_password(session, identity_id, keeper.hash(password))
    _confirm_address(session, identity_id)
    sign_ins.end_all(session, identity_id)
    return identity_id


def verify(session: Session, token: str) -> uuid.UUID:
    """Confirm the address by a mailed link; return whose it is. Raises NotFoundError, GoneError."""
    identity_id = tokens.redeem(session, token, "verification")
    _confirm_address(session, identity_id)
    return identity_id


def _confirm_address(session: Session, identity_id: uuid.UUID) -> None:
    session.execute(
        update(Identity)
        .where(Identity.id == identity_id, Identity.email_verified_at.is_(None))
        .values(email_verified_at=utcnow())
    )


def change_password(session: Session, person: sign_ins.Person, present: str, wanted: str, keeper: Keeper) -> str:
    """Set a new password, sign out every other browser, and return this one's new token. Raises RefusedError."""
    stored = session.scalar(select(Identity.password_hash).where(Identity.id == person.id))
    if not keeper.matches(stored, present):
        raise RefusedError(WRONG_PASSWORD, field="present")
    _set_password(session, person.id, keeper.hash(wanted))
    sign_ins.end_all(session, person.id, but=person.sign_in_id)
    return sign_ins.confirm(session, person.sign_in_id)


def keep_this_browser_alone(session: Session, person: sign_ins.Person) -> None:
    """Sign every other browser out: each of them passed by the password alone."""
    sign_ins.end_all(session, person.id, but=person.sign_in_id)


def edit_profile(session: Session, identity_id: uuid.UUID, *, name: str, language: str, timezone: str | None) -> None:
    """Set how a person is called and what they read in, everywhere they have a place; no zone means their brands'."""
    session.execute(
        update(Identity).where(Identity.id == identity_id).values(name=name, language=language, timezone=timezone)
    )
