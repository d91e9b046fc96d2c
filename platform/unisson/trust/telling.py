"""The mails by which a person learns what becomes of their data: asked for, kept, erased, not erased yet.

They are no letters of an agency and no mails of an account, both of which are gone when the last one leaves. What they
need is sealed in a row of its own until it left, two days at most, and nothing of it is kept afterwards.
"""

import enum
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tenants.agencies import Agency
from tenants.base import new_id
from tenants.identities import Identity, PrivacyLetter
from tenants.members import Membership
from tenants.session import TenantSession
from unisson.jobs import ring_after_commit
from unisson.vault import Vault
from unisson.web.i18n import pick_language


class Told(enum.StrEnum):
    """What a mail says."""

    ASKED = "asked"
    KEPT = "kept"
    DONE = "done"
    REFUSED = "refused"


def of_member(session: TenantSession, person: Membership) -> Mapping[str, str]:
    """Return how to write to a person of the agency, in their language: read before anything of it goes."""
    agency = session.scalars(select(Agency)).one()
    own = session.get(Identity, person.identity_id) if person.identity_id else None
    language = pick_language(person.language, own.language if own else None, agency.language)
    return {
        "to": person.email, "name": person.name, "language": language, "agency": agency.name,
        "zone": agency.timezone,
    }  # fmt: skip


def of_account(person: Identity) -> Mapping[str, str]:
    """Return how to write to the person of an account."""
    zone, language = person.timezone or "Europe/Paris", pick_language(person.language)
    return {"to": person.email, "name": person.name, "language": language, "agency": "", "zone": zone}


def tell(
    session: Session, told: Told, reader: Mapping[str, str], *, until: datetime | None = None, pseudonym: str = ""
) -> None:
    """Have a mail leave once what the session wrote is durable. A session without a vault writes to nobody."""
    vault: Vault | None = session.info.get("vault")
    if vault is None:
        return
    about = {**reader, "told": told.value, "until": until.isoformat() if until else "", "pseudonym": pseudonym}
    session.execute(insert(PrivacyLetter).values(id=new_id(), sealed=vault.seal(about)))
    ring_after_commit(session, "mail")
