"""Whom a stage of a chain may ask, as its editor offers them: roles, those that nobody holds called so, and people."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tenants.brands import Brand
from tenants.permissions import AgencyRole
from unisson.approvals.progress import ROLE_NAMES
from unisson.approvals.roster import Roster, roster
from unisson.approvals.typed_chain import TypedChain
from unisson.web.db import session
from unisson.web.i18n import _


@dataclass(frozen=True, slots=True)
class Offered:
    """Somebody whom a stage may name."""

    id: str
    name: str
    outside: bool

    @property
    def pair(self) -> tuple[str, str]:
        """Return the value and the label of its checkbox."""
        return self.id, _("%(name)s (by a link)", name=self.name) if self.outside else self.name


@dataclass(frozen=True, slots=True)
class Offer:
    """The roles by name, and the people; of a template there are none, since the brands that use it have others."""

    roles: Mapping[str, object]
    people: Sequence[Offered] = ()


def offer_for(brand_id: uuid.UUID | None, typed: TypedChain) -> Offer:
    """Return what the stages of a typed chain may ask on a brand; of a template for None. One statement."""
    if brand_id is None:
        return Offer({role.value: name for role, name in ROLE_NAMES.items()})
    named = _named(typed)
    there = roster(session(), session().get_one(Brand, (session().agency_id, brand_id)), also=named)
    return Offer(_roles(there), _people(there, named))


def _named(typed: TypedChain) -> set[uuid.UUID]:
    """Return the persons whom a typed chain names."""
    named = set()
    for each in (each for stage in typed.stages for each in stage.people):
        try:
            named.add(uuid.UUID(each))
        except ValueError:
            continue
    return named


def _roles(there: Roster) -> dict[str, object]:
    return {
        role.value: name if there.for_seat(role, None, ()) else _("%(role)s (nobody yet)", role=name)
        for role, name in ROLE_NAMES.items()
    }


def _people(there: Roster, named: set[uuid.UUID]) -> Sequence[Offered]:
    """Return whom a stage may name: the brand's people, the agency's managers, and those it names already."""
    found = [
        person
        for person in there.people.values()
        if person.id in there.roles or person.id in named or person.agency_role != AgencyRole.MEMBER.value
    ]
    return [
        Offered(str(person.id), person.name, there.is_outside(person))
        for person in sorted(found, key=lambda each: (each.name.casefold(), each.id))
    ]
