"""Who could fill a seat now: roles as they stand today, absences and stand-ins, and nobody's own work."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, ColumnElement, Date, ScalarSelect, Uuid, any_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from tenants.base import utcnow
from tenants.brands import Brand
from tenants.members import BrandAssignment, Membership
from tenants.permissions import CLIENT_SIDE, AgencyRole, BrandRole, StageRole
from tenants.session import TenantSession
from tenants.wire import Question, Value
from unisson.approvals.models import Absence, Side

CROSS = {StageRole.RP: StageRole.CM, StageRole.CM: StageRole.RP}
"""Where nobody else holds one pole's role, the other pole decides: the two trades check each other."""

MANAGERS = (AgencyRole.ACCOUNT_MANAGER, AgencyRole.ADMIN, AgencyRole.OWNER)
"""Who is the account manager where nobody has that role: an administrator, then an owner."""

POLES = {StageRole.CM: Side.CM, StageRole.RP: Side.RP, StageRole.ACCOUNT_MANAGER: Side.ACCOUNT}


class Person(NamedTuple):
    """A member as decisions see them. `joined_at` is None for who was invited and has no account yet."""

    id: uuid.UUID
    name: str
    agency_role: str
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who may have a say on one brand, as they stand at one moment."""

    people: Mapping[uuid.UUID, Person]
    roles: Mapping[uuid.UUID, frozenset[BrandRole]]
    away: Mapping[uuid.UUID, uuid.UUID | None]
    """Who is away today → who stands in for them, if anybody."""

    def holders(self, role: StageRole) -> list[Person]:
        """Return the people who hold a role, by name: invited ones included where a link is enough to decide."""
        if role is StageRole.ACCOUNT_MANAGER:
            return self.managers()
        found = [self.people[who] for who, held in self.roles.items() if BrandRole(role) in held]
        return [person for person in _by_name(found) if person.joined_at is not None or role not in POLES]

    def managers(self) -> list[Person]:
        """Return the account managers; where there is none, the administrators, then the owners."""
        joined = [person for person in self.people.values() if person.joined_at is not None]
        for wanted in MANAGERS:
            found = [person for person in joined if person.agency_role == wanted.value]
            if found:
                return _by_name(found)
        return []

    def for_seat(
        self, role: StageRole | None, person_id: uuid.UUID | None, not_by: Collection[uuid.UUID]
    ) -> list[Person]:
        """Return who may fill a seat now. Those who are away are stood in for, and may decide all the same."""
        if person_id is not None:
            named = [self.people[person_id]] if person_id in self.people else []
            return self._with_stand_ins(named, not_by)
        assert role is not None  # noqa: S101 - a seat has one or the other, by the database's own check
        for each in filter(None, (role, CROSS.get(role))):
            found = self._with_stand_ins(self.holders(each), not_by)
            if found:
                return found
        return []

    def asked(self, candidates: Sequence[Person]) -> list[Person]:
        """Return whom to ask of those who may decide: not those who are away, unless nobody else is there."""
        present = [person for person in candidates if person.id not in self.away]
        return present or list(candidates)

    def is_outside(self, person: Person) -> bool:
        """Whether this is one of the client's people, or somebody from outside: they decide from a personal link."""
        return _is_outside(person, self.roles.get(person.id, frozenset()))

    def is_stranger(self, person_id: uuid.UUID) -> bool:
        """Whether this person holds no role on the brand, nor in the agency: a chain asks them by their address."""
        return self.people[person_id].agency_role == AgencyRole.MEMBER.value and not self.roles.get(person_id)

    def side_of(self, role: StageRole | None, person: Person) -> Side:
        """Return on whose desk something is that waits for this seat on this person."""
        if role is not None:
            return POLES.get(role, Side.CLIENT)
        if self.is_outside(person):
            return Side.CLIENT
        held = self.roles.get(person.id, frozenset())
        return Side.RP if BrandRole.RP in held else Side.CM if BrandRole.CM in held else Side.ACCOUNT

    def _with_stand_ins(self, found: Iterable[Person], not_by: Collection[uuid.UUID]) -> list[Person]:
        people = {person.id: person for person in found}
        for who in list(people):
            deputy = self.people.get(self.away.get(who) or who)
            if deputy is not None:
                people[deputy.id] = deputy
        return [person for person in people.values() if person.id not in not_by]


