"""A world at work: contents in any state, browsers of its people, and links as they would be mailed."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from support.world import World
from werkzeug.test import TestResponse

from tenants.access import Actor
from tenants.base import utcnow
from tenants.identities import Identity
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole, StageRole
from tenants.session import TenantSession
from unisson.approvals import circuit, deciding, holding, links
from unisson.approvals.chain import Chain, of_roles
from unisson.approvals.models import ApprovalLink, Wait
from unisson.approvals.policies import chains_of, change_chain
from unisson.editorial import writing
from unisson.editorial.models import Content
from unisson.editorial.writing import Draft
from unisson.media.intake import take_in
from unisson.portal import codes
from unisson.portal.recognising import cookie_of
from unisson.publishing.models import Channel
from unisson.runtime import Runtime
from unisson.storage import storage_of

HTTPS = "https://localhost"
PARIS = ZoneInfo("Europe/Paris")


def no_objection(_session: TenantSession, _content: Content, _parts: object) -> None:
    """A channel that takes everything."""


def today() -> date:
    """The day that it is where a world's brands are: late in the evening, in UTC, it is tomorrow there."""
    return datetime.now(PARIS).date()


def days_ahead(days: int = 10) -> datetime:
    """A wall time that no clock in Paris skips or repeats."""
    return (utcnow() + timedelta(days=days)).replace(hour=12, minute=0, second=0, microsecond=0, tzinfo=None)


