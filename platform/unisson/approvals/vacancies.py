"""Stages that nobody could answer with the people there are: said where a chain is taken, not first at a submission.

It asks the very function that a submission asks, about a content that none of them wrote.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.permissions import StageRole
from tenants.session import TenantSession
from unisson.agency.words import BRAND_ROLES
from unisson.approvals.chain import Chain, Stage
from unisson.approvals.opening import plan_stage
from unisson.approvals.progress import ROLE_NAMES
from unisson.approvals.roster import Roster, roster

NONE: frozenset[uuid.UUID] = frozenset()
CALLED = ROLE_NAMES | {StageRole(role): BRAND_ROLES[role] for role in BRAND_ROLES if role.value in list(StageRole)}
"""Role of a stage → what it is called where people are invited to it."""


@dataclass(frozen=True, slots=True)
class Vacancy:
    """A stage without anybody, by its place from 1 on: the roles that nobody holds, by name; what a submission says."""

    place: int
    unheld: tuple[tuple[StageRole, object], ...]
    refusal: object


def vacancies(chain: Chain, there: Roster) -> list[Vacancy]:
    """Return the stages of `chain` that nobody could answer, those with a condition included."""
    found = []
    for place, stage in enumerate(chain.stages, start=1):
        try:
            plan_stage(stage, there, NONE)
        except RefusedError as refusal:
            found.append(Vacancy(place, called(unheld(stage, there)), refusal.sentence))
    return found


def unheld(stage: Stage, there: Roster, own: Collection[uuid.UUID] = NONE) -> tuple[StageRole, ...]:
    """Return the roles of a stage that nobody holds, or stands in for, but those whose `own` work it is."""
    roles = dict.fromkeys(each.role for each in stage.approvers if each.role is not None)
    return tuple(role for role in roles if not there.for_seat(role, None, own))


def unheld_in(chains: Sequence[Chain], there: Roster) -> list[tuple[StageRole, object]]:
    """Return the roles without which a stage of `chains` has nobody, by name, each once."""
    found = [each for chain in chains for vacancy in vacancies(chain, there) for each in vacancy.unheld]
    return list(dict(found).items())


def called(roles: Sequence[StageRole]) -> tuple[tuple[StageRole, object], ...]:
    """Return each role with its name."""
    return tuple((role, CALLED[role]) for role in roles)


def brand_roster(session: TenantSession, brand_id: uuid.UUID, chains: Sequence[Chain]) -> Roster:
    """Return who may have a say on the brand, with everybody whom `chains` name, in one statement."""
    brand = session.get_one(Brand, (session.agency_id, brand_id))
    return roster(session, brand, also={person for chain in chains for person in chain.people()})
