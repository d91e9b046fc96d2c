"""The domains of mail addresses that an agency owns: said, and shown by the DNS or by a code mailed to the domain.

Only in a claimed domain does an address, verified by the agency's provider, make somebody a member as they first come.
"""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenants.access import Actor
from tenants.base import utcnow
from tenants.domains import ClaimedMailDomain, MailDomain
from tenants.errors import NotFoundError, RefusedError
from tenants.identities import DirectoryEntry
from tenants.permissions import Permission
from tenants.session import Database, TenantSession
from unisson.activity.trail import record
from unisson.agency.claims import NOT_THERE, asking_dns, hold, host_of, listed, put_on_list, record_name, record_text
from unisson.notifications.letters import write
from unisson.notifications.models import Letter
from unisson.outbound.names import Names, NamesAwayError
from unisson.vault import new_token
from unisson.web.i18n import lazy

MAILBOXES = ("postmaster", "admin", "administrator", "hostmaster", "webmaster")
"""Mailboxes that nobody gets at a mail service but its owner (CA/Browser Forum Baseline Requirements §3.2.2.4.4)."""

CODE_HOURS = 24
"""How long a mailed code is good for: somebody else may read that mailbox."""
EVERY = timedelta(days=1)
"""How long what the DNS said is believed."""

ALREADY = lazy("This domain is in your list already.")
TOO_MANY = lazy("An agency can have 10 domains. Remove one first.")
NOT_YOURS = lazy("This domain can't be claimed here: another agency holds it, or it is ours. Ask us, if it is yours.")
NO_MAILBOX = lazy("Choose one of the mailboxes that are listed.")
WRONG_CODE = lazy("This is not the code of the last mail, or its day is over. Check it, or have another one sent.")


def mail_domains_of(session: TenantSession) -> Sequence[MailDomain]:
    """Return the agency's domains, by name."""
    return session.scalars(select(MailDomain).order_by(MailDomain.domain)).all()


def mail_domain(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID) -> MailDomain:
    """Return one of the agency's domains. Raises NotFoundError, ForbiddenError."""
    actor.require(Permission.AGENCY_SIGN_ON)
    row = session.get(MailDomain, (session.agency_id, mail_domain_id))
    if row is None:
        raise NotFoundError
    return row


def add_mail_domain(session: TenantSession, actor: Actor, typed: str, ours: str) -> MailDomain:
    """Return the domain that the agency says is its own. `ours` is the product's host.

    Raises RefusedError on `domain`, ForbiddenError.
    """
    actor.require(Permission.AGENCY_SIGN_ON)
    domain = host_of(typed.strip().rpartition("@")[2], "domain")
    if domain == ours or ours.endswith(f".{domain}"):
        raise RefusedError(NOT_YOURS, field="domain")
    row = MailDomain(domain=domain, token=new_token(), added_by=actor.membership_id)
    put_on_list(
        session,
        row,
        too_many=RefusedError(TOO_MANY, field="domain"),
        already=RefusedError(ALREADY, field="domain"),
    )
    record(session, actor, "mail_domain.added", "agency", session.agency_id, domain=domain)
    return row


def claim_by_dns(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID, names: Names) -> MailDomain:
    """Return the domain, claimed because its DNS shows the token.

    Raises NotFoundError, ForbiddenError, RefusedError.
    """
    row = _locked(session, actor, mail_domain_id)
    with asking_dns():
        shown = record_text(row) in names.texts(record_name(row.domain))
    if not shown:
        raise RefusedError(NOT_THERE)
    return _claim(session, actor, row, "dns")


def ask_code(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID, mailbox: str) -> MailDomain:
    """Have a code mailed to a mailbox of the domain; one that was mailed before is worth nothing any more.

    Raises NotFoundError, ForbiddenError, RefusedError on `mailbox`.
    """
    row = _locked(session, actor, mail_domain_id)
    if mailbox not in MAILBOXES:
        raise RefusedError(NO_MAILBOX, field="mailbox")
    row.code_to, row.code_hash, row.code_until = f"{mailbox}@{row.domain}", None, None
    write(session, actor.membership_id, "domain_code", {"mail_domain_id": str(row.id)})
    return row


def mint(session: TenantSession, letter: Letter) -> tuple[MailDomain, str] | None:
    """Return the domain and the digits to put into `letter`; None where there is no such domain any more."""
    key = (session.agency_id, uuid.UUID(letter.about["mail_domain_id"]))
    row = session.get(MailDomain, key)
    if row is None or row.code_to is None:
        return None
    digits = f"{secrets.randbelow(10**8):08d}"
    row.code_hash, row.code_until = _hash(row.id, digits), utcnow() + timedelta(hours=CODE_HOURS)
    session.flush()
    return row, digits