@dataclass
class Desk:
    """What a test of writing and approving plays with."""

    app: Flask
    runtime: Runtime
    world: World
    browsers: dict[str, FlaskClient] = field(default_factory=dict)

    def session(self):
        return self.runtime.database.agency(self.world.agency_id)

    def speak_english(self) -> None:
        """Everybody's pages are in English from here on."""
        people = [each.identity_id for each in self.world.people.values()]
        with self.runtime.database.everywhere() as session:
            session.execute(update(Identity).where(Identity.id.in_(people)).values(language="en"))

    def actor(self, role: str) -> Actor:
        with self.session() as session:
            return load_actor(session, self.world.people[role].membership_id)

    def browser(self, role: str | None) -> FlaskClient:
        """The browser of the person with this role; a stranger's for None."""
        key = role or "stranger"
        if key not in self.browsers:
            client = self.app.test_client()
            self.browsers[key] = self.world.sign_in(client, role) if role else client
        return self.browsers[key]

    def path(self, rest: str) -> str:
        return f"/{self.world.slug}{rest}"

    def get(self, role: str | None, rest: str, **more: object) -> TestResponse:
        return self.browser(role).get(self.path(rest), base_url=HTTPS, **more)

    def post(self, role: str | None, rest: str, data: dict[str, object] | None = None, **more: object) -> TestResponse:
        return self.browser(role).post(self.path(rest), data=data or {}, base_url=HTTPS, **more)

    def draft(self, **more: object) -> Draft:
        given: dict[str, object] = {
            "title": "La saison ouvre",
            "body": "Samedi à 10 h, place du Commerce.",
            "channel_ids": (self.world.newsroom_id,),
            "wall_time": days_ahead(),
        }
        return Draft(**{**given, **more})  # type: ignore[arg-type]  # a test names the fields it means

    def write(self, role: str = "cm", **more: object) -> uuid.UUID:
        actor = self.actor(role)
        with self.session() as session:
            return writing.write(session, actor, self.world.brand_id, self.draft(**more)).id

    def picture(self, content: bytes, name: str = "place.jpg") -> tuple[uuid.UUID, str]:
        """A picture of the brand: its id and its digest."""
        actor, storage = self.actor("cm"), storage_of(self.runtime.settings)
        with self.session() as session:
            media = take_in(session, actor, self.world.brand_id, name, BytesIO(content), storage=storage)
            return media.id, media.digest

    def edit(self, content_id: uuid.UUID, **more: object) -> None:
        """The community manager says it otherwise; with words of `more`, that way."""
        actor = self.actor("cm")
        with self.session() as session:
            writing.edit(session, actor, content_id, self.draft(**({"body": "Autre chose."} | more)), None)

    def cancel(self, content_id: uuid.UUID, role: str = "cm") -> None:
        actor = self.actor(role)
        with self.session() as session:
            writing.cancel(session, actor, content_id)

    def letter(self) -> uuid.UUID:
        """A second channel of the brand: a list by e-mail."""
        with self.session() as session:
            channel = Channel(brand_id=self.world.brand_id, kind="email", name="La lettre")
            session.add(channel)
            session.flush()
            return channel.id

    def submit(self, content_id: uuid.UUID, role: str = "cm") -> None:
        actor = self.actor(role)
        with self.session() as session:
            circuit.submit(session, actor, content_id, None, no_objection)

    def approve(self, content_id: uuid.UUID, role: str) -> None:
        actor = self.actor(role)
        with self.session() as session:
            deciding.approve(session, actor, content_id, self.asked(content_id)[0])

    def asked(self, content_id: uuid.UUID) -> tuple[str, str]:
        """The digest and the stage that a page would show now; words that fit nothing when nothing waits."""
        with self.session() as session:
            passage = circuit.current_passage(session, self.content(content_id, session))
            return (passage.run.digest, str(passage.stage.id)) if passage else ("0" * 64, str(uuid.uuid4()))

    def content(self, content_id: uuid.UUID, session: TenantSession | None = None) -> Content:
        if session is not None:
            return session.scalars(select(Content).where(Content.id == content_id)).one()
        with self.session() as own:
            return self.content(content_id, own)

    def in_state(self, state: str, author: str = "cm", **more: object) -> uuid.UUID:
        """A content that came to `state`; those after `scheduled` are put there as the publisher would."""
        content_id = self.write(author, **more)
        if state == "draft":
            return content_id
        if state == "cancelled":
            self.cancel(content_id, author)
            return content_id
        self.submit(content_id, author)
        if state == "in_review":
            return content_id
        if state == "changes_requested":
            actor, (digest, _stage) = self.actor("rp"), self.asked(content_id)
            with self.session() as session:
                deciding.request_changes(session, actor, content_id, digest, "Samedi, pas vendredi.")
            return content_id
        self.approve(content_id, "rp")
        if state == "client_turn":
            return content_id
        self.approve(content_id, "client_approver")
        if state == "on_hold":
            actor = self.actor("client_approver")
            with self.session() as session:
                holding.hold(session, actor, content_id, "Attendez lundi.")
        elif state != "scheduled":
            with self.session() as session:
                session.execute(update(Content).where(Content.id == content_id).values(state=state))
        return content_id

    def link(self, content_id: uuid.UUID) -> tuple[ApprovalLink, str]:
        """A link of the client whom the content waits on, and its token, as a mail carries one."""
        with self.session() as session:
            asked = session.scalar(
                select(Wait.membership_id)
                .where(Wait.content_id == content_id, Wait.side == "client")
                .order_by(Wait.asked_at, Wait.id)
                .limit(1)
            )
            person_id = asked or self.world.people["client_approver"].membership_id
            return links.mint(session, person_id, self.world.brand_id)

    def known(self, token: str, browser: str | None = None) -> str:
        """The token, once the browser is one that its addressee showed a code on."""
        with self.session() as session:
            person_id = links.find(session, token).membership_id
            _device, secret = codes.trust(session, person_id, "a test")
        self.browser(browser).set_cookie(cookie_of(person_id), secret, domain="localhost", secure=True, httponly=True)
        return token

    def chain(self, *roles: str) -> None:
        """Give the brand another chain: one stage a role."""
        self.give_chain(of_roles(*(StageRole(role) for role in roles)))

    def give_chain(self, chain: Chain) -> None:
        """Have the brand's one chain say this from now on."""
        actor = self.actor("owner")
        with self.session() as session:
            kept = chains_of(session, self.world.brand_id)[0]
            change_chain(session, actor, kept.policy.id, kept.policy.name, chain, version_shown=kept.policy.version)

    def another(self, role: str) -> Actor:
        """A second person with this role on the brand, joined."""
        with self.session() as session:
            person = Membership(email=f"{uuid.uuid4().hex}@example.org", name=f"Second {role}", joined_at=utcnow())
            session.add(person)
            session.flush()
            session.add(BrandAssignment(brand_id=self.world.brand_id, membership_id=person.id, role=role))
            session.flush()
            return load_actor(session, person.id)


def load_actor(session: TenantSession, membership_id: uuid.UUID) -> Actor:
    """Return the actor that the guards would make of a membership."""
    member = session.get_one(Membership, (session.agency_id, membership_id))
    roles: dict[uuid.UUID, set[BrandRole]] = {}
    for row in session.scalars(select(BrandAssignment).where(BrandAssignment.membership_id == membership_id)):
        roles.setdefault(row.brand_id, set()).add(BrandRole(row.role))
    return Actor(
        agency_id=session.agency_id,
        membership_id=member.id,
        identity_id=member.identity_id or uuid.uuid4(),
        name=member.name,
        email=member.email,
        agency_role=AgencyRole(member.agency_role),
        brand_roles={brand_id: frozenset(held) for brand_id, held in roles.items()},
    )
