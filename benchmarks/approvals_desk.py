"""The agency that approvals are measured in: a chain of three stages, contents, people, and their links."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from benchmarks.frame import ROUNDS
from benchmarks.load import signed
from tenants.access import Actor
from tenants.agencies import Agency
from tenants.base import new_id, utcnow
from tenants.brands import Brand
from tenants.identities import DirectoryEntry, Identity, Seat, SignIn
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole, StageRole
from tenants.session import TenantSession
from unisson.approvals import circuit, deciding, links
from unisson.approvals.chain import of_roles
from unisson.approvals.policies import open_chain
from unisson.config import Settings
from unisson.editorial import writing
from unisson.editorial.writing import Draft
from unisson.portal import codes
from unisson.portal.recognising import cookie_of
from unisson.publishing.models import Channel
from unisson.runtime import web_runtime
from unisson.vault import new_token, token_hash
from unisson.web.bare import bare_app

RUNS = 12
"""Whole runs a round: four requests each."""

READY = 2 * (RUNS * 8 + 20)
WAITING = 12
OTHERS = 2 * (ROUNDS * 15 + 4)
"""Clients who come to their list for the first time: fifteen a round by a link that was opened, and by a new one."""

STAGES = (StageRole.RP, StageRole.ACCOUNT_MANAGER, StageRole.CLIENT_APPROVER)


@dataclass(frozen=True, slots=True)
class Desk:
    """An agency with a three-stage chain, contents ready to be submitted, and a client for whom some wait."""

    agency_id: uuid.UUID
    brand_id: uuid.UUID
    people: dict[str, Actor]
    cookies: dict[str, str]
    held: bytes
    version: uuid.UUID
    ready: list[uuid.UUID]
    token: str
    device: str
    csrf: str
    others: list[tuple[str, str]]
    """Links and cookies of more clients on whom the same contents wait, each good for one first request."""


def open_desk(settings: Settings) -> Desk:
    """Return it, with what waits on the client submitted and approved until then."""
    runtime = web_runtime(settings)
    app = bare_app(runtime)
    agency_id, tokens = new_id(), {name: new_token() for name in ("cm", "rp", "manager", "client")}
    with runtime.database.agency(agency_id) as session:
        session.add(DirectoryEntry(slug="sonde", agency_id=agency_id, name="Sonde"))
        session.add(Agency(agency_id=agency_id, slug="sonde", name="Sonde"))
        brand = Brand(
            slug="marque", name="Marque", sector="food", timezone="Europe/Paris", language="fr", accent="ocean"
        )
        session.add(brand)
        session.flush()
        channel = Channel(brand_id=brand.id, kind="newsroom", name="Salle de presse")
        session.add(channel)
        people = {name: _person(session, name, brand.id, token) for name, token in tokens.items()}
        policy = open_chain(session, None, brand.id, "Trois étapes", of_roles(*STAGES))
        session.flush()
        version = (
            session.connection()
            .exec_driver_sql("select id from app.policy_versions where policy_id = %s", (policy.id,))
            .scalar_one()
        )
        ready = [_write(session, people["cm"], brand.id, channel.id) for _number in range(READY + WAITING)]
        brand_id = brand.id
    for content_id in ready[READY:]:
        _bring_to_client(runtime.database.agency, agency_id, people, content_id)
    with runtime.database.agency(agency_id) as session:
        _link, token = links.mint(session, people["client"].membership_id, brand_id)
        _known, device = codes.trust(session, people["client"].membership_id, "bench")
    cookies = {name: signed(app, token, agency_id) for name, token in tokens.items()}
    cookies["guest"] = f"{cookie_of(people['client'].membership_id)}={device}; {signed(app, None, agency_id)}"
    runtime.database.engine.dispose()
    return Desk(
        agency_id,
        brand_id,
        people,
        cookies,
        token_hash(tokens["cm"]),
        version,
        ready[:READY],
        token,
        device,
        _csrf(app),
        [],
    )


def more_clients(settings: Settings, desk: Desk) -> list[tuple[str, str]]:
    """Return the paths of the links and the cookies of more clients, on whom all waits that waits on the first one."""
    runtime, made = web_runtime(settings), []
    app = bare_app(runtime)
    for number in range(OTHERS):
        with runtime.database.agency(desk.agency_id) as session:
            person = Membership(email=f"c{number}@example.org", name=f"Client {number}", joined_at=utcnow())
            session.add(person)
            session.flush()
            role = BrandRole.CLIENT_APPROVER.value
            session.add(BrandAssignment(brand_id=desk.brand_id, membership_id=person.id, role=role))
            session.connection().exec_driver_sql(_WAIT_TOO, {"person": person.id})
            _link, token = links.mint(session, person.id, desk.brand_id)
            _known, device = codes.trust(session, person.id, "bench")
        known = f"{cookie_of(person.id)}={device}; {signed(app, None, desk.agency_id, proof=f'session-{number}')}"
        made.append((f"/sonde/approve/{token}", known))
    runtime.database.engine.dispose()
    return made


_WAIT_TOO = """
insert into app.waits (agency_id, id, content_id, brand_id, stage_id, seat_id, membership_id, side, deadline_at)
select w.agency_id, gen_random_uuid(), content_id, brand_id, stage_id, seat_id, %(person)s, side, deadline_at
from app.waits w join app.memberships m on m.id = w.membership_id where m.email = 'client@example.org'
"""


def _bring_to_client(
    agency: Callable[..., object], agency_id: uuid.UUID, people: dict[str, Actor], content_id: uuid.UUID
) -> None:
    with agency(agency_id) as session:  # type: ignore[attr-defined]  # a context manager
        run = circuit.submit(session, people["cm"], content_id, None, lambda *_about: None)
        for who in ("rp", "manager"):
            deciding.approve(session, people[who], content_id, run.digest)


def _write(session: TenantSession, author: Actor, brand_id: uuid.UUID, channel_id: uuid.UUID) -> uuid.UUID:
    at = (utcnow() + timedelta(days=20)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)
    draft = Draft(title="Une annonce", body="Deux cents caractères. " * 9, channel_ids=(channel_id,), wall_time=at)
    return writing.write(session, author, brand_id, draft).id


def _person(session: TenantSession, name: str, brand_id: uuid.UUID, token: str) -> Actor:
    role = {"cm": BrandRole.CM, "rp": BrandRole.RP, "client": BrandRole.CLIENT_APPROVER}.get(name)
    agency_role = AgencyRole.MEMBER if role else AgencyRole.ACCOUNT_MANAGER
    identity = Identity(email=f"{name}@example.org", name=name, email_verified_at=utcnow(), language="fr")
    session.add(identity)
    session.flush()
    person = Membership(
        identity_id=identity.id, email=identity.email, name=name, agency_role=agency_role.value, joined_at=utcnow()
    )
    expires = utcnow() + timedelta(days=1)
    sign_in = SignIn(
        identity_id=identity.id, token_hash=token_hash(token), ip="127.0.0.1", user_agent="bench", expires_at=expires
    )
    session.add_all([person, Seat(identity_id=identity.id, agency_id=session.agency_id), sign_in])
    session.flush()
    if role:
        session.add(BrandAssignment(brand_id=brand_id, membership_id=person.id, role=role.value))
        session.flush()
    roles = {brand_id: frozenset({role})} if role else {}
    return Actor(session.agency_id, person.id, identity.id, name, identity.email, agency_role, roles)


def _csrf(app: Flask) -> str:
    """Return a form's token for the session that every cookie here holds."""
    return str(URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token").dumps("one-session"))
