"""A small agency with one person of each role, two brands and a channel: the stage most tests play on."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from flask.testing import FlaskClient

from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole, StageRole
from tenants.session import TenantSession
from unisson.approvals.chain import of_roles
from unisson.approvals.policies import open_chain
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.vault import new_token, token_hash

AGENCY_PEOPLE = {
    "owner": AgencyRole.OWNER,
    "admin": AgencyRole.ADMIN,
    "account_manager": AgencyRole.ACCOUNT_MANAGER,
    "member": AgencyRole.MEMBER,
}
BRAND_PEOPLE = {
    "cm": BrandRole.CM,
    "rp": BrandRole.RP,
    "client_approver": BrandRole.CLIENT_APPROVER,
    "client_contact": BrandRole.CLIENT_CONTACT,
    "legal": BrandRole.LEGAL,
    "spokesperson": BrandRole.SPOKESPERSON,
    "expert": BrandRole.EXPERT,
}
PEOPLE = (*AGENCY_PEOPLE, *BRAND_PEOPLE)


@dataclass(frozen=True)
class Person:
    """One member: ids, address, and the token of a browser where they are signed in."""

    identity_id: uuid.UUID
    membership_id: uuid.UUID
    email: str
    token: str


@dataclass(frozen=True)
class World:
    """One agency. `brand` has everybody of BRAND_PEOPLE; `sibling` has none of them."""

    agency_id: uuid.UUID
    slug: str
    brand_id: uuid.UUID
    brand_slug: str
    sibling_id: uuid.UUID
    sibling_slug: str
    newsroom_id: uuid.UUID
    people: dict[str, Person] = field(repr=False)

    def sign_in(self, client: FlaskClient, role: str) -> FlaskClient:
        """Give `client` the session cookie of the person with this role."""
        with client.session_transaction() as cookie:
            cookie["_user_id"] = self.people[role].token
            cookie["_fresh"] = True
            cookie["met"] = [self.agency_id.hex]
        return client


def build_world(runtime: Runtime, name: str = "Agence", *, zone: str = "Europe/Paris") -> World:
    """Return a new agency, alone in its tenancy, written with the web role."""
    agency_id, mark = new_id(), uuid.uuid4().hex[:10]
    slug = f"a-{mark}"
    with runtime.database.agency(agency_id) as session:
        session.add(DirectoryEntry(slug=slug, agency_id=agency_id, name=f"{name} {mark}"))
        session.add(Agency(agency_id=agency_id, slug=slug, name=f"{name} {mark}", timezone=zone))
        brand = _brand(session, "marque", "Marque", zone)
        sibling = _brand(session, "autre", "Autre marque", zone)
        session.flush()
        people = {role: _person(session, role, mark) for role in PEOPLE}
        session.flush()
        for role, brand_role in BRAND_PEOPLE.items():
            session.add(
                BrandAssignment(brand_id=brand.id, membership_id=people[role].membership_id, role=brand_role.value)
            )
        newsroom = Channel(brand_id=brand.id, kind="newsroom", name="Salle de presse")
        session.add(newsroom)
        session.flush()
    return World(agency_id, slug, brand.id, brand.slug, sibling.id, sibling.slug, newsroom.id, people)


def _brand(session: TenantSession, slug: str, name: str, zone: str) -> Brand:
    brand = Brand(slug=slug, name=name, sector="food", timezone=zone, language="fr", accent="ocean")
    session.add(brand)
    session.flush()
    open_chain(session, None, brand.id, "RP puis client", of_roles(StageRole.RP, StageRole.CLIENT_APPROVER))
    return brand


def _person(session: TenantSession, role: str, mark: str) -> Person:
    email, token = f"{role}-{mark}@example.org", new_token()
    identity = Identity(email=email, name=role.replace("_", " ").title(), email_verified_at=utcnow(), language="fr")
    session.add(identity)
    session.flush()
    agency_role = AGENCY_PEOPLE.get(role, AgencyRole.MEMBER)
    membership = Membership(
        identity_id=identity.id, email=email, name=identity.name, agency_role=agency_role.value, joined_at=utcnow()
    )
    session.add(membership)
    session.add(Seat(identity_id=identity.id, agency_id=session.agency_id))
    session.add(
        SignIn(
            identity_id=identity.id,
            token_hash=token_hash(token),
            ip="127.0.0.1",
            user_agent="test",
            expires_at=utcnow() + timedelta(days=1),
        )
    )
    session.flush()
    return Person(identity.id, membership.id, email, token)
