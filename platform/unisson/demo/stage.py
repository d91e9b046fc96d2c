"""Setting the stage of one agency: its people, brands, channels and contents, in one transaction of the web role.

What lies ahead is written, submitted and decided by the product's own verbs. What lies behind can't be, since they
refuse a past date: it is inserted with the same rows that they would have left, approvals and decisions included.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tenants.access import Actor
from tenants.base import utcnow
from tenants.brands import Brand
from tenants.identities import Identity, Seat
from tenants.members import BrandAssignment, Membership
from tenants.permissions import AgencyRole, BrandRole
from tenants.session import TenantSession
from unisson.agency.brands import open_brand
from unisson.agency.opening import open_agency
from unisson.approvals import circuit, deciding
from unisson.approvals.asking import open_seats
from unisson.approvals.holding import hold
from unisson.demo import history, script
from unisson.demo.images import details_of
from unisson.demo.pictures import drawn
from unisson.demo.plans import pillar_of, plan_days, plan_strategy, plan_topic, put_in_order
from unisson.demo.releases import brand_press, press_of
from unisson.demo.script import AgencyScript, BrandScript, Person, Piece, TopicScript, fr
from unisson.editorial.limits import check_with
from unisson.editorial.models import Content, ContentKind
from unisson.editorial.timing import fold_of, resolve, wall_time_of
from unisson.editorial.writing import Draft, cancel, edit, write
from unisson.granting.asking import ask
from unisson.identity.passwords import Keeper
from unisson.media.intake import take_in
from unisson.media.library import describe
from unisson.publishing.channels.registry import Registry
from unisson.publishing.connecting import connect_list
from unisson.publishing.mockups import plan_on_mockup
from unisson.publishing.models import Channel
from unisson.publishing.subscribers import Entry
from unisson.storage import Storage
from unisson.topics.files import add_file

SOON = timedelta(minutes=4)
"""When the one content leaves that a visitor may watch."""


@dataclass
class BrandStage:
    """One brand as it was opened: its row, channels by kind, pictures by motif, topics as they were told."""

    script: BrandScript
    brand: Brand
    channels: dict[str, Channel] = field(default_factory=dict)
    pictures: dict[str, uuid.UUID] = field(default_factory=dict)
    topics: list[tuple[TopicScript, uuid.UUID]] = field(default_factory=list)


class Stage:
    """One agency being set. Everything happens in `session`, which the caller commits."""

    def __init__(
        self, session: TenantSession, agency: AgencyScript, *, keeper: Keeper, storage: Storage, registry: Registry
    ) -> None:
        self.session = session
        self.agency = agency
        self.actors: dict[str, Actor] = {}
        self._hash = keeper.hash(script.PASSWORD)  # one for all: it is printed, and hashing is slow by intent
        self._storage = storage
        self._check = check_with(registry)
        self._now = utcnow()

    def set(self) -> None:
        """Write everything."""
        self._open()
        stages = [self._brand(each) for each in self.agency.brands]
        self._roles({stage.script.key: stage.brand.id for stage in stages})
        for stage in stages:
            self._channels(stage)
            self._topics(stage)
            for piece in stage.script.pieces:
                self._piece(stage, piece)
            for told, topic_id in stage.topics:
                put_in_order(self.session, self.actors[self.agency.owner], topic_id, told)

    def _open(self) -> None:
        for person in sorted(self.agency.people, key=lambda each: each.key != self.agency.owner):
            identity = self._identity(person)
            if person.key == self.agency.owner:
                membership = open_agency(
                    self.session, identity, name=self.agency.name, slug=self.agency.slug, language="fr"
                )
            else:
                membership = self._join(identity, person)
            self.actors[person.key] = Actor(
                agency_id=self.session.agency_id,
                membership_id=membership.id,
                identity_id=identity.id,
                name=person.name,
                email=person.email,
                agency_role=AgencyRole(membership.agency_role),
                brand_roles={},
            )

    def _identity(self, person: Person) -> Identity:
        found = self.session.scalars(select(Identity).where(Identity.email == person.email)).one_or_none()
        if found is None:
            found = Identity(
                email=person.email,
                name=person.name,
                language="fr",
                timezone=person.zone,
                password_hash=self._hash,
                email_verified_at=self._now,
            )
            self.session.add(found)
            self.session.flush()
        return found

    def _join(self, identity: Identity, person: Person) -> Membership:
        membership = Membership(
            identity_id=identity.id,
            email=person.email,
            name=person.name,
            language="fr",
            agency_role=person.agency_role,
            joined_at=self._now,
        )
        self.session.add_all([membership, Seat(identity_id=identity.id, agency_id=self.session.agency_id)])
        self.session.flush()
        return membership

    def _brand(self, told: BrandScript) -> BrandStage:
        owner = self.actors[self.agency.owner]
        brand = open_brand(
            self.session,
            owner,
            name=told.name,
            sector=told.sector,
            timezone=told.zone,
            language="fr",
            accent=told.accent,
        )
        brand.press = brand_press(told)
        return BrandStage(told, brand)

    def _roles(self, brands: dict[str, uuid.UUID]) -> None:
        for person in self.agency.people:
            known = self.actors[person.key]
            held: dict[uuid.UUID, set[BrandRole]] = {}
            for key, role in person.roles:
                self.session.add(BrandAssignment(brand_id=brands[key], membership_id=known.membership_id, role=role))
                held.setdefault(brands[key], set()).add(BrandRole(role))
            self.actors[person.key] = Actor(
                known.agency_id,
                known.membership_id,
                known.identity_id,
                known.name,
                known.email,
                known.agency_role,
                {brand_id: frozenset(roles) for brand_id, roles in held.items()},
            )
        self.session.flush()

    def _channels(self, stage: BrandStage) -> None:
        told, owner = stage.script, self.actors[self.agency.owner]
        if told.list_name:
            people = [Entry(email, name) for email, name in told.list_people]
            connect_list(
                self.session,
                owner,
                stage.brand.id,
                name=told.list_name,
                sender_name=told.name,
                reply_to="",
                people=people,
            )
        if told.handle:
            # Nothing of the demonstration may reach outside: this account has no secret and is not connected.
            self.session.add(
                Channel(
                    brand_id=stage.brand.id,
                    kind="bluesky",
                    name=told.handle,
                    settings={"service": "https://bsky.social", "handle": told.handle},
                    disconnected_at=self._now - timedelta(days=2),
                )
            )
            self.session.flush()
        if told.mockup[0]:
            self._mockup(stage)
        found = self.session.scalars(select(Channel).where(Channel.brand_id == stage.brand.id))
        stage.channels = {channel.kind: channel for channel in found}

    def _mockup(self, stage: BrandStage) -> None:
        """Plan on an account that the brand's client was asked to connect two days ago."""
        name, handle, client, note = stage.script.mockup
        cm, person = self.actors[stage.script.cm], self.actors[client]
        channel = plan_on_mockup(self.session, cm, stage.brand.id, name=name, handle=handle)
        asked = ask(
            self.session, cm, stage.brand.id, person=str(person.membership_id), email="", channel_id=channel.id,
            note=fr(note),
        )  # fmt: skip
        asked.asked_at, asked.expires_at = self._now - timedelta(days=2), self._now + timedelta(days=5)
        self.session.flush()

    def _topics(self, stage: BrandStage) -> None:
        owner = self.actors[self.agency.owner]
        if stage.script.strategy:
            plan_strategy(self.session, owner, stage.brand, stage.script.strategy)
        plan_days(self.session, owner, stage.brand, stage.script, stage.channels)
        for told in stage.script.topics:
            topic_id = plan_topic(self.session, owner, stage.brand, told)
            for name, words in told.files:
                sent = BytesIO(fr(words).encode())
                add_file(self.session, owner, topic_id, name, sent, storage=self._storage)
            stage.topics.append((told, topic_id))

    def _piece(self, stage: BrandStage, piece: Piece) -> None:
        author = self.actors[piece.by or stage.script.cm]
        due_at = self._due(stage, piece)
        media = self._picture(stage, piece, author)
        channel_ids = tuple(stage.channels[kind].id for kind in piece.channels.split())
        if piece.fate in script.PAST:
            history.remember(
                self.session,
                self._approvers(stage, author),
                author,
                brand=stage.brand,
                piece=piece,
                due_at=due_at,
                channel_ids=channel_ids,
                media=media,
                press=press_of(stage.script, piece),
            )
            return
        wall = wall_time_of(due_at, stage.brand.timezone)
        draft = Draft(
            kind=ContentKind(piece.kind),
            title=fr(piece.title),
            body=fr(piece.earlier or piece.body),
            channel_ids=channel_ids,
            pictures=((media, fr(piece.alt)),) if media else (),
            wall_time=wall,
            fold=fold_of(due_at, stage.brand.timezone),
            press=press_of(stage.script, piece),
            pillar=pillar_of(stage.script.strategy, f"{piece.title} {piece.body}"),
            topic_id=next((key for told, key in stage.topics if told.holds(piece)), None),
        )
        content = write(self.session, author, stage.brand.id, draft)
        self._carry(content, piece, author, draft)

    def _carry(self, content: Content, piece: Piece, author: Actor, draft: Draft) -> None:
        """Take a content as far as its fate says, with the verbs that people would use."""
        if piece.fate == script.CANCELLED:
            cancel(self.session, author, content.id)
        if piece.fate in {script.DRAFT, script.CANCELLED}:
            return
        if piece.earlier:
            self._submit(content, author)
            self._answer(content, piece.comment)
            edit(self.session, author, content.id, replace(draft, body=fr(piece.body)), None)
        self._submit(content, author)
        if piece.fate == script.WITH_RP:
            return
        self._answer(content)
        if piece.fate == script.SENT_BACK:
            self._answer(content, piece.comment)
        elif piece.fate != script.WITH_CLIENT:
            client = self._answer(content)
            if piece.fate == script.ON_HOLD:
                hold(self.session, client, content.id, fr("Nous attendons le visa du service juridique : pas avant."))

    def _submit(self, content: Content, author: Actor) -> None:
        circuit.submit(self.session, author, content.id, None, self._check)

    def _answer(self, content: Content, comment: str = "") -> Actor:
        """Decide in the stage that waits, as whoever may: yes, or no with a comment. Return who did."""
        passage = circuit.current_passage(self.session, content)
        if passage is None:
            raise RuntimeError(f"nothing waits on « {content.title} »")
        asked = next(each for each in open_seats(self.session, content, passage.run, passage.stage) if each.candidates)
        person = next(each for each in self.actors.values() if each.membership_id == asked.candidates[0].id)
        if comment:
            deciding.request_changes(self.session, person, content.id, passage.run.digest, fr(comment))
        else:
            deciding.approve(self.session, person, content.id, passage.run.digest)
        return person

    def _approvers(self, stage: BrandStage, author: Actor) -> list[tuple[str, Actor]]:
        """Return the chain of a content by `author`: its stages' roles, and who decided in each."""
        rp = self._holder(stage, "rp", author, "cm")
        first = "rp" if BrandRole.RP in rp.brand_roles.get(stage.brand.id, frozenset()) else "cm"
        return [(first, rp), ("client_approver", self._holder(stage, "client_approver", author))]

    def _holder(self, stage: BrandStage, role: str, author: Actor, otherwise: str = "") -> Actor:
        for wanted in filter(None, (role, otherwise)):
            for each in self.actors.values():
                roles: Iterable[BrandRole] = each.brand_roles.get(stage.brand.id, frozenset())
                if BrandRole(wanted) in roles and each.membership_id != author.membership_id:
                    return each
        raise RuntimeError(f"nobody is {role} of {stage.brand.name}")

    def _picture(self, stage: BrandStage, piece: Piece, author: Actor) -> uuid.UUID | None:
        if not piece.motif:
            return None
        if piece.motif not in stage.pictures:
            bytes_ = BytesIO(drawn(piece.motif, stage.script.accent))
            taken = take_in(self.session, author, stage.brand.id, f"{piece.motif}.jpg", bytes_, storage=self._storage)
            today = self._now.astimezone(ZoneInfo(stage.brand.timezone)).date()
            describe(self.session, author, taken.id, details_of(piece.motif, today), None)
            stage.pictures[piece.motif] = taken.id
        return stage.pictures[piece.motif]

    def _due(self, stage: BrandStage, piece: Piece) -> datetime:
        """Return the instant of the piece: a few minutes ahead for the one to watch, else its day and clock."""
        if piece.fate == script.SOON:
            return (self._now + SOON).replace(second=0, microsecond=0)
        today = self._now.astimezone(ZoneInfo(stage.brand.timezone)).date()
        wall = datetime.combine(today + timedelta(days=piece.day), time.fromisoformat(piece.at))
        return resolve(wall, stage.brand.timezone, 0).astimezone(UTC)