def claim_by_code(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID, typed: str) -> MailDomain:
    """Return the domain, claimed because somebody there has read the code. The caller counts the tries.

    Raises NotFoundError, ForbiddenError, RefusedError on `code`.
    """
    row = _locked(session, actor, mail_domain_id)
    digits = "".join(each for each in typed if each.isascii() and each.isdigit())
    is_over = row.code_hash is None or row.code_until is None or row.code_until <= utcnow()
    if is_over or not hmac.compare_digest(bytes(row.code_hash or b""), _hash(row.id, digits)):
        raise RefusedError(WRONG_CODE, field="code")
    row.code_hash = row.code_until = None
    return _claim(session, actor, row, "mail")


def remove_mail_domain(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID) -> str:
    """Let go of a domain; return it. Who joined by it stays."""
    row = _locked(session, actor, mail_domain_id)
    session.delete(row)  # what is claimed goes with it
    record(session, actor, "mail_domain.removed", "agency", session.agency_id, domain=row.domain)
    return row.domain


def agency_of(session: Session, email: str) -> str | None:
    """Return the address of the agency that holds an address's domain; None for no such agency."""
    slug: str | None = session.scalar(
        select(DirectoryEntry.slug)
        .join(ClaimedMailDomain, ClaimedMailDomain.agency_id == DirectoryEntry.agency_id)
        .where(ClaimedMailDomain.domain == email.rpartition("@")[2])
    )
    return slug


def is_held(session: TenantSession, email: str) -> bool:
    """Return whether the session's agency holds the domain of an address."""
    held = select(ClaimedMailDomain.domain).where(
        ClaimedMailDomain.domain == email.rpartition("@")[2], ClaimedMailDomain.agency_id == session.agency_id
    )
    return session.scalar(held) is not None


def look_again(database: Database, agency_id: uuid.UUID, email: str, names: Names) -> None:
    """Let go of an address's domain if its DNS, not looked at for a day, shows the token no more.

    A name passes into other hands. A DNS that does not answer takes nothing away.
    """
    with database.agency(agency_id) as session:
        row = session.scalars(
            select(MailDomain)
            .join(ClaimedMailDomain, ClaimedMailDomain.mail_domain_id == MailDomain.id)
            .where(
                ClaimedMailDomain.domain == email.rpartition("@")[2],
                ClaimedMailDomain.agency_id == agency_id,
                ClaimedMailDomain.checked_at < func.clock_timestamp() - EVERY,
                MailDomain.claimed_by == "dns",
            )
        ).first()
        known = (row.id, row.domain, record_text(row)) if row else None
    if known is None:
        return
    mail_domain_id, domain, text = known
    try:
        shown = text in names.texts(record_name(domain))
    except NamesAwayError:
        return
    with database.agency(agency_id) as session:
        _note(session, mail_domain_id, domain, shown=shown)


def _note(session: TenantSession, mail_domain_id: uuid.UUID, domain: str, *, shown: bool) -> None:
    held = (ClaimedMailDomain.domain == domain, ClaimedMailDomain.agency_id == session.agency_id)
    if shown:
        session.execute(update(ClaimedMailDomain).where(*held).values(checked_at=func.clock_timestamp()))
        return
    row = session.get(MailDomain, (session.agency_id, mail_domain_id), with_for_update=True)
    if row is None or row.claimed_at is None:
        return
    session.execute(delete(ClaimedMailDomain).where(*held))
    row.claimed_at, row.claimed_by, row.lost_at = None, None, utcnow()
    record(session, None, "mail_domain.lost", "agency", session.agency_id, domain=domain)


def _claim(session: TenantSession, actor: Actor, row: MailDomain, by: str) -> MailDomain:
    if row.claimed_at is None:
        held = ClaimedMailDomain(domain=row.domain, agency_id=session.agency_id, mail_domain_id=row.id)
        hold(session, held, taken=RefusedError(NOT_YOURS))
        record(session, actor, "mail_domain.claimed", "agency", session.agency_id, domain=row.domain, by=by)
    row.claimed_at, row.claimed_by, row.lost_at = utcnow(), by, None
    return row


def _locked(session: TenantSession, actor: Actor, mail_domain_id: uuid.UUID) -> MailDomain:
    actor.require(Permission.AGENCY_SIGN_ON)
    return listed(session, MailDomain, mail_domain_id)


def _hash(mail_domain_id: uuid.UUID, digits: str) -> bytes:
    """Keyed, since eight digits alone are guessed from their hash in no time."""
    key = str(current_app.secret_key).encode()
    return hmac.new(key, b"unisson.mail_domain." + mail_domain_id.bytes + digits.encode(), hashlib.sha256).digest()