def roster(
    session: TenantSession, brand: Brand, *, also: Collection[uuid.UUID] = (), now: datetime | None = None
) -> Roster:
    """Return everybody who may have a say on `brand`, with the persons `also`, in one statement."""
    session.flush()
    return read_roster(*session.ask(*roster_question(brand, also, now)))


def roster_question(
    brand: Brand, also: Collection[uuid.UUID], now: datetime | None = None
) -> tuple[Question, dict[str, Value]]:
    """Return what `roster` asks."""
    return _THERE, {**at(brand, now), "also": list(also)}


def at(brand: Brand, now: datetime | None = None) -> dict[str, Value]:
    """Return the values of `there`: the brand, and which day it is by its clock."""
    return {"brand": brand.id, "today": (now or utcnow()).astimezone(ZoneInfo(brand.timezone)).date()}


def read_roster(
    held: Sequence[tuple[str, str]] | None, away: Sequence[tuple[str, str | None]] | None, people: Sequence[Any] | None
) -> Roster:
    """Return the roster from the answers to `there`."""
    known = {
        (who := uuid.UUID(number)): Person(who, name, role, joined and datetime.fromisoformat(joined))
        for number, name, role, joined in people or ()
    }
    roles: dict[uuid.UUID, frozenset[BrandRole]] = {}
    for number, role in held or ():
        if (who := uuid.UUID(number)) in known:
            roles[who] = roles.get(who, frozenset()) | {BrandRole(role)}
    stand_ins = {uuid.UUID(who): deputy and uuid.UUID(deputy) for who, deputy in away or ()}
    return Roster(known, roles, stand_ins)  # type: ignore[arg-type]  # no name is empty, so `and` gives a UUID or None


def there(also: ColumnElement[bool]) -> tuple[ScalarSelect[Any], ScalarSelect[Any], ScalarSelect[Any]]:
    """Return what tells who may have a say on `:brand` on the day `:today`: who has which role, who is away, people.

    `also` are members who are known besides.
    """
    list_, brand = func.json_build_array, bindparam("brand", type_=Uuid)
    today = bindparam("today", type_=Date)
    is_away = (Absence.starts_on <= today, Absence.ends_on >= today)
    assigned = BrandAssignment.brand_id == brand
    held = select(func.json_agg(list_(BrandAssignment.membership_id, BrandAssignment.role))).where(assigned)
    away = select(
        func.json_agg(aggregate_order_by(list_(Absence.membership_id, Absence.stand_in_id), Absence.created_at))
    ).where(*is_away)
    people = select(
        func.json_agg(list_(Membership.id, Membership.name, Membership.agency_role, Membership.joined_at))
    ).where(
        Membership.removed_at.is_(None),
        or_(
            Membership.agency_role != AgencyRole.MEMBER.value,
            Membership.id.in_(select(BrandAssignment.membership_id).where(assigned)),
            Membership.id.in_(select(Absence.stand_in_id).where(*is_away)),
            also,
        ),
    )
    return held.scalar_subquery(), away.scalar_subquery(), people.scalar_subquery()


_THERE = Question(select(func.json_build_array(*there(Membership.id == any_(bindparam("also", type_=ARRAY(Uuid)))))))


def is_outside(session: TenantSession, person: Membership, brand_id: uuid.UUID) -> bool:
    """Return whether `person` is one of the brand's own people, or somebody from outside, in one statement."""
    held = select(BrandAssignment.role).where(
        BrandAssignment.membership_id == person.id, BrandAssignment.brand_id == brand_id
    )
    return _is_outside(person, frozenset(BrandRole(role) for role in session.scalars(held)))


def _is_outside(person: Membership | Person, held: frozenset[BrandRole]) -> bool:
    return person.agency_role == AgencyRole.MEMBER.value and (not held or bool(held & CLIENT_SIDE))


def _by_name(people: Iterable[Person]) -> list[Person]:
    return sorted(people, key=lambda person: (person.name.casefold(), person.id))
