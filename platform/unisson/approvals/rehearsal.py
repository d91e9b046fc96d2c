"""Trying a chain on a content before anybody depends on it: who would be asked, until when, and why. Writes nothing.

It asks the very functions that a submission asks.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tenants.brands import Brand
from tenants.errors import RefusedError
from tenants.permissions import AgencyRole, StageRole
from tenants.session import TenantSession
from unisson.approvals.chain import Chain, Facts
from unisson.approvals.deadlines import deadlines_before
from unisson.approvals.lateness import if_late
from unisson.approvals.opening import plan_stage
from unisson.approvals.roster import Person, roster
from unisson.approvals.telling import Names, told_stage
from unisson.approvals.vacancies import Vacancy, called, unheld, vacancies
from unisson.approvals.working_time import working_time


@dataclass(frozen=True, slots=True)
class Sample:
    """What a chain is tried on: a content's facts, its date, and whose work it is."""

    facts: Facts
    scheduled_at: datetime | None
    author_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Scene:
    """One stage as it would be. `people` would be written to.

    `refusal` says why nobody could answer, `unheld` the roles that nobody but the author holds, by name.
    """

    told: str
    skipped: bool
    people: tuple[str, ...]
    others: tuple[str, ...]
    deadline: datetime | None
    tacit: bool
    refusal: object = None
    unheld: tuple[tuple[StageRole, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A chain on a sample, stage by stage, and what would become of it if its last yes came late.

    `vacant` are the stages that nobody could answer, whatever the sample.
    """

    scenes: Sequence[Scene]
    if_late: object
    nobody: bool
    vacant: Sequence[Vacancy] = ()


def rehearse(
    session: TenantSession,
    brand: Brand,
    chain: Chain,
    sample: Sample,
    names: Names,
    *,
    strangers: Names | None = None,
) -> Rehearsal:
    """Return what would happen if such a content were submitted now, in a constant number of statements.

    `strangers` are people whom the chain names by an address that was typed and is not kept yet.
    """
    there = roster(session, brand, also=chain.people())
    new = {who: Person(who, name, AgencyRole.MEMBER.value, None) for who, name in (strangers or {}).items()}
    there = replace(there, people={**there.people, **new})
    hours = working_time(session, brand)
    own = frozenset() if chain.own_work or sample.author_id is None else frozenset({sample.author_id})
    applying = [stage if stage.only_if.is_met_by(sample.facts) else None for stage in chain.stages]
    scenes = []
    for stage, deadline in zip(chain.stages, deadlines_before(hours, sample.scheduled_at, applying), strict=True):
        told = told_stage(stage, names)
        if not stage.only_if.is_met_by(sample.facts):
            scenes.append(Scene(told, skipped=True, people=(), others=(), deadline=None, tacit=False))
            continue
        tacit = stage.may_be_tacit(sample.facts)
        try:
            planned = plan_stage(stage, there, own)
        except RefusedError as refusal:
            lacking = unheld(stage, there, own)
            scenes.append(Scene(told, False, (), (), deadline, tacit, refusal.sentence, called(lacking)))
            continue
        able = [person for role, who in planned.seats for person in there.for_seat(None if who else role, who, own)]
        asked = {person.name for person in there.asked(able)}
        known = tuple(dict.fromkeys(person.name for person in able))
        scenes.append(
            Scene(
                told=told,
                skipped=False,
                people=tuple(name for name in known if name in asked),
                others=tuple(name for name in known if name not in asked),
                deadline=deadline,
                tacit=tacit,
            )
        )
    nobody = not any(scene.people for scene in scenes)
    return Rehearsal(scenes, if_late(sample.facts.kind, chain), nobody, vacancies(chain, there))
