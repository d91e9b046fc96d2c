"""In whose name a mail leaves, whose logo it carries, and where its reader's personal links begin."""

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import select

from tenants.agencies import Agency
from tenants.brands import Brand
from tenants.domains import TrustedHost
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, AgencyRole, BrandRole
from tenants.session import TenantSession
from unisson.editorial.models import Content
from unisson.notifications.models import Letter
from unisson.notifications.words import Logo, Words


@dataclass(frozen=True, slots=True)
class Label:
    """How the agency shows itself in one mail. `home` is where personal links begin, without a slash at its end."""

    sender_name: str
    home: str
    reply_to: str = ""
    is_the_agencys: bool = False
    logo: Logo | None = None


def label_of(session: TenantSession, letter: Letter, person: Membership, agency: Agency, base_url: str) -> Label:
    """Return the label of a mail to `person`: the agency's own for the client's people, where it wants one."""
    if not is_clients(session, person):
        return Label(agency.name, base_url)
    brand = _brand_of(session, letter)
    return Label(
        sender_name=agency.signs_as if agency.white_label else f"{agency.signs_as} (via Unisson)",
        home=own_home(session) or base_url,
        reply_to=agency.contact_email or "",
        is_the_agencys=agency.white_label,
        logo=_logo_of(brand) if brand else None,
    )


def is_clients(session: TenantSession, person: Membership) -> bool:
    """Return whether `person` is one of a client's people, or somebody from outside."""
    if person.agency_role != AgencyRole.MEMBER.value:
        return False
    held = session.scalars(select(BrandAssignment.role).where(BrandAssignment.membership_id == person.id)).all()
    return not held or any(BrandRole(role) in CLIENT_SIDE for role in held)


def own_home(session: TenantSession) -> str | None:
    """Return where the agency's pages for its clients begin under its own name: the first that it verified."""
    host = session.scalars(
        select(TrustedHost.host)
        .where(TrustedHost.agency_id == session.agency_id)
        .order_by(TrustedHost.verified_at, TrustedHost.host)
        .limit(1)
    ).first()
    return f"https://{host}" if host else None


def at_home(words: Words, label: Label, agency: Agency, base_url: str) -> Words:
    """Return the words with a personal link moved to the label's home. Other pages stand at the product's alone."""
    personal = tuple(f"{base_url}/{agency.slug}/{each}/" for each in ("approve", "connect"))
    if not words.action_url.startswith(personal):
        return words
    return replace(words, action_url=label.home + words.action_url.removeprefix(base_url))


def _brand_of(session: TenantSession, letter: Letter) -> Brand | None:
    brand_id, content_id = letter.about.get("brand_id"), letter.about.get("content_id")
    if brand_id is None and content_id is not None:
        content = session.get(Content, (session.agency_id, uuid.UUID(content_id)))
        brand_id = content.brand_id if content else None
    return session.get(Brand, (session.agency_id, uuid.UUID(str(brand_id)))) if brand_id else None


def _logo_of(brand: Brand) -> Logo | None:
    if not (brand.logo_digest and brand.logo_mime and brand.logo_width and brand.logo_height):
        return None
    return Logo(brand.name, brand.logo_digest, brand.logo_mime, brand.logo_width, brand.logo_height)
